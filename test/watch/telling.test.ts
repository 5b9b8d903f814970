import { describe, expect, test } from 'vitest';
import type { ChannelRoute } from '../../src/model/channel.js';
import type { AlertAction } from '../../src/model/telling.js';
import { openAlertActions } from '../../src/store/watching/alert-actions.js';
import { openOutbox } from '../../src/store/watching/outbox.js';
import { dayOf, esp, plusDays, spoof, webhookRoute, World } from './world.js';
import type { Row } from './world.js';

const ip = '198.51.100.7';
const other: Row = { ip: '203.0.113.9', messages: 20, verdict: 'pass_spf' };
const passing = () => [esp.passing(ip, 100), other];
const broken = () => [esp.broken(ip, 100), other];

/** Thirty ordinary days; the sender breaks on the last day of them plus one, and it is told at once. */
async function brokenWorld(
  options: ConstructorParameters<typeof World>[0] = {},
): Promise<{ world: World; day: string }> {
  const world = new World(options);
  const day = await world.ordinary('2026-08-01', 30, passing);
  return { world, day: await world.ordinary(day, 1, broken) };
}

function act(world: World, action: AlertAction): string {
  const id = world.db.prepare<[], string>('SELECT public_id FROM findings').pluck().get() ?? '';
  return openAlertActions(world.db)(id, action, Math.floor(world.clock.now() / 1000));
}

describe('a reminder', () => {
  test('comes every seven days while the alert is open, and no more once it is over', async () => {
    const { world, day } = await brokenWorld();
    const mended = await world.ordinary(day, 15, broken);
    expect(world.types()).toEqual(['dmarc.alert.opened', 'dmarc.alert.reminder', 'dmarc.alert.reminder']);
    expect(world.messages().map((each) => each.timestamp)).toEqual([
      '2026-09-01T06:00:00Z', '2026-09-08T06:00:00Z', '2026-09-15T06:00:00Z',
    ]); // prettier-ignore
    await world.ordinary(mended, 12, passing);
    expect(world.types().slice(3)).toEqual(['dmarc.alert.resolved']);
  });

  test('does not come for an alert that somebody has in hand, whose end is told', async () => {
    const { world, day } = await brokenWorld();
    expect(act(world, { kind: 'ack' })).toBe('done');
    const mended = await world.ordinary(day, 15, broken);
    expect(world.types()).toEqual(['dmarc.alert.opened']);
    await world.ordinary(mended, 4, passing);
    expect(world.types()).toEqual(['dmarc.alert.opened', 'dmarc.alert.resolved']);
  });
});

describe('an alert that is ignored', () => {
  test('is told neither of again nor as over, until its day', async () => {
    const { world, day } = await brokenWorld();
    act(world, { kind: 'ignore', until: dayOf('2026-09-20') });
    await world.ordinary(day, 18, broken);
    expect(world.types()).toEqual(['dmarc.alert.opened']);
    await world.ordinary(plusDays(day, 18), 2, broken);
    expect(world.types()).toEqual(['dmarc.alert.opened', 'dmarc.alert.reminder']);
    expect(world.messages()[1]?.timestamp).toBe('2026-09-20T06:00:00Z');
  });

  test('before it was told is not told', async () => {
    const world = new World();
    const day = await world.ordinary('2026-08-01', 30, passing);
    await world.ordinary(day, 1, () => [...passing(), spoof('203.0.113.200', 3)]);
    act(world, { kind: 'ignore', until: dayOf('2026-10-01') });
    await world.live(40);
    expect(world.messages()).toEqual([]);
  });
});

describe('an alert that a person ends', () => {
  test('is told to be over, once', async () => {
    const { world } = await brokenWorld();
    expect(act(world, { kind: 'resolve' })).toBe('done');
    expect(act(world, { kind: 'resolve' })).toBe('over');
    await world.live(3);
    expect(world.types()).toEqual(['dmarc.alert.opened', 'dmarc.alert.resolved']);
    expect(world.messages()[1]?.data).toMatchObject({ status: 'resolved', resolution: 'manual' });
  });

  test('opens again when it fails on another day', async () => {
    const { world, day } = await brokenWorld();
    world.later(1);
    act(world, { kind: 'resolve' });
    await world.live(30);
    await world.ordinary(plusDays(day, 2), 1, broken);
    expect(world.types()).toEqual(['dmarc.alert.opened', 'dmarc.alert.resolved', 'dmarc.alert.opened']);
  });
});

test('two changes of a domain within 15 minutes are two messages 15 minutes apart', async () => {
  const { world, day } = await brokenWorld();
  world.later(0.1);
  world.report({ day: plusDays(day, -1), reporter: 'Yahoo', rows: [spoof('203.0.113.200', 90)] });
  const result = await world.evaluate();
  expect(result).toMatchObject({ opened: 1, messages: [] });
  expect(result.nextAt).toBe(Date.parse('2026-09-01T06:15:00Z'));
  world.at('2026-09-01T06:14:59Z');
  await world.evaluate();
  expect(world.types()).toHaveLength(1);
  world.at('2026-09-01T06:15:00Z');
  await world.evaluate();
  expect(world.types()).toEqual(['dmarc.alert.opened', 'dmarc.alert.opened']);
});

test('what was told at ten messages a day is told again at a hundred a day', async () => {
  const world = new World();
  const day = await world.ordinary('2026-08-01', 30, passing);
  const next = await world.ordinary(day, 1, () => [...passing(), spoof('203.0.113.200', 10)]);
  expect(world.types()).toEqual(['dmarc.alert.opened']);
  await world.ordinary(next, 1, () => [...passing(), spoof('203.0.113.200', 189)]);
  expect(world.types()).toEqual(['dmarc.alert.opened']);
  // 300 on three days.
  await world.ordinary(plusDays(next, 1), 1, () => [...passing(), spoof('203.0.113.200', 101)]);
  expect(world.types()).toEqual(['dmarc.alert.opened', 'dmarc.alert.updated']);
});

test('the digest goes out at its hour', async () => {
  const world = new World({ digestAt: '09:30' });
  const day = await world.ordinary('2026-08-01', 30, passing);
  await world.ordinary(day, 1, () => [...passing(), spoof('203.0.113.200', 3)]);
  expect(world.results.at(-1)?.nextAt).toBe(Date.parse('2026-09-01T09:30:00Z'));
  world.at('2026-09-01T09:29:59Z');
  await world.evaluate();
  expect(world.types()).toEqual([]);
  world.at('2026-09-01T09:30:00Z');
  await world.evaluate();
  expect(world.digest()).toMatchObject({ kind: 'daily', alerts: [{ change: 'opened' }] });
});

test('the weekly summary tells of the week and the week before, and not in the first week', async () => {
  const weekly: ChannelRoute = { ...webhookRoute, digest: false, weekly: true };
  // The first catch-up is on Tuesday, 2026-08-04.
  const world = new World({ channels: [weekly] });
  await world.ordinary('2026-08-03', 21, (day) =>
    day < '2026-08-15' ? [esp.passing(ip, 100)] : [esp.passing(ip, 90), spoof('203.0.113.200', 10)],
  );
  const [first, second] = world.messages().filter((each) => 'kind' in each.data && each.data.kind === 'weekly');
  // On Mondays; reports of a day come in for two more.
  expect(first?.timestamp).toBe('2026-08-10T06:00:00Z');
  expect(second?.timestamp).toBe('2026-08-17T06:00:00Z');
  expect(second?.data).toMatchObject({
    kind: 'weekly',
    // From 9 to 15 August: six days of 100 that pass, one of 90.
    pass_rates: [{ domain: 'example.com', messages: 700, passed: 690 }],
    week: {
      from: '2026-08-09',
      to: '2026-08-15',
      pass_rates_before: [{ domain: 'example.com', messages: 600, passed: 600 }],
      failing_senders: [{ domain: 'example.com', sender: '203.0.113.0/24', messages: 10, failed: 10 }],
      reporters: [{ name: 'google.com', reports: 7, before: 7 }],
      opened: 1,
      resolved: 0,
    },
  });
});

describe('within a day of its arrival', () => {
  const arrival = '2026-09-01T06:00:00Z';
  const deadline = Date.parse(arrival) + 24 * 3_600_000;
  const quiet: ChannelRoute = { ...webhookRoute, severities: ['critical'] };
  const paths: readonly (readonly [string, ConstructorParameters<typeof World>[0], () => Row[]])[] = [
    ['an alert', {}, () => broken()],
    ['a finding that waits for a digest', {}, () => [...passing(), spoof('203.0.113.200', 3)]],
    [
      'a warning that no channel takes at once',
      { channels: [quiet] },
      () => [...passing(), spoof('203.0.113.200', 90)],
    ],
    ['a finding that waits for a set hour', { digestAt: '05:59' }, () => [...passing(), spoof('203.0.113.200', 3)]],
  ];

  test.each(paths)('%s is told', async (_, options, rows) => {
    const world = new World(options);
    const day = await world.ordinary('2026-08-01', 30, passing);
    await world.ordinary(day, 1, rows);
    await world.live(23);
    expect(world.messages()).toHaveLength(1);
    const delays = world.results.flatMap((each) => each.queued.map((one) => one.delaySeconds));
    expect(delays).toHaveLength(1);
    expect(Math.max(...delays)).toBeLessThanOrEqual(21 * 3600);
  });

  test('a message that quiet hours hold is sent an hour before the day is over', async () => {
    const world = new World();
    const day = await world.ordinary('2026-08-01', 30, passing);
    await world.ordinary(day, 1, () => [...passing(), spoof('203.0.113.200', 90)]);
    const outbox = openOutbox(world.db);
    const due = async (ms: number) =>
      (await outbox.due('webhook', { ms, urgentOnly: true, overdueOnly: true })).messages.length;
    expect(await due(deadline - 3_600_001)).toBe(0);
    expect(await due(deadline - 3_600_000)).toBe(1);
  });
});
