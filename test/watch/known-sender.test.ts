import { describe, expect, test } from 'vitest';
import { esp, plusDays, spoof, World } from './world.js';
import type { Row } from './world.js';

const ip = '198.51.100.7';

describe('a known sender whose DKIM key is rotated wrongly', () => {
  test('is told once, in the evaluation that follows the report', async () => {
    const world = new World();
    const day = await world.ordinary('2026-08-01', 30, () => [esp.passing(ip, 100)]);
    expect(world.messages()).toEqual([]);
    world.at(`${plusDays(day, 1)}T06:00:00Z`).report({ day, rows: [esp.broken(ip, 100)] });
    const result = await world.evaluate();
    expect(result).toMatchObject({ opened: 1, resolved: 0, messages: ['dmarc.alert.opened'] });
    expect(result.queued).toMatchObject([{ rule: 'known_sender_failing', severity: 'critical', delaySeconds: 0 }]);
    await world.live(48);
    expect(world.types()).toEqual(['dmarc.alert.opened']);
    expect(world.opened()).toMatchObject({
      rule: 'known_sender_failing',
      severity: 'critical',
      status: 'open',
      domain: 'example.com',
      source: { group: 'mailer.test', class: 'known', ips: [ip], ip_count: 1 },
      window: { from: '2026-08-31', to: '2026-08-31', messages: 100, failed: 100 },
      baseline: { days: 28, messages: 2800, failed: 0 },
      disposition: { none: 0, quarantine: 0, reject: 100, pass: 0, other: 0 },
      reporters: ['google.com'],
      first_report_arrived_at: '2026-09-01T06:00:00Z',
      sources: [{ ip, messages: 100, failed: 100, first_failed: '2026-08-31', known: true }],
      summary:
        'mail sent by mailer.test (198.51.100.7) for example.com: 100 of 100 messages failed DMARC on 2026-08-31 (before: 0 of 2,800)',
      why: 'The DKIM signature s1._domainkey.example.com is there but does not verify.',
    });
    expect(world.opened().p_value).toBeLessThan(5e-4);
    expect(world.opened().auth.after.dkim).toContainEqual({
      domain: 'example.com',
      selector: 's1',
      result: 'fail',
      messages: 100,
    });
  });

  test('stays one finding while it fails on, and is resolved once when it is mended', async () => {
    const world = new World();
    const broken = await world.ordinary('2026-08-01', 30, () => [esp.passing(ip, 100)]);
    const mended = await world.ordinary(broken, 5, () => [esp.broken(ip, 100)]);
    expect(world.types()).toEqual(['dmarc.alert.opened']);
    // 2 days and 200 clean messages: Wilson's upper bound is 3.84/203.84 = 1.9 %, under 0 % + 5 points.
    await world.ordinary(mended, 2, () => [esp.passing(ip, 100)]);
    expect(world.types()).toEqual(['dmarc.alert.opened', 'dmarc.alert.resolved']);
    expect(world.messages()[1]?.data).toMatchObject({
      alert_id: world.opened().alert_id,
      status: 'resolved',
      resolution: 'recovered',
      window: { from: '2026-08-31', to: '2026-08-31' },
      recovery: { from: '2026-09-05', to: '2026-09-06', messages: 200, failed: 0 },
    });
    await world.ordinary(plusDays(mended, 2), 5, () => [esp.passing(ip, 100)]);
    expect(world.messages()).toHaveLength(2);
  });

  test('that breaks again within a day of being resolved is the same alert, without a second opened message', async () => {
    const world = new World();
    const broken = await world.ordinary('2026-08-01', 30, () => [esp.passing(ip, 100)]);
    const mended = await world.ordinary(broken, 1, () => [esp.broken(ip, 100)]);
    const again = await world.ordinary(mended, 2, () => [esp.passing(ip, 100)]);
    expect(world.types()).toEqual(['dmarc.alert.opened', 'dmarc.alert.resolved']);
    world.later(20).report({ day: again, rows: [esp.broken(ip, 100)] });
    expect(await world.evaluate()).toMatchObject({ opened: 0, messages: [] });
    expect(world.findings()).toMatchObject([{ status: 'open', resolution: null }]);
    await world.live(24);
    expect(world.types()).toEqual(['dmarc.alert.opened', 'dmarc.alert.resolved', 'dmarc.digest.daily']);
    expect(world.digest().alerts).toMatchObject([
      { alert_id: world.opened().alert_id, flapping: true, status: 'open' },
    ]);
    expect(world.longestDelayHours()).toBeLessThan(24);
  });

  test('that breaks again later is a new alert', async () => {
    const world = new World();
    const broken = await world.ordinary('2026-08-01', 30, () => [esp.passing(ip, 100)]);
    const mended = await world.ordinary(broken, 1, () => [esp.broken(ip, 100)]);
    const again = await world.ordinary(mended, 6, () => [esp.passing(ip, 100)]);
    await world.ordinary(again, 1, () => [esp.broken(ip, 100)]);
    expect(world.types()).toEqual(['dmarc.alert.opened', 'dmarc.alert.resolved', 'dmarc.alert.opened']);
  });

  test('is not opened again by a slow reporter that tells of the same days after the recovery', async () => {
    const world = new World();
    const broken = await world.ordinary('2026-08-01', 30, () => [esp.passing(ip, 100)]);
    const mended = await world.ordinary(broken, 1, () => [esp.broken(ip, 100)]);
    await world.ordinary(mended, 4, () => [esp.passing(ip, 100)]);
    world.later(30).report({ day: broken, reporter: 'Slow', rows: [esp.broken(ip, 50)] });
    expect(await world.evaluate()).toMatchObject({ opened: 0, messages: [] });
    expect(world.types()).toEqual(['dmarc.alert.opened', 'dmarc.alert.resolved']);
  });

  test('that falls silent for 14 days of the domain is closed as such', async () => {
    const world = new World();
    const other = { ip: '203.0.113.9', messages: 20, verdict: 'pass_spf' } as const;
    const broken = await world.ordinary('2026-08-01', 30, () => [esp.passing(ip, 100), other]);
    const silent = await world.ordinary(broken, 1, () => [esp.broken(ip, 100), other]);
    await world.ordinary(silent, 13, () => [other]);
    expect(world.types()).toEqual(['dmarc.alert.opened']);
    await world.ordinary(plusDays(silent, 13), 1, () => [other]);
    expect(world.messages()[1]?.data).toMatchObject({ status: 'resolved', resolution: 'no_traffic' });
    expect(world.messages()).toHaveLength(2);
  });
});

test('an ESP that breaks on many addresses is one alert', async () => {
  const world = new World();
  const ips = ['198.51.100.1', '198.51.100.200', '203.0.113.5', '2001:db8:5::1', '2001:db8:6::1'];
  const day = await world.ordinary('2026-08-01', 30, () => ips.map((each) => esp.passing(each, 30)));
  await world.ordinary(day, 2, () => ips.map((each) => esp.broken(each, 30)));
  expect(world.types()).toEqual(['dmarc.alert.opened']);
  expect(world.opened()).toMatchObject({
    source: { group: 'mailer.test', ip_count: 5 },
    window: { messages: 150, failed: 150 },
    baseline: { messages: 4200, failed: 0 },
  });
});

test('another address of the same sender that breaks a day later joins the alert', async () => {
  const world = new World();
  const ips = ['198.51.100.1', '203.0.113.5'] as const;
  const day = await world.ordinary('2026-08-01', 30, () => ips.map((each) => esp.passing(each, 30)));
  await world.ordinary(day, 1, () => [esp.broken(ips[0], 30), esp.passing(ips[1], 30)]);
  await world.ordinary(plusDays(day, 1), 1, () => ips.map((each) => esp.broken(each, 30)));
  expect(world.types()).toEqual(['dmarc.alert.opened']);
  expect(world.findings()).toHaveLength(1);
  const held = world.db.prepare('SELECT count(*) FROM finding_sources').pluck().get();
  expect(held).toBe(2);
});

test('a domain of three mails a day is told on the first day that all of them fail', async () => {
  const world = new World();
  const day = await world.ordinary('2026-08-01', 30, () => [esp.passing(ip, 3)]);
  await world.ordinary(day, 1, () => [esp.broken(ip, 3)]);
  expect(world.opened()).toMatchObject({ window: { messages: 3, failed: 3 }, baseline: { messages: 84, failed: 0 } });
});

test('a single failure of a sender of one mail a day waits for the digest, and the alert follows when it is sure', async () => {
  const world = new World();
  const day = await world.ordinary('2026-08-01', 30, () => [esp.passing(ip, 1)]);
  world.at(`${plusDays(day, 1)}T06:00:00Z`).report({ day, rows: [esp.broken(ip, 1)] });
  await world.evaluate();
  expect(world.messages()).toEqual([]);
  await world.live(23);
  expect(world.digest().alerts).toMatchObject([{ rule: 'new_failing_source', source: { class: 'known' } }]);
  expect(world.longestDelayHours()).toBeLessThan(24);
  // a = 0.5, b = 28.5: P(1 of 1) = 0.5/29 is not enough, P(2 of 2) = 0.75/870 = 8.6e-4 of two days is.
  await world.ordinary(plusDays(day, 1), 1, () => [esp.broken(ip, 1)]);
  expect(world.types()).toEqual(['dmarc.digest.daily', 'dmarc.alert.opened']);
  expect(world.opened()).toMatchObject({ window: { messages: 2, failed: 2 } });
  expect(world.findings()).toMatchObject([{ resolution: 'superseded' }, { status: 'open' }]);
});

test('one of four servers that stops signing is found by the slow rule at the latest', async () => {
  const world = new World();
  const day = await world.ordinary('2026-08-01', 30, () => [esp.passing(ip, 40)]);
  const partly: readonly Row[] = [esp.passing(ip, 30), esp.broken(ip, 10)];
  await world.ordinary(day, 5, () => partly);
  expect(world.types()).toEqual(['dmarc.alert.opened']);
});

test('a sender that fails a little, day after day, is one line of a digest and no alert', async () => {
  const world = new World();
  const day = await world.ordinary('2026-08-01', 10, () => [esp.passing(ip, 100)]);
  await world.ordinary(day, 60, () => [esp.passing(ip, 97), esp.broken(ip, 3)]);
  // 3 % is within five points of the past: it ends as soon as that is sure.
  expect(world.types()).toEqual(['dmarc.digest.daily', 'dmarc.digest.daily']);
  expect(world.messages().map((each) => 'counts' in each.data && each.data.counts)).toMatchObject([
    { alerts: 1, info: 1, resolved: 0 },
    { alerts: 1, resolved: 1 },
  ]);
});

test('a failure that was never told of is told within a day whatever the sender sends', async () => {
  for (const messages of [1, 2, 5, 20, 500]) {
    const world = new World();
    const day = await world.ordinary('2026-08-01', 30, () => [esp.passing(ip, messages)]);
    world.at(`${plusDays(day, 1)}T06:00:00Z`).report({ day, rows: [esp.broken(ip, messages)] });
    await world.evaluate();
    await world.live(24);
    expect(world.messages(), `${messages} a day`).toHaveLength(1);
    expect(world.longestDelayHours()).toBeLessThan(24);
  }
});

test('reports that failed authentication open nothing and do not hide what others report', async () => {
  const world = new World();
  const day = await world.ordinary('2026-08-01', 30, () => [esp.passing(ip, 100)]);
  world.at(`${plusDays(day, 1)}T06:00:00Z`);
  world.report({ day, authenticity: 'failed', rows: [esp.broken(ip, 500), spoof('203.0.113.66', 50)] });
  await world.evaluate();
  await world.live(48);
  expect(world.findings()).toEqual([]);
  expect(world.messages()).toEqual([]);
  world.report({ day: plusDays(day, 2), rows: [esp.broken(ip, 100)] });
  await world.evaluate();
  // Of the 28 days before, the last two have no report that counts.
  expect(world.opened()).toMatchObject({ baseline: { messages: 2600, failed: 0 }, window: { messages: 100 } });
});

test('evaluating again without news changes nothing', async () => {
  const world = new World();
  const day = await world.ordinary('2026-08-01', 30, () => [esp.passing(ip, 100)]);
  await world.ordinary(day, 1, () => [esp.broken(ip, 100)]);
  const before = [world.findings(), world.messages()];
  for (let i = 0; i < 3; i++)
    expect(await world.evaluate()).toMatchObject({ opened: 0, resolved: 0, reports: 0, messages: [] });
  expect([world.findings(), world.messages()]).toEqual(before);
});
