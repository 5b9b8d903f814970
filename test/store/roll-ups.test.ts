import fc from 'fast-check';
import { join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { openWriter } from '../../src/store/database.js';
import type { Connection } from '../../src/store/database.js';
import { openSenders } from '../../src/store/watching/senders.js';
import { StoreWriter } from '../../src/store/store.js';
import { aHeader, aReading, aRecord, day } from '../support/readings.js';
import { file, keepAgain, storeBench } from '../support/store-bench.js';
import type { GivenFile } from '../support/store-bench.js';

const bench = storeBench();

interface Booked {
  readonly domain_id: number;
  readonly reporter_id: number;
  readonly first_day: number;
  readonly last_day: number;
  readonly source_id: number;
  readonly verdict: string;
  readonly disposition: string | null;
  readonly auth_set_id: number;
  readonly messages: number;
  readonly class: string;
}

interface Received {
  readonly reporter_id: number;
  readonly first_day: number;
  readonly last_day: number;
  readonly arrived_at: number;
  readonly delay: number;
}

/** How late each report of our domains came: after the end of its period, which lies in its last day or two days later at most. */
function received(db: Connection): readonly Received[] {
  return db
    .prepare<[], Received>(
      `SELECT r.reporter_id, r.first_day, r.last_day, r.arrived_at,
              max(0, r.arrived_at - min(max(r.end_at, r.last_day), r.last_day + 172800)) AS delay
       FROM reports r JOIN domains d ON d.id = r.domain_id WHERE NOT d.is_foreign`,
    )
    .all();
}

const words = ['none', 'quarantine', 'reject', 'pass'];

/** Every share of every record of our domains: the columns of its key by table, and what it adds to that row. */
function shares(db: Connection) {
  const rows = db
    .prepare<[], Booked>(
      `SELECT r.domain_id, r.reporter_id, r.first_day, r.last_day, c.source_id, c.verdict, c.disposition, c.auth_set_id, c.messages,
              coalesce(s.class, 'unknown') AS class
       FROM records c JOIN reports r ON r.id = c.report JOIN domains d ON d.id = r.domain_id
       LEFT JOIN source_senders o ON o.domain_id = r.domain_id AND o.source_id = c.source_id
       LEFT JOIN senders s ON s.domain_id = o.domain_id AND s.sender = o.sender WHERE NOT d.is_foreign`,
    )
    .all();
  return rows.flatMap((row) => {
    const days = (row.last_day - row.first_day) / 86_400 + 1;
    return Array.from({ length: days }, (_, i) => {
      const upTo = (n: number) => Math.floor((row.messages * n) / days);
      const messages = upTo(i + 1) - upTo(i);
      const word = words.includes(row.disposition ?? '') ? row.disposition : 'other';
      const end = { verdict: row.verdict, word, messages, estimated: days > 1 ? messages : 0 };
      return { ...row, ...end, day: row.first_day + i * 86_400 };
    });
  });
}

type Share = ReturnType<typeof shares>[number];
type Values = readonly (string | number | null)[];

function summed<T>(of: readonly T[], key: (each: T) => Values, value: (each: T) => readonly number[]) {
  const sums = new Map<string, number[]>();
  for (const each of of) {
    const name = JSON.stringify(key(each));
    const before = sums.get(name);
    sums.set(name, before ? value(each).map((n, i) => n + (before[i] ?? 0)) : [...value(each)]);
  }
  return [...sums].filter(([, [messages]]) => messages !== 0).map(([name, values]) => [...(JSON.parse(name) as Values), ...values]); // prettier-ignore
}

/** What the tables must hold, worked out from the records. */
function expected(db: Connection) {
  const all = shares(db);
  const sums = (each: Share) => [each.messages, each.estimated];
  const starts = new Map<string, number>();
  for (const { domain_id, source_id, day, messages } of all) {
    const name = JSON.stringify([domain_id, source_id]);
    if (messages > 0) starts.set(name, Math.min(day, starts.get(name) ?? Infinity));
  }
  const reports = received(db);
  const hours = (each: Received) => Math.floor(each.delay / 3600);
  const arrival = (each: Received) => each.arrived_at - (each.arrived_at % 86_400);
  /** Domain 0 is all of ours. */
  const twice = all.flatMap((each) => [each, { ...each, domain_id: 0 }]);
  return {
    domain_days: summed(twice, (s) => [s.domain_id, s.day, s.verdict, s.word], sums),
    reporter_days: summed(twice, (s) => [s.domain_id, s.day, s.reporter_id, s.verdict, s.word], sums),
    class_days: summed(all, (s) => [s.day, s.class, s.verdict, s.word], sums),
    received_days: summed(reports, (r) => [r.reporter_id, r.last_day, r.first_day], (r) => [1, r.delay]), // prettier-ignore
    late_days: summed(
      reports,
      (r) => [arrival(r), hours(r)],
      () => [1],
    ),
    source_days: summed(all, (s) => [s.domain_id, s.day, s.source_id, s.verdict, s.word], sums),
    auth_days: summed(all, (s) => [s.domain_id, s.day, s.auth_set_id], (s) => [s.messages, s.verdict === 'fail' ? s.messages : 0]), // prettier-ignore
    source_starts: [...starts].map(([name, first]) => [...(JSON.parse(name) as Values), first]),
  };
}

const tables = [
  'domain_days',
  'reporter_days',
  'source_days',
  'auth_days',
  'source_starts',
  'class_days',
  'received_days',
  'late_days',
] as const;

function stored(db: Connection) {
  return Object.fromEntries(tables.map((table) => [table, db.prepare(`SELECT * FROM ${table}`).raw().all()]));
}

function inOrder(rows: Readonly<Record<string, readonly unknown[]>>) {
  return Object.fromEntries(Object.entries(rows).map(([name, list]) => [name, list.map((row) => JSON.stringify(row)).sort()])); // prettier-ignore
}

function expectEqual(db: Connection): void {
  expect(inOrder(stored(db))).toEqual(inOrder(expected(db)));
  expect(db.prepare('SELECT reports, records FROM stored_counts').get()).toEqual(counted(db));
}

/** All that is there, of foreign domains too. */
function counted(db: Connection): unknown {
  return db
    .prepare('SELECT (SELECT count(*) FROM reports) AS reports, (SELECT count(*) FROM records) AS records')
    .get();
}

const records = fc.array(
  fc
    .record({
      ip: fc.integer({ min: 1, max: 4 }),
      count: fc.integer({ min: 0, max: 7 }),
      dkim: fc.constantFrom('pass', 'fail'),
      spf: fc.constantFrom('pass', 'fail'),
      disposition: fc.constantFrom('none', 'quarantine', 'reject', 'odd'),
      selector: fc.constantFrom('s1', 's2'),
    })
    .map(({ ip, selector, ...rest }) => {
      const dkim = [{ domain: 'example.org', selector, result: rest.dkim, humanResult: null }];
      return aRecord({ ...rest, sourceIp: `198.51.100.${ip}`, auth: { dkim, spf: [] } });
    }),
  { maxLength: 5 },
);

/** Few identities, so that reports are often of the same one: duplicates, parts, conflicts, replacements. */
const given: fc.Arbitrary<GivenFile> = fc
  .record({
    records,
    domain: fc.constantFrom('example.org', 'example.net'),
    orgName: fc.constantFrom('one.example', 'two.example'),
    first: fc.integer({ min: 1, max: 2 }),
    days: fc.constantFrom(1, 1, 3),
    outcome: fc.constantFrom('report' as const, 'partial' as const),
    authenticity: fc.constantFrom('verified' as const, 'unverified' as const),
  })
  .map(({ records, domain, orgName, first, days, outcome, authenticity }) => {
    const { policy } = aHeader();
    const header = aHeader({
      orgName,
      begin: day(8, first),
      end: day(8, first + days) - 1,
      policy: policy && { ...policy, domain },
    });
    return file(records, aReading(records, header, { outcome }), authenticity);
  });

/** What an evaluation may say of a source IP and of a sender. */
const naming = fc.record({
  does: fc.constant('name' as const),
  source: fc.integer({ min: 1, max: 4 }),
  sender: fc.constantFrom('a.example', 'b.example'),
  class: fc.constantFrom('known' as const, 'third_party' as const, 'unknown' as const),
  step: fc.constantFrom('source' as const, 'sender' as const),
});

const step = fc.oneof(
  { weight: 4, arbitrary: naming },
  { weight: 6, arbitrary: fc.record({ does: fc.constant('keep' as const), given }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('again' as const), given, mail: fc.nat(7) }) },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant('own' as const), ours: fc.constantFrom(['example.org'], []) }),
  },
);

test('sums are those of the records, whatever is stored, refused, replaced, read again, becomes ours or changes its class', async () => {
  let outcomes: readonly string[] = [];
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
      const folder = mkdtempSync(join(tmpdir(), 'roll-ups-'));
      const open = (ours: readonly string[]) => new StoreWriter(join(folder, 'r.db'), { ours, scratch: true });
      bench.store = await swap(bench.store, open([]));
      let mails = 0;
      for (const each of steps) {
        if (each.does === 'keep') {
          mails += 1;
          outcomes = [...outcomes, (await bench.keep(each.given)).outcome];
        } else if (each.does === 'own') bench.store = await swap(bench.store, () => open(each.ours));
        else if (each.does === 'name') await name(bench.store.db, each);
        else if (mails > 0) await keepAgain(bench.store, 1 + (each.mail % mails), each.given);
        expectEqual(bench.store.db);
      }
      rmSync(folder, { recursive: true });
    }),
    { numRuns: 60, seed: 11 },
  );
  expect(new Set(outcomes)).toEqual(new Set(['report', 'partial', 'duplicate', 'conflict']));
}, 60_000);

interface Naming {
  readonly source: number;
  readonly sender: string;
  readonly class: 'known' | 'third_party' | 'unknown';
  readonly step: 'source' | 'sender';
}

/** Writes as an evaluation does; the source IP and the domains may not be stored yet. */
async function name(db: Connection, { source, sender, class: senderClass, step }: Naming): Promise<void> {
  const senders = openSenders(db);
  const of = { name: sender, title: sender, step: 'network' as const, evidence: '', known: null, decision: null };
  const classified = { class: senderClass, step: 1, evidence: '' };
  const named = { sender, step: 'network' as const, evidence: '', bounces: 0 };
  const domains = [1, 2].map((domainId) => ({ domainId, sourceId: source, ...named }));
  if (step === 'source') await senders.keepSources(domains, 1);
  else await senders.keepSenders([{ domainId: 1, sender: of, kind: null, classified }], 1);
}

async function swap(before: StoreWriter, next: StoreWriter | (() => StoreWriter)): Promise<StoreWriter> {
  await before.close();
  return next instanceof StoreWriter ? next : next();
}

test('a source IP starts on the day of its first message, and when that report goes, on the next', async () => {
  const starts = () => bench.all('SELECT first_day FROM source_starts');
  const of = (date: number, count: number) => {
    const header = aHeader({ reportId: `r${date}`, begin: day(8, date), end: day(8, date + 1) - 1 });
    return file([aRecord({ count })], aReading([aRecord({ count })], header));
  };
  await bench.keep(of(20, 3));
  await bench.keep(of(10, 3));
  expect(starts()).toEqual([{ first_day: day(8, 10) }]);
  await keepAgain(bench.store, 2, of(10, 0));
  expect(starts()).toEqual([{ first_day: day(8, 20) }]);
});

test('a database of before gets the sums of what it holds, spread over days and without foreign domains', async () => {
  const three = aHeader({ begin: day(8, 1), end: day(8, 4) - 1 });
  const { policy } = aHeader();
  const other = aHeader({ policy: policy && { ...policy, domain: 'example.net' } });
  const rows = [aRecord({ count: 10 }), aRecord({ count: 4, dkim: 'fail', spf: 'fail', sourceIp: '203.0.113.4' })];
  await bench.keep(file(rows, aReading(rows, three)));
  await bench.keep(file(rows, aReading(rows, other)));
  const path = bench.store.db.name;
  await bench.store.close();
  bench.store = new StoreWriter(path, { ours: ['example.org'] });
  const { db } = bench.store;
  const before = inOrder(stored(db));
  expect(counted(db)).toEqual({ reports: 2, records: 4 });
  db.exec('DELETE FROM migrations WHERE version IN (11, 14, 16); DROP VIEW class_moves; DROP TABLE stored_counts');
  for (const name of [
    'report_counted',
    'report_uncounted',
    'source_sender_added',
    'source_sender_changed',
    'sender_added',
    'sender_changed',
  ])
    db.exec(`DROP TRIGGER ${name}`);
  for (const table of tables) db.exec(`DROP TABLE ${table}`);
  for (const by of ['policy', 'delay', 'lateness', 'reporter', 'pair']) db.exec(`DROP INDEX reports_by_${by}`);
  db.exec('CREATE INDEX reports_by_domain_arrival ON reports (domain_id, arrived_at)');
  openWriter(path).close();
  expect(inOrder(stored(db))).toEqual(before);
  expectEqual(db);
  // 14 messages over three days: 3 + 1, 3 + 1 and 4 + 2.
  expect(db.prepare('SELECT sum(messages) FROM domain_days WHERE domain_id = 0 GROUP BY day').pluck().all()).toEqual([
    4, 4, 6,
  ]);
});
