import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChannelConfig } from '../../src/config/config.js';
import { routesOf } from '../../src/notify/notify.js';
import { startDeliveries } from '../../src/notify/deliveries.js';
import type { Deliveries } from '../../src/notify/deliveries.js';
import { quietEvents } from '../../src/observe/observe.js';
import { openAlertActions } from '../../src/store/watching/alert-actions.js';
import { openOutbox } from '../../src/store/watching/outbox.js';
import { esp, plusDays, World } from '../watch/world.js';
import type { Row } from '../watch/world.js';
import { HandClock, Receiver } from './receiver.js';
import { channelOf } from './samples.js';

let pager: Receiver;
let alertmanager: Receiver;
let channels: ChannelConfig[];
let world: World;
let hand: HandClock;
let stop: AbortController;
let running: Deliveries;
let ended: string[];

beforeEach(async () => {
  pager = new Receiver();
  alertmanager = new Receiver();
  channels = [
    channelOf('pagerduty', { name: 'pager', url: await pager.open(), secret: 'key', digest: false, weekly: false }),
    channelOf('alertmanager', { name: 'am', url: await alertmanager.open(), digest: false, weekly: false }),
  ];
  const people = channelOf('slack', { name: 'people', digest: false, weekly: false });
  world = new World({ channels: routesOf([...channels, people]) });
  hand = new HandClock(0);
  ended = [];
  stop = new AbortController();
});

afterEach(async () => {
  stop.abort();
  await running.done;
  world.db.close();
  await pager.close();
  await alertmanager.close();
});

/** From here on what is in the outbox is delivered. */
async function open(): Promise<void> {
  const clock = { now: () => world.clock.now(), sleep: (ms: number, signal: AbortSignal) => hand.sleep(ms, signal) };
  const deps = { outbox: openOutbox(world.db), events: quietEvents, clock, signal: stop.signal, random: () => 0.5 };
  running = startDeliveries({ channels, ...deps });
  await hand.idle(2);
}

/** Ordinary days, each delivered at once; the day after them. */
async function days(from: string, count: number, rows: () => readonly Row[]): Promise<string> {
  for (let i = 0; i < count; i++) {
    await world.ordinary(plusDays(from, i), 1, rows);
    running.wake();
    await hand.idle(2);
    ended.push(...over());
  }
  return plusDays(from, count);
}

/** What PagerDuty was told of each incident, in order. */
function incidents(): Record<string, string[]> {
  const told: Record<string, string[]> = {};
  for (const { body } of pager.received) {
    const { dedup_key: key, event_action: action } = JSON.parse(body) as { dedup_key: string; event_action: string };
    told[key] = [...(told[key] ?? []), action];
  }
  return told;
}

/** Fingerprints of the alerts that Alertmanager was told to be over. */
function over(): string[] {
  const seconds = world.clock.now();
  const posts = alertmanager.received.splice(0).flatMap(({ body }) => JSON.parse(body) as Posted[]);
  return posts.filter(({ endsAt }) => Date.parse(endsAt) <= seconds).map(({ annotations }) => annotations.fingerprint);
}

interface Posted {
  readonly endsAt: string;
  readonly annotations: { readonly fingerprint: string };
}

function findings(): { fingerprint: string; rule: string; status: string; resolution: string | null }[] {
  const sql = 'SELECT fingerprint, rule, status, resolution FROM findings ORDER BY id';
  return world.db.prepare<[], ReturnType<typeof findings>[number]>(sql).all();
}

describe('the end of an incident', () => {
  test('that another one replaces is told, and the other stays open', async () => {
    await open();
    const both: Row = { ...esp.passing('198.51.100.7', 100), verdict: 'pass_both' };
    const day = await days('2026-08-01', 30, () => [both]);
    const next = await days(day, 3, () => [{ ...esp.broken('198.51.100.7', 100), verdict: 'pass_spf' }]);
    await days(next, 3, () => [esp.broken('198.51.100.7', 100)]);
    const [replaced, other] = findings();
    expect(replaced).toMatchObject({ rule: 'mechanism_broken', status: 'resolved', resolution: 'superseded' });
    expect(other).toMatchObject({ rule: 'known_sender_failing', status: 'open' });
    expect(incidents()).toEqual({
      [replaced?.fingerprint ?? '']: ['trigger', 'resolve'],
      [other?.fingerprint ?? '']: ['trigger'],
    });
    expect(ended).toEqual([replaced?.fingerprint]);
  });

  test('that is told together with another end is told of each', async () => {
    await open();
    const [one, two] = ['198.51.100.7', '203.0.113.9'] as const;
    const other = (verdict: 'pass_dkim' | 'fail'): Row => ({
      ip: two,
      messages: 100,
      verdict,
      dkim: [{ domain: 'other.example', result: 'pass' }],
      spf: [{ domain: 'other.example', result: 'pass' }],
    });
    const day = await days('2026-08-01', 30, () => [esp.passing(one, 100), other('pass_dkim')]);
    const next = await days(day, 1, () => [esp.broken(one, 100), other('pass_dkim')]);
    const last = await days(next, 1, () => [esp.broken(one, 100), other('fail')]);
    await days(last, 12, () => [esp.passing(one, 100), other('pass_dkim')]);
    const [first, second, ...rest] = findings();
    expect(rest).toEqual([]);
    expect([first, second]).toMatchObject([{ resolution: 'recovered' }, { resolution: 'recovered' }]);
    // A message for people, one for each incident.
    const types = 'SELECT type FROM outbox WHERE channel = ? ORDER BY rowid';
    const told = (name: string) => world.db.prepare(types).pluck().all(name).slice(2);
    expect(told('am')).toEqual(['dmarc.digest.daily']);
    expect(told('pager')).toEqual(['dmarc.alert.resolved', 'dmarc.alert.resolved']);
    expect(incidents()).toEqual({
      [first?.fingerprint ?? '']: ['trigger', 'resolve'],
      [second?.fingerprint ?? '']: ['trigger', 'resolve'],
    });
    expect(ended.sort()).toEqual([first?.fingerprint, second?.fingerprint].sort());
  });

  test('that somebody ignores is told to those who keep it, and to nobody else', async () => {
    await open();
    const ip = '198.51.100.7';
    const day = await days('2026-08-01', 30, () => [esp.passing(ip, 100)]);
    const next = await days(day, 1, () => [esp.broken(ip, 100)]);
    const id = world.db.prepare<[], string>('SELECT public_id FROM findings').pluck().get() ?? '';
    openAlertActions(world.db)(id, { kind: 'ignore', until: world.clock.now() / 1000 + 90 * 86_400 }, 0);
    await days(next, 12, () => [esp.passing(ip, 100)]);
    const [finding] = findings();
    expect(finding).toMatchObject({ status: 'resolved', resolution: 'recovered' });
    expect(incidents()).toEqual({ [finding?.fingerprint ?? '']: ['trigger', 'resolve'] });
    expect(ended).toEqual([finding?.fingerprint]);
    const told = world.db.prepare('SELECT type FROM outbox WHERE channel = ? ORDER BY rowid').pluck();
    expect(told.all('people')).toEqual(['dmarc.alert.opened']);
  });
});
