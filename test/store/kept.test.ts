import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { limits } from '../../src/config/limits.js';
import type { Reading, ReportHeader, ReportRecord } from '../../src/model/report.js';
import { openDomainReports } from '../../src/store/watching/domain-reports.js';
import { openDomainSums } from '../../src/store/watching/domain-sums.js';
import { openEvidenceRows } from '../../src/store/watching/evidence.js';
import { openFailingReporters } from '../../src/store/watching/failing-reporters.js';
import { Kept } from '../../src/store/watching/kept.js';
import { newsOfSources } from '../../src/store/watching/news-of-sources.js';
import { openSenderSums } from '../../src/store/watching/sender-sums.js';
import { openSourceDays } from '../../src/store/watching/source-days.js';
import { decideIn, openSenders, StoreWriter } from '../../src/store/store.js';
import type { Connection } from '../../src/store/database.js';
import { aHeader, aReading, aRecord, day } from '../support/readings.js';
import { file, now, storeBench } from '../support/store-bench.js';

const bench = storeBench();
const { keep } = bench;

describe('what is kept', () => {
  it.each([
    'keptDays',
    'keptSums',
    'keptFindings',
    'keptSets',
    'keptReports',
    'keptEvidence',
    'keptReporters',
  ] as const)('reaches %s, and past it gives way, what was asked for longest ago first', (limit) => {
    const kept = new Kept(() => '', limits[limit]).refresh(1);
    kept.set('one', { rows: Array<number>(limits[limit] - 2).fill(0) });
    kept.set('two', { rows: [0] });
    kept.set('three', { rows: [] });
    expect(kept.rows).toBe(limits[limit]);
    expect(kept.refresh(2).get('two')).not.toBeNull();
    kept.set('four', { rows: [0] });
    expect(['one', 'two', 'three', 'four'].map((key) => kept.get(key) !== null)).toEqual([false, true, true, true]);
    expect(kept.rows).toBe(3);
  });

  it('stays for a round, and what finds no room in it is not kept', () => {
    const kept = new Kept(() => '', 2).refresh(1);
    for (const key of ['one', 'two', 'three']) kept.set(key, { rows: [1] });
    expect(['one', 'two', 'three'].map((key) => kept.get(key) !== null)).toEqual([true, true, false]);
    kept.refresh(2).set('three', { rows: [1] });
    expect(['one', 'two', 'three'].map((key) => kept.get(key) !== null)).toEqual([false, true, true]);
  });

  it('alone takes no more than the bound either', () => {
    const kept = new Kept(() => '', 3);
    expect(kept.set('all', { rows: [1, 2, 3, 4] }).rows).toEqual([1, 2, 3, 4]);
    expect([kept.rows, kept.get('all')]).toEqual([0, null]);
    kept.set('key', { rows: [1], besides: 2 });
    expect([kept.rows, kept.get('key')?.rows]).toEqual([3, [1]]);
  });

  it('is gone in another epoch', () => {
    let epoch = 'first';
    const kept = new Kept(() => epoch, 10);
    kept.refresh(1).set('key', { rows: [1] });
    expect(kept.refresh(1).get('key')?.rows).toEqual([1]);
    epoch = 'second';
    expect([kept.refresh(1).get('key'), kept.rows]).toEqual([null, 0]);
  });
});

/** Everything that is read through what is kept; `bound` in rows. */
function readers(db: Connection, bound?: number) {
  const days = openSourceDays(db, bound);
  const reports = openDomainReports(db, bound);
  const sums = openDomainSums(db, bound);
  const evidence = openEvidenceRows(db, bound);
  const reporters = openFailingReporters(db, bound);
  const senders = openSenderSums(db, bound);
  const [from, to] = [day(8, 30), day(9, 3)];
  return () => ({
    days: days({ domainId: 1, sourceIds: [1, 2, 3], from, to }),
    reports: reports(1, from),
    sums: sums(1, from),
    senders: [senders(1, [1, 2], from), senders(1, [2, 3], from), senders(1, [1, 2, 3], day(9, 1))],
    evidence: [1, 2, 3].map((source) => evidence(1, source)),
    reporters: [...reporters({ domainId: 1, sourceIds: [1, 2, 3], from, to }, now)].sort(),
  });
}

const fails = { dkim: 'fail', spf: 'fail', sourceIp: '198.51.100.9', count: 4 } as const;

function report(records: readonly ReportRecord[], over: Partial<ReportHeader> = {}, reading: Partial<Reading> = {}) {
  return file(records, aReading(records, aHeader(over), reading));
}

describe('what the watch kept of earlier reads', () => {
  it.each([
    ['of any size', undefined],
    ['of two rows', 2],
    ['of none', 0],
  ])('in room %s, says what the store says, whatever came since', async (_, bound) => {
    const { db } = bench.store;
    const kept = readers(db, bound);
    const agrees = () => expect(kept()).toEqual(readers(db)());
    agrees();
    await keep(report([aRecord(), aRecord(fails)]));
    agrees();
    // The same source IPs on an earlier day, over several days, by another reporter, and of another domain.
    await keep(report([aRecord()], { reportId: '2', begin: day(8, 31), end: day(9, 1) - 1 }));
    agrees();
    await keep(report([aRecord({ count: 7 })], { reportId: '3', begin: day(8, 29), end: day(9, 2) - 1 }));
    agrees();
    await keep(report([aRecord(fails)], { reportId: '4', orgName: 'yahoo.example' }));
    agrees();
    await keep(
      report([aRecord()], { reportId: '5', policy: { ...aHeader().policy, domain: 'example.net', p: 'reject' } }),
    );
    agrees();
    // 10 messages of the first report, and the last share of 7 over four days: 1, 2, 2, 2.
    const passed = kept().days.filter((each) => each.day === day(9, 1) && each.sourceId === 1);
    expect(passed.map((each) => each.both)).toEqual([12]);
    expect(kept().reporters).toHaveLength(2);
  });

  it('holds no more when a part gives way to the whole', async () => {
    const kept = readers(bench.store.db);
    await keep(report([aRecord(fails)], {}, { outcome: 'partial' }));
    expect(kept().days).toHaveLength(1);
    await keep(report([aRecord(), aRecord({ sourceIp: '198.51.100.8' })]));
    expect(kept()).toEqual(readers(bench.store.db)());
    expect(kept()).toMatchObject({ reporters: [], sums: { passing: 20, reporters: 1 } });
  });

  it('holds no more when a mail is read again, also under the same store id', async () => {
    const kept = readers(bench.store.db);
    await keep(report([aRecord(fails)]));
    expect(kept().reporters).toHaveLength(1);
    const records = [aRecord({ count: 6 })];
    const line = { id: 1, source: 'rua', outcome: 'report', processedAt: now } as const;
    const read = aReading(records, aHeader(), { file: 'read again' });
    await bench.store.batch(() =>
      bench.store.reread(line, false, (entry) => {
        const writer = entry.report('report.xml');
        for (const each of records) writer.record(each);
        const { outcome, reason, id } = writer.finish(read, { authenticity: 'unverified', proof: null });
        return Promise.resolve({
          mail: null,
          problems: [],
          outcome: { outcome, reason, reportIds: id === null ? [] : [id] },
        });
      }),
    );
    expect(bench.one('SELECT max(id) FROM reports')).toBe(1);
    expect(kept()).toEqual(readers(bench.store.db)());
    expect(kept()).toMatchObject({ reporters: [], sums: { passing: 6, reporters: 1 } });
  });

  it('knows nothing of a batch that was taken back', async () => {
    const kept = readers(bench.store.db);
    await keep(report([aRecord()]));
    expect(kept().sums).toEqual({ passing: 10, reporters: 1 });
    await expect(bench.store.batch(() => Promise.reject(new Error('the disk is full')))).rejects.toThrow('disk');
    await keep(report([aRecord({ count: 3 })], { reportId: '2' }));
    expect(kept()).toEqual(readers(bench.store.db)());
    expect(kept().sums).toEqual({ passing: 13, reporters: 1 });
  });

  it('holds no more when another connection changes the store', async () => {
    const kept = readers(bench.store.db);
    await keep(report([aRecord()]));
    expect(kept().days).toHaveLength(1);
    const other = new StoreWriter(join(bench.folder, 'test.db'), { ours: ['example.net'] });
    await other.close();
    expect(kept().days).toEqual([]);
  });

  it('does not hide what the operator says of a sender meanwhile', async () => {
    const senders = openSenders(bench.store.db);
    await keep(report([aRecord()]));
    const source = { domainId: 1, domain: 'example.org', sourceId: 1 };
    const sender = { ...source, sender: 'mailer.example', step: 'dkim', evidence: '', bounces: 0 } as const;
    await senders.keepSources([sender], now);
    await senders.keepSenders(
      [
        {
          domainId: 1,
          sender: { name: 'mailer.example', title: '', step: 'dkim', evidence: '', known: null, decision: null },
          kind: null,
          classified: { class: 'unknown', step: 8, evidence: '' },
        },
      ],
      now,
    );
    expect((await senders.evidence(source, now)).stored?.decided).toBe(false);
    const change = { domain: 'example.org', sender: 'mailer.example', decision: 'known', until: null } as const;
    expect(decideIn(join(bench.folder, 'test.db'), { ...change, title: null, by: 'ops' }, now)).toBe(true);
    expect((await senders.evidence(source, now)).stored?.decided).toBe(true);
    expect(await senders.redecided(now, 10)).toEqual([{ domainId: 1, sender: 'mailer.example' }]);
  });
});

describe('what new reports say of source IPs', () => {
  const ask = (bound: number) => {
    const newsOf = newsOfSources(bench.store.db, bound);
    const newest = () => Number(bench.one('SELECT coalesce(max(id), 0) FROM reports'));
    return (source: number, after: number) => newsOf(newest())(1, source, after);
  };

  it('is what those after a store id say, and nothing where they say nothing', async () => {
    const news = ask(10);
    expect(news(1, 0)).toEqual([]);
    await keep(report([aRecord(), aRecord({ count: 2 })]));
    await keep(report([aRecord({ count: 5 })], { reportId: '2' }));
    expect(news(1, 0)?.map((each) => [each.report, each.both])).toEqual([[1, 12], [2, 5]]); // prettier-ignore
    expect(news(1, 1)?.map((each) => each.both)).toEqual([5]);
    expect([news(1, 2), news(2, 0)]).toEqual([[], []]);
  });

  it('is not known of reports over several days, and of those before the first look', async () => {
    await keep(report([aRecord()]));
    const news = ask(10);
    expect([news(1, 0), news(1, 1)]).toEqual([null, []]);
    await keep(report([aRecord()], { reportId: '2', begin: day(8, 29), end: day(9, 2) - 1 }));
    expect([news(1, 1), news(1, 2)]).toEqual([null, []]);
  });

  it('is kept up to the bound, and past it begins anew', async () => {
    const news = ask(2);
    expect(news(1, 0)).toEqual([]);
    await keep(report([aRecord(), aRecord(fails)]));
    expect(news(1, 0)).toHaveLength(1);
    await keep(report([aRecord()], { reportId: '2' }));
    expect([news(1, 0), news(1, 1), news(1, 2)]).toEqual([null, null, []]);
  });
});

describe('the rows that name a source IP', () => {
  it.each([
    [4_998, 1],
    [4_999, 1],
    [5_000, 0],
  ])('are in sight behind %i newer ones for another domain: %i', async (newer, inSight) => {
    const { db } = bench.store;
    await keep(report([aRecord()]));
    const kept = openEvidenceRows(db);
    expect(kept(1, 1)).toHaveLength(1);
    await keep(report([aRecord()], { reportId: '2', policy: { ...aHeader().policy, domain: 'example.net' } }));
    db.prepare(
      `WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO records (report, source_id, messages, disposition, verdict, header_from, auth_set_id, trait)
       SELECT report, source_id, messages, disposition, verdict, header_from, auth_set_id, trait FROM n, records WHERE report = 2`,
    ).run(newer);
    expect(kept(1, 1)).toHaveLength(inSight);
    expect(openEvidenceRows(db)(1, 1)).toHaveLength(inSight);
  });
});
