import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { esp, plusDays, spoof, World } from './world.js';

const ip = '198.51.100.7';

describe('the first start', () => {
  test('with nothing failing says nothing', async () => {
    const world = new World().at('2026-09-01T06:00:00Z');
    for (let i = 0; i < 60; i++) world.report({ day: plusDays('2026-07-01', i), rows: [esp.passing(ip, 100)] });
    const result = await world.evaluate();
    expect(result.backlog).toMatchObject({
      kind: 'first_start',
      reports: 60,
      firstDay: '2026-07-01',
      failingSources: 0,
    });
    expect(world.messages()).toEqual([]);
  });

  test('over six months with one sender that broke yesterday is one summary and no alert', async () => {
    const world = new World().at('2026-09-01T06:00:00Z');
    for (let i = 0; i < 183; i++) {
      const day = plusDays('2026-03-02', i);
      const ours = i < 182 ? esp.passing(ip, 100) : esp.broken(ip, 100);
      world.report({ day, rows: [ours, spoof(`2001:db8:${(i + 1).toString(16)}::1`)] });
    }
    await world.evaluate();
    await world.live(48);
    expect(world.types()).toEqual(['dmarc.digest.daily']);
    // The mail of the sender, and of the three addresses that failed in the newest three days.
    expect(world.digest()).toMatchObject({
      kind: 'first_start',
      counts: { alerts: 4, critical: 1 },
      domains: [
        {
          domain: 'example.com',
          senders: [
            { class: 'known', names: ['mailer.test'], more: 0, failed: 100 },
            // 183 addresses, of which three are past the 180 days that a sender is known by, and three are named.
            { class: 'unauthenticated', more: 177, failed: 3 },
          ],
        },
      ],
      backlog: {
        reports: 183,
        domains: 1,
        first_day: '2026-03-02',
        last_day: '2026-08-31',
        other_failing_sources: 0,
        past_failures: 180,
      },
    });
  });

  test('with a sender that broke three weeks ago and is broken still tells of it', async () => {
    const world = new World().at('2026-09-01T06:00:00Z');
    for (let i = 0; i < 90; i++) {
      const day = plusDays('2026-06-03', i);
      world.report({ day, rows: [i < 69 ? esp.passing(ip, 100) : esp.broken(ip, 100)] });
    }
    await world.evaluate();
    expect(world.digest().alerts).toMatchObject([
      { window: { from: '2026-08-11', to: '2026-08-11' }, baseline: { messages: 2800, failed: 0 } },
    ]);
  });

  test('with a failure that is over counts it and says nothing', async () => {
    const world = new World().at('2026-09-01T06:00:00Z');
    for (let i = 0; i < 90; i++) {
      const day = plusDays('2026-06-03', i);
      world.report({ day, rows: [i === 60 ? esp.broken(ip, 100) : esp.passing(ip, 100)] });
    }
    const result = await world.evaluate();
    expect(result.backlog).toMatchObject({ pastFailures: 1, failingSources: 0 });
    expect(world.messages()).toEqual([]);
    expect(world.findings()).toEqual([]);
  });

  test('with two broken senders and much else is one digest that tells all', async () => {
    const world = new World().at('2026-09-01T06:00:00Z');
    const other = '203.0.113.9';
    const row = (messages: number, verdict: 'pass_spf' | 'fail') => ({
      ip: other,
      messages,
      verdict,
      spf: [{ domain: 'example.com', result: verdict === 'fail' ? 'softfail' : 'pass' }],
    });
    for (let i = 0; i < 60; i++) {
      const day = plusDays('2026-07-03', i);
      const rows = i < 59 ? [esp.passing(ip, 100), row(80, 'pass_spf')] : [esp.broken(ip, 100), row(80, 'fail')];
      world.report({
        day,
        rows: [...rows, ...Array.from({ length: 30 }, (_, n) => spoof(`2001:db8:${i + 1}:${n}::1`))],
      });
    }
    await world.evaluate();
    await world.live(48);
    expect(world.types()).toEqual(['dmarc.digest.daily']);
    const digest = world.digest();
    // 30 new addresses on each of the newest three days, and the two senders: what the domain falls by is theirs.
    expect(digest).toMatchObject({
      kind: 'first_start',
      counts: { alerts: 92, critical: 2 },
      backlog: { reports: 60 },
    });
    expect(digest.alerts.slice(0, 2).map((each) => each.source.group)).toEqual(['mailer.test', '203.0.113.0/24']);
    expect(digest.alerts.length + digest.more).toBe(92);
    expect(digest.pass_rates).toMatchObject([{ domain: 'example.com', messages: 12600 }]);
  });

  test('waits for the first report', async () => {
    const world = new World().at('2026-09-01T06:00:00Z');
    await world.live(5);
    world.report({ day: '2026-08-31', rows: [spoof('203.0.113.5', 90)] });
    expect((await world.evaluate()).backlog).toMatchObject({ kind: 'first_start' });
    expect(world.types()).toEqual(['dmarc.digest.daily']);
  });
});

test('a backfill of six months into a running service is one message', async () => {
  const world = new World();
  const day = await world.ordinary('2026-08-01', 10, () => [esp.passing(ip, 100)]);
  for (let i = 0; i < 150; i++)
    world.report({
      day: plusDays('2026-03-01', i),
      rows: [esp.passing(ip, 50), spoof(`2001:db8:${(i + 1).toString(16)}::1`, 40)],
    });
  world.report({ day: plusDays(day, -1), reporter: 'Yahoo', rows: [spoof('203.0.113.80', 40)] });
  await world.evaluate();
  await world.live(30);
  expect(world.types()).toEqual(['dmarc.digest.daily']);
  expect(world.digest()).toMatchObject({ kind: 'backlog', counts: { alerts: 1 } });
});

test('a report ten days late goes into the digest, marked', async () => {
  const world = new World();
  const day = await world.ordinary('2026-08-01', 30, () => [esp.passing(ip, 100)]);
  world.report({ day: plusDays(day, -11), reporter: 'Slow', rows: [esp.broken('203.0.113.5', 90)] });
  expect(await world.evaluate()).toMatchObject({ opened: 1, messages: [] });
  await world.live(24);
  expect(world.types()).toEqual(['dmarc.digest.daily']);
  expect(world.digest().alerts).toMatchObject([{ late: true }]);
  expect(world.longestDelayHours()).toBeLessThan(24);
});

test('a report from the future does not make true ones late', async () => {
  const world = new World();
  const day = await world.ordinary('2026-08-01', 30, () => [esp.passing(ip, 100)]);
  world.report({ day: '2027-08-01', reporter: 'Liar', rows: [esp.passing(ip, 1)] });
  await world.evaluate();
  await world.ordinary(day, 1, () => [esp.broken(ip, 100)]);
  expect(world.types()).toEqual(['dmarc.alert.opened']);
});

test('a report of three days is judged on each of them', async () => {
  const world = new World();
  const day = await world.ordinary('2026-08-01', 30, () => [esp.passing(ip, 90)]);
  world.at(`${plusDays(day, 3)}T06:00:00Z`);
  world.report({ day, lastDay: plusDays(day, 2), rows: [esp.broken(ip, 90)] });
  await world.evaluate();
  expect(world.types()).toEqual(['dmarc.alert.opened']);
  expect(world.opened()).toMatchObject({ latest: { messages: 90, failed: 90 } });
});

test('a clock that jumps back neither repeats nor holds back what is to be told', async () => {
  const world = new World();
  const day = await world.ordinary('2026-08-01', 30, () => [esp.passing(ip, 100)]);
  await world.ordinary(day, 1, () => [esp.broken(ip, 100), spoof('203.0.113.5', 3)]);
  expect(world.types()).toEqual(['dmarc.alert.opened']);
  world.later(-24 * 400);
  await world.evaluate();
  expect(world.types()).toEqual(['dmarc.alert.opened', 'dmarc.digest.daily']);
  await world.live(30);
  expect(world.messages()).toHaveLength(2);
  world.report({ day: plusDays(day, 1), rows: [spoof('2001:db8::99', 30)] });
  await world.evaluate();
  expect(world.messages()).toHaveLength(3);
});

test('a partial report that gives way to the complete one is told of once', async () => {
  const world = new World();
  const day = await world.ordinary('2026-08-01', 30, () => [esp.passing(ip, 100)]);
  world.at(`${plusDays(day, 1)}T06:00:00Z`);
  const partial = world.report({ day, rows: [esp.broken(ip, 60), spoof('203.0.113.5')] });
  await world.evaluate();
  world.later(1);
  world.report({ day, rows: [esp.broken(ip, 100), spoof('203.0.113.5')] });
  world.db.prepare('DELETE FROM records WHERE report = ?').run(partial);
  world.db.prepare('DELETE FROM reports WHERE id = ?').run(partial);
  await world.evaluate();
  await world.live(30);
  expect(world.types()).toEqual(['dmarc.alert.opened', 'dmarc.digest.daily']);
  expect(world.findings()).toHaveLength(2);
});

test('an evaluation that dies before its transaction is made again, and nothing is told twice', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ruawatch-watch-'));
  try {
    const path = join(folder, 'test.db');
    const first = new World({ path });
    const day = await first.ordinary('2026-08-01', 30, () => [esp.passing(ip, 100)]);
    first.at(`${plusDays(day, 1)}T06:00:00Z`).report({ day, rows: [esp.broken(ip, 100)] });
    first.db.exec("CREATE TRIGGER die BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'the disk is gone'); END");
    await expect(first.evaluate()).rejects.toThrow('the disk is gone');
    expect(first.findings()).toEqual([]);
    first.db.exec('DROP TRIGGER die');
    first.db.close();
    const second = new World({ path }).at(`${plusDays(day, 1)}T07:00:00Z`);
    await second.evaluate();
    await second.live(3);
    expect(second.types()).toEqual(['dmarc.alert.opened']);
    second.db.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
