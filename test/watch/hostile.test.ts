import { describe, expect, test } from 'vitest';
import { esp, plusDays, spoof, World } from './world.js';
import type { FakeReport } from './world.js';

const ip = '198.51.100.1';
const much = 1_000_000_000;

async function mail(world: World, reports: readonly FakeReport[]): Promise<void> {
  for (const each of reports) world.report(each);
  await world.evaluate();
}

describe('one mail of a reporter never seen before', () => {
  async function broken(): Promise<{ world: World; day: string }> {
    const world = new World();
    const day = await world.ordinary('2026-08-01', 27, () => [esp.passing(ip, 500)]);
    return { world, day: await world.ordinary(day, 2, () => [esp.broken(ip, 500)]) };
  }

  test('does not end a failure that others showed, whatever it counts', async () => {
    const { world, day } = await broken();
    world.later(30);
    const rows = [esp.passing(ip, much)];
    await mail(world, [{ day, lastDay: plusDays(day, 1), reporter: 'evil.test', rows }]);
    await world.live(24);
    expect(world.types()).toEqual(['dmarc.alert.opened']);
    expect(world.findings()).toMatchObject([{ status: 'open', resolution: null }]);
  });

  test('does not end it by claiming to have seen the failure too', async () => {
    const { world, day } = await broken();
    world.later(30);
    const reporter = 'evil.test';
    await mail(world, [
      { day: plusDays(day, -2), reporter, rows: [esp.broken(ip, 1)] },
      { day, lastDay: plusDays(day, 1), reporter, rows: [esp.passing(ip, much)] },
    ]);
    await world.live(24);
    expect(world.findings()).toMatchObject([{ status: 'open' }]);
  });

  test('neither ends nor keeps back the recovery that the others report', async () => {
    const { world, day } = await broken();
    const claim = { day: plusDays(day, -2), reporter: 'evil.test', rows: [esp.passing(ip, much)] };
    await mail(world, [claim]);
    await world.ordinary(day, 2, () => [esp.passing(ip, 500)]);
    expect(world.types()).toEqual(['dmarc.alert.opened', 'dmarc.alert.resolved']);
    // google.com's own mail of two days; half of the 500 of the window is enough.
    expect(world.messages()[1]?.data).toMatchObject({ recovery: { messages: 1000, failed: 0 } });
  });

  test.each([3, 20, 500])(
    'does not hide a break of %i of as many messages by passes of the same day',
    async (daily) => {
      const world = new World();
      const day = await world.ordinary('2026-08-01', 27, () => [esp.passing(ip, daily)]);
      world.at(`${plusDays(day, 1)}T06:00:00Z`);
      await mail(world, [
        { day, reporter: 'evil.test', rows: [esp.passing(ip, much)] },
        { day, rows: [esp.broken(ip, daily)] },
      ]);
      expect(world.opened()).toMatchObject({ rule: 'known_sender_failing', window: { failed: daily } });
      expect(world.opened().summary).toContain(`(before: 0 of ${(27 * daily).toLocaleString('en-US')})`);
    },
  );

  test('does not hide a break by a long past of passes or of failures', async () => {
    for (const claim of [esp.passing(ip, much), { ...esp.broken(ip, much), verdict: 'fail' as const }]) {
      const world = new World();
      const day = await world.ordinary('2026-08-01', 27, () => [esp.passing(ip, 100)]);
      const past = Array.from({ length: 6 }, (_, i) => plusDays('2026-08-02', i));
      await mail(
        world,
        past.map((each) => ({ day: each, reporter: 'evil.test', rows: [claim] })),
      );
      world.db.exec('DELETE FROM finding_sources; DELETE FROM findings; DELETE FROM outbox');
      world.at(`${plusDays(day, 1)}T06:00:00Z`);
      await mail(world, [{ day, rows: [esp.broken(ip, 100)] }]);
      expect(world.opened()).toMatchObject({ rule: 'known_sender_failing', window: { failed: 100 } });
    }
  });
});

test('a break at one small reporter of a few among many messages waits for the digest', async () => {
  const world = new World();
  const day = await world.ordinary('2026-08-01', 27, () => [esp.passing(ip, 1000)]);
  const small = Array.from({ length: 27 }, (_, i) => plusDays('2026-08-01', i));
  await mail(
    world,
    small.slice(-7).map((each) => ({ day: each, reporter: 'Small', rows: [esp.passing(ip, 20)] })),
  );
  world.at(`${plusDays(day, 1)}T06:00:00Z`);
  await mail(world, [
    { day, rows: [esp.passing(ip, 1000)] },
    { day, reporter: 'Small', rows: [esp.passing(ip, 15), esp.broken(ip, 5)] },
  ]);
  expect(world.messages()).toEqual([]);
  expect(world.findings()).toMatchObject([{ rule: 'new_failing_source' }]);
});

test('addresses that one mail makes known do not take the place of a sender with a long past', async () => {
  const world = new World({ bounds: { known: 20, fresh: 1000 } });
  const day = await world.ordinary('2026-08-01', 27, () => [esp.passing(ip, 1000)]);
  const forged = Array.from({ length: 130 }, (_, i) => `2001:db8:${(i + 1).toString(16)}::1`);
  const passing = forged.map((each) => esp.passing(each, 1_000_000));
  // More event days, and two reporters, where the true sender has 27 days and one.
  const past = Array.from({ length: 30 }, (_, i) => plusDays(day, -1 - i));
  await mail(
    world,
    past.map((each, i) => ({ day: each, reporter: i % 2 === 0 ? 'evil.test' : 'worse.test', rows: passing })),
  );
  world.at(`${plusDays(day, 1)}T06:00:00Z`);
  await mail(world, [
    { day, reporter: 'evil.test', rows: forged.map((each) => spoof(each, 100_000)) },
    { day, rows: [esp.broken(ip, 1000)] },
  ]);
  const known = world.findings().filter((each) => each.rule === 'known_sender_failing');
  expect(known.filter((each) => each.sender === 'mailer.test')).toHaveLength(1);
  const held = world.db
    .prepare('SELECT count(*) FROM finding_sources f JOIN sources s ON s.id = f.source_id WHERE s.ip = ?')
    .pluck();
  expect(held.get(ip)).toBe(1);
});

test('sources that passed on one day only are not known, however much they passed', async () => {
  const world = new World({ bounds: { known: 1, fresh: 0 } });
  const day = await world.ordinary('2026-08-01', 7, () => [esp.passing(ip, 10)]);
  await mail(world, [{ day: plusDays(day, -1), reporter: 'evil.test', rows: [esp.passing('203.0.113.1', much)] }]);
  world.at(`${plusDays(day, 1)}T06:00:00Z`);
  await mail(world, [{ day, rows: [esp.broken(ip, 10), spoof('203.0.113.1', much)] }]);
  expect(world.opened()).toMatchObject({
    rule: 'known_sender_failing',
    source: { ips: expect.arrayContaining([ip]) as string[] },
  });
});

describe('one mail with failing sources for a thousand sub-domains', () => {
  const names = Array.from({ length: 1000 }, (_, i) => `s${i}.example.org`);
  const flood = (day: string): FakeReport[] =>
    names.map((domain, i) => ({
      day,
      domain,
      reporter: 'evil.test',
      rows: [1, 2, 3].map((n) => spoof(`2001:db8:${i.toString(16)}:${n}::1`, 50)),
    }));

  test('that no earlier report named is one digest', async () => {
    const world = new World({ domains: ['example.org'] });
    const own = 'example.org';
    const day = await world.ordinary('2026-08-01', 20, () => [esp.passing(ip, 100)], own);
    world.at(`${plusDays(day, 1)}T06:00:00Z`);
    await mail(world, [...flood(day), { day, domain: own, rows: [esp.broken(ip, 100), spoof('203.0.113.9', 30)] }]);
    // What is said of the domain that earlier reports name is not held up.
    expect(world.digest()).toMatchObject({ kind: 'grouped', counts: { alerts: 2 } });
    await world.later(21).evaluate();
    expect(world.messages()[1]).toMatchObject({ type: 'dmarc.digest.daily', data: { kind: 'new_domain' } });
    expect(world.messages()).toHaveLength(2);
    const told = world.findings().map((each) => (JSON.parse(each.evidence) as { source_count: number }).source_count);
    expect(told.reduce((sum, count) => sum + count, 0)).toBe(3002);
  });

  test('that earlier reports named a day ago is the alert of the known sender and one digest', async () => {
    const world = new World({ domains: ['example.org'] });
    const own = 'example.org';
    const day = await world.ordinary('2026-08-01', 20, () => [esp.passing(ip, 100)], own);
    await mail(
      world,
      names.map((domain) => ({ day: plusDays(day, -1), domain, reporter: 'evil.test', rows: [esp.passing(ip, 1)] })),
    );
    world.at(`${plusDays(day, 1)}T06:00:00Z`);
    await mail(world, [...flood(day), { day, domain: own, rows: [esp.broken(ip, 100)] }]);
    expect(world.opened()).toMatchObject({ rule: 'known_sender_failing', domain: own });
    await world.live(21);
    expect(world.types()).toEqual(['dmarc.alert.opened', 'dmarc.digest.daily']);
    expect(world.digest()).toMatchObject({ kind: 'new_domain' });
    expect(world.longestDelayHours()).toBeLessThan(24);
  });
});

test('a domain is told of at once from its second week on, before that in a summary and then in digests', async () => {
  const world = new World();
  const day = await world.ordinary('2026-08-01', 20, () => [esp.passing(ip, 100)]);
  await world.ordinary(day, 1, () => [spoof('203.0.113.5', 90)], 'example.net');
  expect(world.messages()).toEqual([]);
  expect(world.findings()).toHaveLength(1);
  await world.ordinary(plusDays(day, 1), 5, (on) => [spoof(`2001:db8:${on.slice(-2)}::1`, 90)], 'example.net');
  expect(world.types()).not.toContain('dmarc.alert.opened');
  expect(world.messages().map((each) => 'kind' in each.data && each.data.kind)).toEqual([
    'new_domain',
    'daily',
    'daily',
  ]);
  await world.ordinary(plusDays(day, 6), 1, () => [spoof('2001:db8:200::1', 90)], 'example.net');
  expect(world.types()).toContain('dmarc.alert.opened');
});

describe('the summary of a source that is new to us', () => {
  test('says since when at least it fails, when it failed before its window', async () => {
    const world = new World().at('2026-09-01T06:00:00Z');
    for (let i = 0; i < 30; i++)
      world.report({ day: plusDays('2026-08-02', i), rows: [spoof('203.0.113.5', i < 27 ? 9 : 30)] });
    await world.evaluate();
    // Its newest three days are the window, the 27 before hold 243 failures of 243.
    expect(world.digest().alerts.map((each) => each.summary)).toEqual([
      'mail sent by 203.0.113.5 for example.com: 90 of 90 messages failed DMARC from 2026-08-29 to 2026-08-31 (failing since at least 2026-08-02)',
    ]);
  });

  test('counts what passed before, when nothing failed', async () => {
    const world = new World();
    await world.ordinary('2026-07-20', 1, () => [esp.passing('198.51.100.99', 1)]);
    const day = await world.ordinary('2026-08-01', 1, () => [esp.passing(ip, 9)]);
    await world.ordinary(day, 1, () => [spoof(ip, 30)]);
    expect(world.opened().summary).toMatch(/\(before: 0 of 10\)$/);
  });

  test('says that it was not seen before only when it was not', async () => {
    const world = new World();
    await world.ordinary('2026-07-20', 1, () => [esp.passing('198.51.100.99', 1)]);
    const day = await world.ordinary('2026-08-01', 1, () => [esp.passing(ip, 9)]);
    await world.ordinary(day, 1, () => [spoof('203.0.113.5', 30)]);
    expect(world.opened().summary).toMatch(/\(not seen before\)$/);
  });
});
