import { describe, expect, test } from 'vitest';
import { esp, plusDays, spoof, World } from './world.js';
import type { Row } from './world.js';

const ours = esp.passing('198.51.100.7', 100);
const unaligned = (ip: string, messages: number): Row => ({
  ip,
  messages,
  verdict: 'fail',
  spf: [{ domain: 'bounce.newsletter.test', result: 'pass' }],
  dkim: [{ domain: 'newsletter.test', result: 'pass' }],
});

async function settled(): Promise<{ world: World; day: string }> {
  const world = new World();
  const day = await world.ordinary('2026-08-01', 20, () => [ours]);
  return { world, day };
}

describe('a spoofing wave of many addresses with one message each', () => {
  test('makes no alert, and one digest within a day', async () => {
    const { world, day } = await settled();
    const wave = Array.from({ length: 150 }, (_, i) => spoof(`198.51.100.${i + 20}`)).concat(
      Array.from({ length: 400 }, (_, i) => spoof(`2001:db8:${(i + 1).toString(16)}::1`)),
    );
    world.at(`${plusDays(day, 1)}T06:00:00Z`).report({ day, p: 'reject', rows: [ours, ...wave] });
    await world.evaluate();
    expect(world.messages()).toEqual([]);
    await world.live(40);
    expect(world.types()).toEqual(['dmarc.digest.daily']);
    expect(world.longestDelayHours()).toBeLessThan(24);
    const digest = world.digest();
    expect(digest).toMatchObject({ kind: 'daily', counts: { critical: 0, warning: 0 } });
    expect(digest.alerts.length).toBeGreaterThan(0);
    expect(digest.alerts.length + digest.more).toBe(digest.counts.alerts);
    const told = world.findings().map((each) => (JSON.parse(each.evidence) as { source_count: number }).source_count);
    // A network that is looked at counts all its addresses, the rest those that were not looked at one by one.
    expect(told.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(550);
  });

  test('is not told of again when other reporters see the same addresses', async () => {
    const { world, day } = await settled();
    const wave = Array.from({ length: 30 }, (_, i) => spoof(`2001:db8:${(i + 1).toString(16)}::1`));
    world.at(`${plusDays(day, 1)}T06:00:00Z`).report({ day, rows: [ours, ...wave] });
    await world.evaluate();
    await world.live(21);
    world.report({ day, reporter: 'Yahoo', rows: wave });
    await world.evaluate();
    await world.live(48);
    expect(world.types()).toEqual(['dmarc.digest.daily']);
    expect(world.findings()).toHaveLength(30);
  });
});

describe('a new service that authenticates but does not align', () => {
  test('is told at once from five messages on', async () => {
    const { world, day } = await settled();
    await world.ordinary(day, 1, () => [ours, unaligned('203.0.113.5', 5)]);
    expect(world.opened()).toMatchObject({
      rule: 'new_unaligned_sender',
      severity: 'warning',
      source: { group: 'newsletter.test', class: 'third_party' },
      window: { messages: 5, failed: 5 },
      why: 'DKIM passes for newsletter.test and SPF for bounce.newsletter.test, but neither is aligned with example.com.',
    });
    expect(world.opened().next_steps[0]).toBe(
      'If it is yours, set newsletter.test up to sign with d=example.com (a custom DKIM domain).',
    );
  });

  test('is told when a second reporter sees its three messages', async () => {
    const { world, day } = await settled();
    world.at(`${plusDays(day, 1)}T06:00:00Z`).report({ day, rows: [ours, unaligned('203.0.113.5', 3)] });
    await world.evaluate();
    expect(world.messages()).toEqual([]);
    world.later(3).report({ day, reporter: 'Yahoo', rows: [unaligned('203.0.113.5', 1)] });
    await world.evaluate();
    expect(world.opened()).toMatchObject({ window: { messages: 4, failed: 4 }, reporters: ['google.com', 'Yahoo'] });
  });

  test('of three messages a day is in the digest of the first day, and told once that it has become grave', async () => {
    const { world, day } = await settled();
    for (let i = 0; i < 4; i++) {
      world.at(`${plusDays(day, i + 1)}T06:00:00Z`);
      world.report({ day: plusDays(day, i), rows: [ours, unaligned('203.0.113.5', 3)] });
      await world.evaluate();
      await world.live(23);
    }
    expect(world.types()).toEqual(['dmarc.digest.daily', 'dmarc.alert.updated']);
    expect(world.messages()[1]?.data).toMatchObject({ severity: 'warning', status: 'open' });
    expect(world.longestDelayHours()).toBeLessThan(24);
  });
});

test('twenty failing messages of one sender are told at once while the policy asks for nothing, nineteen are not', async () => {
  const { world, day } = await settled();
  await world.ordinary(day, 1, () => [ours, spoof('203.0.113.5', 19)]);
  expect(world.messages()).toEqual([]);
  await world.ordinary(plusDays(day, 1), 1, () => [ours, spoof('2001:db8::9', 20)]);
  expect(world.opened()).toMatchObject({
    severity: 'warning',
    source: { group: '2001:db8::/64', class: 'unauthenticated' },
  });
});

test('more than three loud new sources of a domain are one message', async () => {
  const { world, day } = await settled();
  const loud = [1, 2, 3, 4].map((n) => spoof(`2001:db8:${n}::1`, 30));
  await world.ordinary(day, 1, () => [ours, ...loud]);
  // 120 messages that nothing authenticates are a wave, and the four are part of it.
  expect(world.types()).toEqual(['dmarc.alert.opened']);
  expect(world.opened()).toMatchObject({
    rule: 'spoofing_spike',
    severity: 'warning',
    source: { class: 'unauthenticated', ip_count: 4 },
  });
  expect(world.opened().summary).toContain('; 4 new source IPs, the most messages from ');
});

test('what receivers put down to forwarding goes to the digest, however much it is', async () => {
  const { world, day } = await settled();
  const list: Row = {
    ...unaligned('203.0.113.5', 50),
    reasons: [{ type: 'local_policy', comment: 'arc=pass as[1].d=list.test' }],
  };
  const forwarded: Row = { ...spoof('203.0.113.200', 50), reasons: [{ type: 'mailing_list' }] };
  world.at(`${plusDays(day, 1)}T06:00:00Z`).report({ day, rows: [ours, list, forwarded] });
  await world.evaluate();
  expect(world.messages()).toEqual([]);
  await world.live(24);
  expect(world.digest().alerts).toMatchObject([{ source: { class: 'forwarder' } }, { source: { class: 'forwarder' } }]);
});

test('a source that falls silent is closed after 14 days of the domain', async () => {
  const { world, day } = await settled();
  await world.ordinary(day, 1, () => [ours, unaligned('203.0.113.5', 9)]);
  await world.ordinary(plusDays(day, 1), 14, () => [ours]);
  expect(world.types()).toEqual(['dmarc.alert.opened', 'dmarc.alert.resolved']);
  expect(world.messages()[1]?.data).toMatchObject({ resolution: 'no_traffic' });
});

test('a source that is put right is closed as recovered', async () => {
  const { world, day } = await settled();
  await world.ordinary(day, 1, () => [ours, unaligned('203.0.113.5', 9)]);
  const fixed: Row = { ip: '203.0.113.5', messages: 50, dkim: [{ domain: 'example.com', result: 'pass' }] };
  // 100 clean messages: upper bound 3.84/103.84 = 3.7 %.
  await world.ordinary(plusDays(day, 1), 2, () => [ours, fixed]);
  expect(world.messages()[1]?.data).toMatchObject({ status: 'resolved', resolution: 'recovered' });
});

test('reports about domains that are not ours open nothing', async () => {
  const world = new World({ domains: ['example.com'] });
  await world.ordinary('2026-08-01', 3, () => [ours]);
  await world.ordinary('2026-08-04', 1, () => [spoof('203.0.113.5', 90)], 'example.net');
  await world.ordinary('2026-08-05', 7, () => [ours], 'news.example.com');
  await world.ordinary('2026-08-12', 1, () => [spoof('203.0.113.6', 90)], 'news.example.com');
  expect(world.opened()).toMatchObject({ domain: 'news.example.com', source: { ips: ['203.0.113.6'] } });
});

test('without a channel findings are kept and count as told', async () => {
  const world = new World({ channels: [] });
  await world.ordinary('2026-08-01', 20, () => [ours]);
  await world.ordinary('2026-08-21', 1, () => [ours, unaligned('203.0.113.5', 9)]);
  expect(world.messages()).toEqual([]);
  expect(world.findings()).toMatchObject([{ status: 'open', told_by: 'none' }]);
});
