import { describe, expect, test } from 'vitest';
import { esp, plusDays, spoof, webhookRoute, World } from './world.js';
import type { Row } from './world.js';

const ours = esp.passing('198.51.100.7', 100);

/** Addresses of networks of their own, from the `first` on. */
function wave(first: number, count: number): Row[] {
  return Array.from({ length: count }, (_, i) => spoof(`2001:db8:${(first + i).toString(16)}::1`));
}

async function settled(channels = [webhookRoute]) {
  const world = new World({ channels });
  const day = await world.ordinary('2026-08-01', 20, () => [ours]);
  return { world, day };
}

describe('forged mail of an open wave', () => {
  test('is one line, whatever came before the wave was seen, and counts every source IP', async () => {
    const { world, day } = await settled();
    // Ten messages are no wave yet.
    world.at(`${plusDays(day, 1)}T06:00:00Z`).report({ day, p: 'reject', rows: [ours, ...wave(1, 10)] });
    await world.evaluate();
    expect(world.findings()).toHaveLength(10);
    world.at(`${plusDays(day, 1)}T08:00:00Z`).report({
      day,
      p: 'reject',
      rows: [spoof('203.0.113.9', 7), ...wave(11, 60)],
    });
    await world.evaluate();
    await world.live(24);
    expect(world.types()).toEqual(['dmarc.digest.daily']);
    // 10 + 1 + 60.
    expect(world.digest().alerts).toMatchObject([
      { rule: 'spoofing_spike', severity: 'info', source: { class: 'unauthenticated', ip_count: 71 } },
    ]);
    expect(world.digest().alerts[0]?.summary).toContain(
      '; 71 new source IPs, the most messages from 203.0.113.0/24 (7), ',
    );
    expect(world.longestDelayHours()).toBeLessThan(24);
    expect(world.findings().filter(({ status }) => status === 'open')).toHaveLength(1);
  });

  test('is told to a channel that asks for new failing sources alone', async () => {
    const { world, day } = await settled([{ ...webhookRoute, rules: ['new_failing_source'] }]);
    world.at(`${plusDays(day, 1)}T06:00:00Z`).report({ day, p: 'reject', rows: [ours, ...wave(1, 60)] });
    await world.evaluate();
    await world.live(24);
    expect(world.digest().alerts).toMatchObject([{ rule: 'spoofing_spike', source: { ip_count: 60 } }]);
  });

  test('that comes after the wave was told is counted in one line of the next digest', async () => {
    const { world, day } = await settled();
    world.at(`${plusDays(day, 1)}T06:00:00Z`).report({ day, p: 'reject', rows: [ours, ...wave(1, 60)] });
    await world.evaluate();
    await world.live(24);
    expect(world.types()).toEqual(['dmarc.digest.daily']);
    const next = plusDays(day, 1);
    world.at(`${plusDays(next, 1)}T06:30:00Z`).report({ day: next, p: 'reject', rows: [ours, ...wave(61, 80)] });
    await world.evaluate();
    await world.live(24);
    const digests = world.messages().map(({ data }) => data);
    expect(digests).toHaveLength(2);
    expect(digests[1]).toMatchObject({
      alerts: [{ rule: 'new_failing_source', source: { group: 'other networks', ip_count: 80 } }],
    });
    expect(digests[1]).toMatchObject({ alerts: [{ source: { ips: { length: 3 } } }] });
    expect(world.longestDelayHours()).toBeLessThan(24);
  });

  test('does not hide a service that is not aligned', async () => {
    const { world, day } = await settled();
    const service: Row = {
      ip: '203.0.113.70',
      messages: 9,
      verdict: 'fail',
      dkim: [{ domain: 'other.example', result: 'pass' }],
    };
    world.at(`${plusDays(day, 1)}T06:00:00Z`).report({ day, p: 'reject', rows: [ours, service, ...wave(1, 60)] });
    await world.evaluate();
    expect(world.opened()).toMatchObject({ rule: 'new_unaligned_sender', source: { group: 'other.example' } });
  });
});
