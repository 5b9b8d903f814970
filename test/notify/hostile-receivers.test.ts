import { mkdtempSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../../src/base/clock.js';
import type { ChannelConfig } from '../../src/config/config.js';
import type { Message } from '../../src/model/alert.js';
import { startDeliveries } from '../../src/notify/deliveries.js';
import { rendered } from '../../src/notify/route.js';
import { quietEvents } from '../../src/observe/observe.js';
import { openWriter } from '../../src/store/database.js';
import type { Connection } from '../../src/store/database.js';
import { openOutbox } from '../../src/store/watching/outbox.js';
import { HandClock, Receiver, status } from './receiver.js';
import { alert, channelOf } from './samples.js';

const hour = 3_600_000;
const start = Date.UTC(2026, 8, 2, 6);
const secret = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;

let folder: string;
let db: Connection;
let hand: HandClock;
/** How far the clock was set back, in milliseconds. */
let setBack: number;
let receiver: Receiver;
let hook: ChannelConfig;
let lines: string[];
let stop: AbortController;
let running: ReturnType<typeof startDeliveries>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ruawatch-hostile-'));
  db = openWriter(join(folder, 'test.db'));
  hand = new HandClock(start);
  setBack = 0;
  receiver = new Receiver();
  hook = channelOf('webhook', { name: 'hook', url: await receiver.open(), secret });
  lines = [];
  stop = new AbortController();
  running = { wake: () => undefined, done: Promise.resolve() };
});

afterEach(async () => {
  await halt();
  db.close();
  await receiver.close();
  rmSync(folder, { recursive: true });
});

const clock: Clock = { now: () => hand.now() - setBack, sleep: (ms, signal) => hand.sleep(ms, signal) };

function run(...channels: readonly ChannelConfig[]): void {
  stop = new AbortController();
  const events = {
    ...quietEvents,
    notificationFailed: (name: string, { reason, message, retryInMs }: Failed) =>
      void lines.push(`${name} ${reason} [${message}] ${retryInMs ?? 'never'}`),
    storeError: (_: string, message: string) => void lines.push(`store ${message}`),
    warn: (message: string) => void lines.push(`warn ${message}`),
  };
  const deps = { outbox: openOutbox(db), events, clock, signal: stop.signal, random: () => 0.5, timeoutMs: 2_000 };
  running = startDeliveries({ channels, ...deps });
}

interface Failed {
  readonly reason: string;
  readonly message: string;
  readonly retryInMs: number | null;
}

async function halt(): Promise<void> {
  stop.abort();
  await running.done;
}

async function put(n: number, ...channels: readonly ChannelConfig[]): Promise<void> {
  const message: Message = alert({ fingerprint: `f${n}` }, {}, n);
  const messages = channels.flatMap(({ name, type }) => rendered(message, { name, kind: type }));
  await openOutbox(db).put(messages, clock.now());
  running.wake();
}

function states(channel: string): readonly string[] {
  const sql = 'SELECT state FROM outbox WHERE channel = ? ORDER BY rowid';
  return db.prepare<[string], string>(sql).pluck().all(channel);
}

describe('an answer', () => {
  test.each([301, 302, 303, 307, 308])('%i to another host is not followed: nothing goes there', async (code) => {
    const other = new Receiver();
    const location = await other.open();
    receiver.answers.push(status(code, { location }));
    run(hook);
    await put(1, hook);
    await hand.idle();
    await other.close();
    expect(other.received).toEqual([]);
    expect(lines).toEqual([`hook http_3xx [answered ${code}] 5000`]);
  });

  test.each([
    ['', 5_000],
    ['-5', 5_000],
    ['soon', 5_000],
    ['0', 5_000],
    ['1e9', 5_000],
    ['Tue, 01 Sep 2020 06:00:00 GMT', 5_000],
    ['6.5', 6_500],
    ['86400', 86_400_000],
    ['86401', 86_400_000],
    ['9'.repeat(400), 86_400_000],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 86_400_000],
  ])('429 with Retry-After "%s" is tried again after %i ms', async (value, ms) => {
    receiver.answers.push(status(429, { 'retry-after': value }));
    run(hook);
    await put(1, hook);
    await hand.idle();
    expect(lines).toEqual([`hook rate_limited [answered 429] ${ms}`]);
    // Without a time that can be read, the channel rests for a minute.
    await hand.advance(Math.max(ms, 60_000));
    expect(states('hook')).toEqual(['delivered']);
    expect(receiver.received).toHaveLength(2);
  });

  const endless = (code: number) => (response: ServerResponse) => {
    response.writeHead(code);
    response.on('error', () => undefined);
    const more = (): void => void (response.destroyed || response.write(Buffer.alloc(65_536, 'x'), more));
    more();
  };

  test('whose body never ends is a success all the same, and its connection is closed', async () => {
    const closed = new Promise<void>((resolve) => {
      receiver.answers.push((response) => {
        response.on('close', resolve);
        endless(200)(response);
      });
    });
    run(hook);
    await put(1, hook);
    await closed;
    await hand.idle();
    expect(states('hook')).toEqual(['delivered']);
    expect(lines).toEqual([]);
  });

  test('of a refusal that never ends is cut', async () => {
    receiver.answers.push(endless(500));
    run(hook);
    await put(1, hook);
    await hand.idle();
    expect(lines).toEqual([`hook http_5xx [answered 500: ${'x'.repeat(199)}…] 5000`]);
  });

  test('that is packed and grows a thousandfold is cut', async () => {
    const packed = gzipSync(Buffer.alloc(50_000_000, 'x'));
    receiver.answers.push((response) => void response.writeHead(500, { 'content-encoding': 'gzip' }).end(packed));
    run(hook);
    await put(1, hook);
    await hand.idle();
    expect(lines).toEqual([`hook http_5xx [answered 500: ${'x'.repeat(199)}…] 5000`]);
  });

  test.each([
    [4_096, 7_000],
    [4_097, 5_000],
  ])('whose wait ends at byte %i is tried again after %i ms: 4,096 are read', async (bytes, ms) => {
    receiver.answers.push(status(503, {}, '"retry_after":7'.padStart(bytes, 'x')));
    run(hook);
    await put(1, hook);
    await hand.idle();
    expect(lines[0]).toMatch(new RegExp(` ${ms}$`));
  });

  test('with headers beyond all bounds is a failure', async () => {
    receiver.answers.push(status(204, { 'x-long': 'x'.repeat(200_000) }));
    run(hook);
    await put(1, hook);
    await hand.idle();
    expect(lines).toEqual(['hook connect [cannot connect: UND_ERR_HEADERS_OVERFLOW] 5000']);
  });
});

describe('a host that speaks neither HTTP nor TLS', () => {
  test.each([
    ['http', 'HTTP', /^hook connect \[cannot connect: HPE_INVALID_\w+\] 5000$/],
    ['https', 'TLS', /^hook connect \[cannot connect: ERR_SSL_\w+\] 5000$/],
  ])('%s: garbage instead of %s is a failure with a code', async (scheme, _, expected) => {
    const sockets = new Set<Socket>();
    const garbage = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      socket.resume().end(Buffer.alloc(50_000, 'x'));
    });
    await new Promise<void>((resolve) => void garbage.listen(0, '127.0.0.1', resolve));
    const { port } = garbage.address() as AddressInfo;
    const channel = { ...hook, url: `${scheme}://127.0.0.1:${port}/very-secret-path` };
    run(channel);
    await put(1, channel);
    await hand.idle();
    for (const each of sockets) each.destroy();
    await new Promise((resolve) => garbage.close(resolve));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(expected);
    expect(states('hook')).toEqual(['pending']);
  });
});

test('a database that is locked while a message is delivered does not make it come twice', async () => {
  db.pragma('busy_timeout = 1');
  const other = new Database(join(folder, 'test.db'));
  receiver.answers.push((response) => {
    other.exec('BEGIN IMMEDIATE');
    response.writeHead(204).end();
  });
  await put(1, hook);
  run(hook);
  await hand.idle();
  expect(lines).toEqual(['store the outbox: database is locked']);
  await hand.advance(60_000);
  expect(lines).toHaveLength(2);
  other.exec('COMMIT');
  other.close();
  await hand.advance(60_000);
  expect(receiver.received).toHaveLength(1);
  expect(db.prepare('SELECT state, attempts FROM outbox').all()).toEqual([{ state: 'delivered', attempts: 1 }]);
});

describe('a clock that is set back by ten hours', () => {
  test('does not lengthen the rest that a receiver asked for', async () => {
    receiver.answers.push(status(429, { 'retry-after': '120' }));
    run(hook);
    await put(1, hook);
    await hand.idle();
    setBack = 10 * hour;
    await put(2, hook);
    await hand.advance(60_000);
    expect(states('hook')).toEqual(['delivered', 'delivered']);
  });

  test('does not hold a message that was never tried', async () => {
    await put(1, hook);
    setBack = 10 * hour;
    run(hook);
    await hand.idle();
    expect(states('hook')).toEqual(['delivered']);
  });

  test('does not keep Alertmanager from being told what is open', async () => {
    const keeper = channelOf('alertmanager', { name: 'am', url: hook.url });
    const standing = [
      { fingerprint: 'f1', severity: 'critical' as const, body: rendered(alert({ fingerprint: 'f1' }), { name: 'am', kind: 'alertmanager' })[0]?.body ?? '[]' },
    ]; // prettier-ignore
    const outbox = { ...openOutbox(db), standing: async () => standing };
    const deps = { outbox, events: quietEvents, clock, signal: stop.signal, random: () => 0.5 };
    running = startDeliveries({ channels: [keeper], ...deps });
    await hand.idle();
    expect(receiver.received).toHaveLength(1);
    setBack = 10 * hour;
    await hand.advance(60_000);
    expect(receiver.received).toHaveLength(2);
  });
});

test('a channel that was given another name loses what waits, which is said; what comes later arrives once', async () => {
  await put(1, hook);
  const renamed = { ...hook, name: 'hook-2' };
  run(renamed);
  await hand.idle();
  await put(2, renamed);
  await receiver.requests(1);
  await hand.idle();
  expect(states('hook')).toEqual(['dropped']);
  expect(states('hook-2')).toEqual(['delivered']);
  expect(receiver.received.map((each) => each.headers['webhook-id'])).toEqual(['msg_2']);
  expect(lines).toEqual(['warn a message is dropped: the channel hook is no longer configured as it was']);
});

test('of two channels to one host, one that has to rest does not hold up the other', async () => {
  const channels = [hook, { ...hook, name: 'second' }];
  receiver.answers.push(status(429, { 'retry-after': '7200' }));
  await put(1, ...channels);
  run(...channels);
  await hand.idle(2);
  const both = () => channels.flatMap(({ name }) => states(name)).sort();
  expect(both()).toEqual(['delivered', 'pending']);
  await put(2, ...channels);
  await hand.advance(2 * hour - 1, 2);
  expect(both()).toEqual(['delivered', 'delivered', 'pending', 'pending']);
  await hand.advance(1, 2);
  expect(both()).toEqual(['delivered', 'delivered', 'delivered', 'delivered']);
  expect(receiver.received).toHaveLength(5);
});

test('what was delivered or dropped stays so after a restart', async () => {
  run(hook);
  await put(1, hook);
  await receiver.requests(1);
  await hand.idle();
  await put(2, hook);
  await receiver.requests(2);
  await hand.idle();
  await halt();
  db.exec("UPDATE outbox SET state = 'dropped' WHERE id = 'msg_2'");
  run(hook);
  await hand.advance(30 * hour);
  expect(receiver.received).toHaveLength(2);
  expect(states('hook')).toEqual(['delivered', 'dropped']);
});
