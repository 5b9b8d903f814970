import { afterEach, describe, expect, it } from 'vitest';
import { daySeconds } from '../../src/base/clock.js';
import { limits } from '../../src/config/limits.js';
import type { Evidence } from '../../src/model/finding.js';
import { openHistory } from '../../src/store/watching/history.js';
import { openSenders } from '../../src/store/watching/senders.js';
import { dayOf, plusDays, spoof, World } from './world.js';

let world = new World();
afterEach(() => {
  world.db.close();
  world = new World();
});

function ids(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}

/** A report of one day in which so many source IPs fail. */
function flood(sources: number): { from: number; to: number; domainId: number; sourceIds: number[] } {
  const day = '2026-09-01';
  world.at('2026-09-02T06:00:00Z').report({ day, rows: ids(sources).map((i) => spoof(`2001:db8::${i.toString(16)}`)) });
  return { domainId: 1, sourceIds: ids(sources), from: dayOf(day), to: dayOf(day) };
}

describe('of the groups of alike messages', () => {
  it('as many are read as the bound says', async () => {
    expect(await openHistory(world.db).groups(flood(limits.recordGroups), false)).toHaveLength(limits.recordGroups);
  });

  it('one past the bound is left out', async () => {
    expect(await openHistory(world.db).groups(flood(limits.recordGroups + 1), false)).toHaveLength(limits.recordGroups);
  });
});

describe('of the source IPs of a report', () => {
  const span = { after: 0, through: 1 };

  it.each([limits.senderLookups, limits.senderLookupsOfBacklog])(
    '%i are looked up, and one more is not',
    async (most) => {
      flood(most + 1);
      const senders = openSenders(world.db);
      expect(await senders.due(span, 1, most)).toHaveLength(most);
      expect(await senders.due(span, 1, most + 1)).toHaveLength(most + 1);
    },
  );

  it('so many are judged together as one sender, and one more is not', async () => {
    const { sourceIds } = flood(limits.senderSources + 1);
    const senders = openSenders(world.db);
    const named = { domainId: 1, sender: 'one', step: 'network', evidence: '', bounces: 0 } as const;
    await senders.keepSources(sourceIds.slice(1).map((sourceId) => ({ ...named, sourceId })), 1); // prettier-ignore
    expect(await senders.sourcesOf(1, 'one', limits.senderSources)).toHaveLength(limits.senderSources);
    await senders.keepSources([{ ...named, sourceId: 1 }], 2);
    const judged = await senders.sourcesOf(1, 'one', limits.senderSources);
    expect(judged).toHaveLength(limits.senderSources);
    // The last seen come first.
    expect(judged[0]?.sourceId).toBe(1);
  });
});

describe('a finding that was told', () => {
  const evidence = () => JSON.parse(world.findings()[0]?.evidence ?? '{}') as Evidence;

  async function failing(messages: number, days: number): Promise<void> {
    const day = plusDays('2026-09-01', days);
    world.at(`${plusDays(day, 1)}T06:00:00Z`).report({ day, rows: [spoof('203.0.113.9', messages)] });
    await world.evaluate();
  }

  /** 40 fail on the first day: with no policy that is told at once, on the word of a domain that was seen before. */
  async function told(): Promise<void> {
    await world.ordinary('2026-08-25', 7, () => [{ ip: '198.51.100.1', messages: 5 }]);
    await failing(40, 0);
    expect(world.findings()[0]?.told_by).not.toBeNull();
  }

  it('counts on with every day, and reads its lists again when more than a tenth more has failed', async () => {
    await told();
    await failing(4, 1);
    expect(evidence().latest).toMatchObject({ to: '2026-09-02', messages: 44, failed: 44 });
    expect(world.findings()[0]?.summary).toContain('; until 2026-09-02 44 of 44');
    expect(evidence().disposition.reject).toBe(40);
    await failing(1, 2);
    expect(evidence().latest).toMatchObject({ to: '2026-09-03', messages: 45, failed: 45 });
    expect(evidence().disposition.reject).toBe(45);
  });

  it('says all that is known in the end', async () => {
    await told();
    await failing(4, 1);
    for (const days of [2, 3, 4]) {
      const day = plusDays('2026-09-01', days);
      world.at(`${plusDays(day, 1)}T06:00:00Z`).report({ day, rows: [{ ip: '203.0.113.9', messages: 100 }] });
      await world.evaluate();
      if (world.findings()[0]?.status === 'resolved') break;
    }
    expect(world.findings()[0]?.resolution).toBe('recovered');
    expect(evidence().disposition.reject).toBe(44);
  });
});

it('records of a report over days before the scope are found, and so are those of one that ends after it', async () => {
  const lastDay = '2026-09-03';
  world.at('2026-09-04').report({ day: '2026-09-01', lastDay, rows: [spoof('203.0.113.9', 3)] });
  const day = dayOf('2026-09-02');
  const scope = { domainId: 1, sourceIds: [1], from: day, to: day };
  expect(await openHistory(world.db).groups(scope, false)).toMatchObject([{ messages: 3 }]);
  const after = { ...scope, from: day + 2 * daySeconds, to: day + 2 * daySeconds };
  expect(await openHistory(world.db).groups(after, false)).toEqual([]);
});
