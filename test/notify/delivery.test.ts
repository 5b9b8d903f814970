import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { openBell } from '../../src/notify/bell.js';
import { runDelivery } from '../../src/notify/delivery.js';
import type { DeliveryDeps } from '../../src/notify/delivery.js';
import { sendTest } from '../../src/notify/notify.js';
import { composeTest } from '../../src/notify/payload.js';
import { rendered } from '../../src/notify/route.js';
import { openWriter } from '../../src/store/database.js';
import type { Connection } from '../../src/store/database.js';
import { openEnqueue, openOutbox } from '../../src/store/watching/outbox.js';
import { HandClock, Receiver, status } from './receiver.js';
import { channelOf } from './samples.js';

const secret = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;
const start = Date.UTC(2026, 8, 1, 6);

/** What the loop reports, in short lines. */
function noting(lines: string[]): DeliveryDeps['events'] {
  return {
    notificationDelivered: (channel, { attempt }) => void lines.push(`delivered ${channel} attempt ${attempt}`),
    notificationFailed: (_, { attempt, reason, message, retryInMs }) =>
      void lines.push(`failed ${attempt} ${reason} [${message}] retry ${retryInMs ?? 'never'}`),
    storeError: (_operation, message) => void lines.push(`store ${message}`),
    warn: (message) => void lines.push(`warn ${message}`),
  };
}

describe('runDelivery', () => {
  let receiver: Receiver;
  let db: Connection;
  let folder: string;
  let url: string;
  let clock: HandClock;
  let lines: string[];
  let stop: AbortController;
  let running: Promise<void>;
  const bell = openBell();

  beforeEach(async () => {
    receiver = new Receiver();
    url = await receiver.open();
    folder = mkdtempSync(join(tmpdir(), 'ruawatch-outbox-'));
    db = openWriter(join(folder, 'test.db'));
    clock = new HandClock(start);
    lines = [];
    stop = new AbortController();
    running = Promise.resolve();
  });

  afterEach(async () => {
    await halt();
    db.close();
    await receiver.close();
    rmSync(folder, { recursive: true });
  });

  function run(more: Partial<DeliveryDeps> = {}): void {
    stop = new AbortController();
    const channel = channelOf('webhook', { name: 'webhook', url, secret });
    const tellElsewhere = async (what: string) => void lines.push(`elsewhere ${what}`);
    const deps = { outbox: openOutbox(db), channel, tellElsewhere, events: noting(lines), clock, bell };
    running = runDelivery({ ...deps, signal: stop.signal, random: () => 0.5, ...more });
  }

  async function halt(): Promise<void> {
    stop.abort();
    await running;
  }

  function put(id: string): void {
    for (const each of rendered(composeTest(id, start / 1000), { name: 'webhook', kind: 'webhook' })) {
      openEnqueue(db)(each, clock.now());
    }
  }

  function row(id: string): { state: string; attempts: number; last_error: string | null } {
    return db.prepare('SELECT state, attempts, last_error FROM outbox WHERE id = ?').get(id) as ReturnType<typeof row>;
  }

  test('sends what is there, signed so that the standard library accepts it', async () => {
    // The library checks the timestamp against the real time.
    clock = new HandClock(Date.now());
    put('msg_1');
    run();
    await clock.idle();
    const [request] = receiver.received;
    expect(request?.headers['webhook-id']).toBe('msg_1');
    const verified = new Webhook(secret).verify(request?.body ?? '', request?.headers as Record<string, string>);
    expect(verified).toMatchObject({ type: 'dmarc.test' });
    expect(() => new Webhook(secret).verify(`${request?.body} `, request?.headers as Record<string, string>)).toThrow();
    expect(row('msg_1')).toMatchObject({ state: 'delivered', attempts: 1 });
    expect(lines).toEqual(['delivered webhook attempt 1']);
  });

  test('sends at once when the bell rings', async () => {
    run();
    await clock.idle();
    put('msg_1');
    bell.wake();
    await receiver.requests(1);
    expect(clock.now()).toBe(start);
  });

  test('retries with the same id and the same bytes, signed for the moment of each attempt', async () => {
    receiver.answers.push(status(500), status(503));
    put('msg_1');
    run();
    await clock.advance(5_000);
    await clock.advance(60_000);
    expect(receiver.received).toHaveLength(3);
    expect(new Set(receiver.received.map((each) => each.body)).size).toBe(1);
    expect(new Set(receiver.received.map((each) => each.headers['webhook-id']))).toEqual(new Set(['msg_1']));
    const seconds = receiver.received.map((each) => Number(each.headers['webhook-timestamp']) - start / 1000);
    expect(seconds).toEqual([0, 5, 65]);
    expect(row('msg_1')).toMatchObject({ state: 'delivered', attempts: 3 });
  });

  test('goes through the whole schedule, then drops the message and warns', async () => {
    for (let i = 0; i < 20; i++) receiver.answers.push(status(500));
    put('msg_1');
    run();
    const seconds = [0, 5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
    await clock.advance(seconds.reduce((sum, each) => sum + each, 0) * 1000);
    await clock.advance(48 * 3_600_000);
    expect(receiver.received).toHaveLength(11);
    const times = receiver.received.map((each) => Number(each.headers['webhook-timestamp']));
    expect(times.slice(1).map((each, i) => each - (times[i] ?? 0))).toEqual(seconds.slice(1));
    expect(row('msg_1')).toMatchObject({ state: 'dropped', attempts: 11, last_error: 'answered 500' });
    expect(lines.at(-3)).toBe('failed 11 http_5xx [answered 500] retry never');
    expect(lines.at(-2)).toMatch(/^warn the channel webhook did not take a message in any attempt/);
    expect(lines.at(-1)).toBe('elsewhere dropped');
  });

  test('spreads the retries by a fifth either way', async () => {
    receiver.answers.push(status(500), status(500));
    put('msg_1');
    run({ random: () => 0 });
    await clock.advance(4_000);
    expect(receiver.received).toHaveLength(2);
    await clock.advance(47_999);
    expect(receiver.received).toHaveLength(2);
    await clock.advance(1);
    expect(receiver.received).toHaveLength(3);
  });

  test('waits as long as Retry-After asks, in seconds or as a date', async () => {
    receiver.answers.push(
      status(429, { 'retry-after': '120' }),
      status(503, { 'retry-after': new Date(start + 720_000).toUTCString() }),
    );
    put('msg_1');
    run();
    await clock.advance(119_999);
    expect(receiver.received).toHaveLength(1);
    await clock.advance(1);
    expect(receiver.received).toHaveLength(2);
    await clock.advance(599_999);
    expect(receiver.received).toHaveLength(2);
    await clock.advance(1);
    expect(receiver.received).toHaveLength(3);
    expect(lines[0]).toBe('failed 1 rate_limited [answered 429] retry 120000');
  });

  test('does not wait longer than a day for Retry-After', async () => {
    receiver.answers.push(status(503, { 'retry-after': '999999999' }));
    put('msg_1');
    run();
    await clock.advance(86_400_000);
    expect(receiver.received).toHaveLength(2);
  });

  test('takes a redirect for a failure and does not follow it', async () => {
    receiver.answers.push(status(302, { location: url }));
    put('msg_1');
    run();
    await clock.idle();
    expect(receiver.received).toHaveLength(1);
    expect(lines).toEqual(['failed 1 http_3xx [answered 302] retry 5000']);
  });

  test('stops when the receiver says that it is gone, keeps what waits, and goes on after the next start', async () => {
    receiver.answers.push(status(410));
    put('msg_1');
    put('msg_2');
    run();
    await running;
    expect(receiver.received).toHaveLength(1);
    expect(row('msg_1')).toMatchObject({ state: 'pending', attempts: 1 });
    expect(row('msg_2')).toMatchObject({ state: 'pending', attempts: 0 });
    expect(lines[1]).toMatch(/gone \(410\)/);
    expect(lines[2]).toBe('elsewhere gone');
    run();
    await clock.idle();
    expect(row('msg_1')).toMatchObject({ state: 'delivered', attempts: 2 });
    expect(row('msg_2')).toMatchObject({ state: 'delivered', attempts: 1 });
  });

  test('gives up on a receiver that does not answer in time', async () => {
    receiver.answers.push(() => undefined);
    put('msg_1');
    run({ timeoutMs: 50 });
    await clock.idle();
    expect(lines).toEqual(['failed 1 timeout [no answer in time] retry 5000']);
    await clock.advance(5_000);
    expect(row('msg_1')).toMatchObject({ state: 'delivered', attempts: 2 });
  });

  test('names the host that refuses, never the secret path', async () => {
    await receiver.close();
    put('msg_1');
    run();
    await clock.idle();
    expect(lines).toEqual(['failed 1 connect [cannot connect: ECONNREFUSED] retry 5000']);
    receiver = new Receiver();
    await receiver.open();
  });

  test('reads no more than 4 kB of an answer and shows a line of it', async () => {
    receiver.answers.push(status(400, {}, `no\u0007 ${'x'.repeat(1_000_000)}`));
    put('msg_1');
    run();
    await clock.idle();
    expect(lines[0]).toMatch(/^failed 1 http_4xx \[answered 400: no\? x{195}…\] retry 5000$/);
  });

  test('goes on after a restart where it was, with the same id and bytes', async () => {
    receiver.answers.push(status(500));
    put('msg_1');
    run();
    await clock.idle();
    await halt();
    const path = db.name;
    db.close();
    db = openWriter(path);
    run();
    await clock.advance(5_000);
    expect(receiver.received).toHaveLength(2);
    expect(receiver.received[1]?.body).toBe(receiver.received[0]?.body);
    expect(receiver.received[1]?.headers['webhook-id']).toBe('msg_1');
    expect(row('msg_1')).toMatchObject({ state: 'delivered', attempts: 2 });
  });

  test('an attempt cut off by stopping does not count and is made again', async () => {
    receiver.answers.push(() => undefined);
    put('msg_1');
    run();
    await receiver.requests(1);
    await halt();
    expect(row('msg_1')).toMatchObject({ state: 'pending', attempts: 0 });
    run();
    await clock.idle();
    expect(row('msg_1')).toMatchObject({ state: 'delivered', attempts: 1 });
  });

  test('sends at once what a clock set back would hold for days', async () => {
    receiver.answers.push(status(500));
    put('msg_1');
    run();
    await clock.idle();
    await halt();
    clock = new HandClock(start - 40 * 3_600_000);
    run();
    await clock.idle();
    expect(row('msg_1')).toMatchObject({ state: 'delivered' });
  });

  test.each([
    ['more than a minute is sent at once', 60_001, ['msg_1', 'msg_2']],
    ['a minute waits for its time', 60_000, ['msg_2']],
  ])('what waits when the clock is set back by %s', async (_name, ms, sent) => {
    receiver.answers.push(status(500));
    put('msg_1');
    let back = 0;
    run({ clock: { now: () => clock.now() - back, sleep: (...args) => clock.sleep(...args) } });
    await clock.idle();
    back = ms;
    put('msg_2');
    bell.wake();
    await receiver.requests(1 + sent.length);
    await clock.idle();
    expect(receiver.received.slice(1).map((each) => each.headers['webhook-id'])).toEqual(sent);
  });

  test('survives a store that fails for a while', async () => {
    const real = openOutbox(db);
    const due = [() => Promise.reject(new Error('disk full'))];
    put('msg_1');
    run({ outbox: { ...real, due: (...asked) => due.shift()?.() ?? real.due(...asked) } });
    await clock.idle();
    expect(lines).toEqual(['store the outbox: disk full']);
    await clock.advance(60_000);
    expect(row('msg_1')).toMatchObject({ state: 'delivered' });
  });

  test('sendTest says how the receiver answered', async () => {
    const deps = { clock, signal: new AbortController().signal };
    await expect(sendTest(channelOf('webhook', { name: 'hook', url, secret }), deps)).resolves.toMatch(
      /^answered 204, dmarc\.test msg_/,
    );
    receiver.answers.push(status(403, {}, 'bad signature'));
    await expect(sendTest(channelOf('webhook', { name: 'hook', url, secret }), deps)).rejects.toThrow(
      /^the channel hook \(webhook 127\.0\.0\.1:\d+\) did not take a test message: answered 403: bad signature$/,
    );
  });
});
