import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChannelConfig } from '../../src/config/config.js';
import type { Message } from '../../src/model/alert.js';
import { quietEvents } from '../../src/observe/observe.js';
import { channelTypes } from '../../src/notify/channels/channels.js';
import { startDeliveries } from '../../src/notify/deliveries.js';
import type { Deliveries } from '../../src/notify/deliveries.js';
import { rendered } from '../../src/notify/route.js';
import { openWriter } from '../../src/store/database.js';
import type { Connection } from '../../src/store/database.js';
import { openOutbox } from '../../src/store/watching/outbox.js';
import { HandClock, Receiver, status } from './receiver.js';
import { alert, channelOf, resolved } from './samples.js';

const hour = 3_600_000;
const start = Date.UTC(2026, 8, 2, 6);

let db: Connection;
let clock: HandClock;
let one: Receiver;
let two: Receiver;
let channels: ChannelConfig[];
let warnings: string[];
let stop: AbortController;
let running: Deliveries;

beforeEach(async () => {
  db = openWriter(':memory:');
  clock = new HandClock(start);
  one = new Receiver();
  two = new Receiver();
  channels = [
    channelOf('discord', { name: 'one', url: await one.open() }),
    channelOf('teams', { name: 'two', url: await two.open() }),
  ];
  warnings = [];
  running = { wake: () => undefined, done: Promise.resolve() };
  stop = new AbortController();
});

afterEach(async () => {
  stop.abort();
  await running.done;
  await one.close();
  await two.close();
  db.close();
});

function run(): void {
  const events = { ...quietEvents, warn: (message: string) => void warnings.push(message) };
  const deps = { outbox: openOutbox(db), events, clock, signal: stop.signal, random: () => 0.5 };
  running = startDeliveries({ channels, ...deps });
}

async function put(message: Message, to = channels): Promise<void> {
  const messages = to.flatMap(({ name, type }) => rendered(message, { name, kind: type }));
  await openOutbox(db).put(messages, clock.now());
  running.wake();
}

function states(channel: string): Record<string, number> {
  const rows = db.prepare('SELECT state, count(*) AS n FROM outbox WHERE channel = ? GROUP BY state').all(channel);
  return Object.fromEntries((rows as { state: string; n: number }[]).map(({ state, n }) => [state, n]));
}

const bodies = (receiver: Receiver) => receiver.received.map((each) => each.body);

test('a receiver that is down for a day loses nothing, doubles nothing and holds up nobody', async () => {
  const port = Number(new URL(channels[0]?.url ?? '').port);
  await one.close();
  run();
  const sent: string[] = [];
  for (let n = 0; n < 24; n++) {
    const message = alert({ summary: `number ${n}.` }, {}, n);
    sent.push(`number ${n}.`);
    await put(message);
    await clock.advance(hour, 2);
    expect(two.received).toHaveLength(n + 1);
  }
  expect(states('one')).toEqual({ pending: 24 });
  one = new Receiver();
  await one.open(port);
  await clock.advance(24 * hour, 2);
  expect(states('one')).toEqual({ delivered: 24 });
  const numbers = (receiver: Receiver) => bodies(receiver).map((body) => /number \d+\./.exec(body)?.[0] ?? '');
  expect(numbers(one).sort()).toEqual([...sent].sort());
  expect(numbers(two)).toEqual(sent);
});

test('after 429 the whole channel waits as long as the receiver asks, in its header or its body', async () => {
  one.answers.push(status(429, { 'retry-after': '7' }), status(429, {}, '{"message":"slow","retry_after":64.57}'));
  run();
  await put(alert({}, {}, 1), channels.slice(0, 1));
  await put(alert({ fingerprint: 'f2' }, {}, 2), channels.slice(0, 1));
  await clock.advance(6_999, 2);
  expect(one.received).toHaveLength(1);
  await clock.advance(1, 2);
  expect(one.received.length).toBeGreaterThan(1);
  await clock.advance(5 * 60_000, 2);
  expect(states('one')).toEqual({ delivered: 2 });
  expect(one.received).toHaveLength(4);
});

test('a channel that is gone is left alone, and another one says so', async () => {
  one.answers.push(status(410));
  run();
  await put(alert(), channels.slice(0, 1));
  await two.requests(1);
  expect(bodies(two)[0]).toContain('channel one has a problem');
  await put(alert({ fingerprint: 'f2' }, {}, 2), channels.slice(0, 1));
  await clock.advance(2 * hour);
  expect(one.received).toHaveLength(1);
  expect(states('one')).toEqual({ pending: 2 });
  expect(warnings.filter((each) => each.includes('410'))).toHaveLength(1);
});

test('two channels that are both gone do not tell of each other for ever', async () => {
  one.answers.push(status(410));
  two.answers.push(status(410));
  run();
  await put(alert(), channels.slice(0, 1));
  await running.done;
  expect(states('one')).toEqual({ pending: 1 });
  expect(states('two')).toEqual({ pending: 1 });
});

test('what waits for a channel that is no longer configured, or is of another type, is dropped with a warning', async () => {
  await put(alert());
  channels = [channelOf('slack', { name: 'two', url: channels[1]?.url ?? '' })];
  run();
  await clock.idle();
  expect(states('one')).toEqual({ dropped: 1 });
  expect(states('two')).toEqual({ dropped: 1 });
  expect(two.received).toEqual([]);
  expect(warnings.sort()).toEqual([
    'a message is dropped: the channel one is no longer configured as it was',
    'a message is dropped: the channel two is no longer configured as it was',
  ]);
});

test('the end of an alert does not overtake its beginning', async () => {
  one.answers.push(status(500));
  run();
  await put(alert({}, {}, 1), channels.slice(0, 1));
  await put({ ...resolved(1), id: 'msg_2' }, channels.slice(0, 1));
  await clock.advance(4_000, 2);
  expect(one.received).toHaveLength(1);
  await clock.advance(60_000, 2);
  expect(bodies(one).map((body) => body.includes('"Over\\\\: '))).toEqual([false, false, true]);
});

describe('in quiet hours', () => {
  // It is 06:00.
  const quiet = { quiet_hours: '22:00-07:00' };

  test('messages wait for the end; critical ones pass', async () => {
    channels = channels.map((each) => ({ ...each, ...quiet }));
    run();
    await put(alert({ severity: 'warning', fingerprint: 'f2', summary: 'can wait' }, {}, 2));
    await put(alert());
    await clock.advance(hour - 1, 2);
    expect(bodies(one)).toHaveLength(1);
    expect(bodies(one)[0]).not.toContain('can wait');
    await clock.advance(60_001, 2);
    expect(bodies(one)).toHaveLength(2);
    expect(states('one')).toEqual({ delivered: 2 });
  });

  test('critical ones wait too where that is set', async () => {
    channels = channels.map((each) => ({ ...each, ...quiet, critical_in_quiet_hours: false }));
    run();
    await put(alert());
    await clock.advance(hour - 1, 2);
    expect(one.received).toEqual([]);
    await clock.advance(60_001, 2);
    expect(one.received).toHaveLength(1);
  });
});

describe('each channel asks its receiver as its documentation says', () => {
  const deps = () => ({ clock, signal: stop.signal });

  async function sent(channel: ChannelConfig) {
    for (const each of rendered(alert(), { name: channel.name, kind: channel.type })) {
      expect(each.body).not.toContain('SECRET');
      await channelTypes[channel.type].send(each, channel, deps());
    }
    const [request] = one.received.slice(-1);
    return { path: request?.path, auth: request?.headers.authorization, body: JSON.parse(request?.body ?? '') };
  }

  const base = () => new URL(channels[0]?.url ?? '').origin;

  test('ntfy: at the root, with the topic in the body and a bearer token', async () => {
    const request = await sent(channelOf('ntfy', { url: `${base()}/sub/my-topic`, secret: 'tk_SECRET' }));
    expect(request).toMatchObject({
      path: '/sub/',
      auth: 'Bearer tk_SECRET',
      body: { topic: 'my-topic', priority: 5 },
    });
  });

  test('pagerduty: at /v2/enqueue, with the key in the body', async () => {
    const request = await sent(channelOf('pagerduty', { url: base(), secret: 'SECRETKEY' }));
    expect(request).toMatchObject({ path: '/v2/enqueue', body: { routing_key: 'SECRETKEY', event_action: 'trigger' } });
  });

  test('apprise: with the tag of its address in the body', async () => {
    const request = await sent(channelOf('apprise', { url: `${base()}/notify/KEY?tag=ops` }));
    expect(request).toMatchObject({ path: '/notify/KEY', auth: undefined, body: { tag: 'ops', type: 'failure' } });
  });

  test('a login in an address becomes a header', async () => {
    const url = base().replace('//', '//me:pa%20ss@');
    const request = await sent(channelOf('alertmanager', { url }));
    expect(request.path).toBe('/api/v2/alerts');
    expect(request.auth).toBe(`Basic ${Buffer.from('me:pa ss').toString('base64')}`);
  });

  test('an answer that echoes the address or the secret is shown without them', async () => {
    one.answers.push(status(404, {}, 'no /notify/SECRETKEY?tag=SECRETTAG for tk_SECRET here'));
    const channel = channelOf('apprise', { url: `${base()}/notify/SECRETKEY?tag=SECRETTAG`, secret: 'tk_SECRET' });
    const [message] = rendered(alert(), { name: 'one', kind: 'apprise' });
    const attempt = message && (await channelTypes.apprise.send(message, channel, deps()));
    expect(attempt).toMatchObject({ kind: 'failed', reason: 'http_4xx' });
    expect(JSON.stringify(attempt)).not.toContain('SECRET');
  });

  test('an answer that drips for ever is given up', async () => {
    one.answers.push((response) => void response.writeHead(500).write('x'));
    const [message] = rendered(alert(), { name: 'one', kind: 'slack' });
    const channel = channelOf('slack', { url: `${base()}/` });
    const attempt = message && (await channelTypes.slack.send(message, channel, { ...deps(), timeoutMs: 50 }));
    expect(attempt).toMatchObject({ kind: 'failed', reason: 'http_5xx' });
  });
});
