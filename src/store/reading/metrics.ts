import { statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { daySeconds, utcDay } from '../../base/clock.js';
import type { SourceClass } from '../../model/sender.js';
import type { ClassStat, CounterValue, DomainStat, DomainStats } from '../../observe/domain-stats.js';
import type { Connection } from '../database.js';
import type { StoreStatus } from './status.js';

const windowDays = 7;
const lateDays = 3;

interface Span {
  readonly first: number;
  readonly last: number;
}

interface DomainRow {
  readonly id: number;
  readonly domain: string;
  readonly policy: string | null;
  readonly last_received: number | null;
  readonly period_end: number | null;
  readonly reporters: number | null;
  readonly late_reporters: number | null;
}

/** A stated end of period that its own event day contradicts is not believed. A report without rows is heard, too. */
const domainSql = `
WITH heard AS (
  SELECT domain_id, count(DISTINCT reporter_id) AS reporters,
         count(DISTINCT iif(last_day > @last - ${lateDays * daySeconds}, reporter_id, NULL)) AS late_reporters
  FROM reports WHERE domain_id IN (SELECT id FROM domains WHERE NOT is_foreign)
    AND last_day >= @first AND first_day <= @last AND authenticity <> 'failed' GROUP BY domain_id
)
SELECT d.id, d.name AS domain, r.p AS policy, h.reporters, h.late_reporters,
       (SELECT max(arrived_at) FROM reports WHERE domain_id = d.id) AS last_received,
       (SELECT max(min(max(e.end_at, e.last_day), e.last_day + 2 * ${daySeconds})) FROM reports e
        WHERE e.domain_id = d.id AND e.last_day = (SELECT max(last_day) FROM reports WHERE domain_id = d.id)) AS period_end
FROM domains d
LEFT JOIN heard h ON h.domain_id = d.id
LEFT JOIN reports r ON r.id = (
  SELECT id FROM reports WHERE domain_id = d.id AND authenticity <> 'failed' ORDER BY last_day DESC, id DESC LIMIT 1
)
WHERE NOT d.is_foreign
ORDER BY d.id`;

const results = ['pass_both', 'pass_dkim', 'pass_spf', 'fail'] as const;
const dispositions = ['none', 'quarantine', 'reject', 'pass', 'other'] as const;

const inWindow = 'domain_id IN (SELECT id FROM domains WHERE NOT is_foreign) AND day BETWEEN @first AND @last';
const sumsOf = (column: string, words: readonly string[]) =>
  words.map((word) => `sum(iif(${column} = '${word}', messages, 0)) AS ${column}_${word}`);
const columns = [...results.map((word) => `verdict_${word}`), ...dispositions.map((word) => `disposition_${word}`)];

/** Summed by source first, so that each source is counted once and its sender looked up once. */
const classSql = `
SELECT p.domain_id AS id, coalesce(s.class, 'unknown') AS class, count(*) AS sources,
       ${columns.map((column) => `sum(${column}) AS ${column}`).join(', ')}
FROM (
  SELECT domain_id, source_id, ${[...sumsOf('verdict', results), ...sumsOf('disposition', dispositions)].join(', ')}
  FROM source_days WHERE ${inWindow} GROUP BY domain_id, source_id
) p
LEFT JOIN source_senders x ON x.domain_id = p.domain_id AND x.source_id = p.source_id
LEFT JOIN senders s ON s.domain_id = x.domain_id AND s.sender = x.sender
GROUP BY p.domain_id, coalesce(s.class, 'unknown')`;

const firstSeenSql = `
SELECT f.domain_id AS id, count(*) AS sources
FROM (SELECT DISTINCT domain_id, source_id FROM source_days WHERE ${inWindow} AND verdict = 'fail') f
JOIN source_starts b ON b.domain_id = f.domain_id AND b.source_id = f.source_id AND b.first_day >= @first
GROUP BY f.domain_id`;

type ClassRow = { readonly id: number; readonly class: SourceClass; readonly sources: number } & Readonly<
  Record<string, number | string>
>;

interface WindowRows {
  readonly classes: readonly ClassRow[];
  readonly firstSeen: readonly { readonly id: number; readonly sources: number }[];
}

/** `now` in Unix seconds. The window is the last seven event days, today included. Seconds over millions of rows: not for the main thread. */
export function readDomainStats(db: Connection, status: () => StoreStatus): (now: number) => DomainStats {
  const domains = db.prepare<Span, DomainRow>(domainSql);
  const classes = db.prepare<Span, ClassRow>(classSql);
  const firstSeen = db.prepare<Span, WindowRows['firstSeen'][number]>(firstSeenSql);
  const alerts = db.prepare<[], DomainStats['openAlerts'][number]>(
    `SELECT f.rule, coalesce(d.name, '') AS domain, f.severity, count(*) AS count FROM findings f LEFT JOIN domains d ON d.id = f.domain_id
     WHERE f.status = 'open' GROUP BY f.rule, f.domain_id, f.severity`,
  );
  const outbox = db.prepare<[], DomainStats['outbox'][number]>(
    "SELECT channel, count(*) AS pending, min(created_at) AS oldestAt FROM outbox WHERE state = 'pending' GROUP BY channel",
  );
  const store = readStoreStats(db, status);
  const ofDomains = whenChanged(db, (span: Span) =>
    combine(domains.all(span), { classes: classes.all(span), firstSeen: firstSeen.all(span) }),
  );
  const snapshot = db.transaction((now: number): DomainStats => {
    return {
      windowSeconds: windowDays * daySeconds,
      domains: ofDomains({ first: utcDay(now) - (windowDays - 1) * daySeconds, last: utcDay(now) }),
      openAlerts: alerts.all(),
      store: store(),
      outbox: outbox.all(),
    };
  });
  return (now) => snapshot(now);
}

/** Nothing is summed again until another connection has committed or the window has moved. */
function whenChanged<T>(db: Connection, read: (span: Span) => T): (span: Span) => T {
  let known: { readonly version: unknown; readonly last: number; readonly value: T } | null = null;
  return (span) => {
    const version = db.pragma('data_version', { simple: true });
    if (known !== null && known.version === version && known.last === span.last) return known.value;
    const value = read(span);
    known = { version, last: span.last, value };
    return value;
  };
}

function combine(rows: readonly DomainRow[], window: WindowRows): DomainStat[] {
  const classes = new Map<number, ClassStat[]>();
  for (const row of window.classes) classes.set(row.id, [...(classes.get(row.id) ?? []), classStat(row)]);
  const firstSeen = new Map(window.firstSeen.map(({ id, sources }) => [id, sources]));
  return rows.map((row) => ({
    domain: row.domain,
    classes: classes.get(row.id) ?? [],
    firstSeenFailing: firstSeen.get(row.id) ?? 0,
    reporters: row.reporters ?? 0,
    reportersOfLate: row.late_reporters ?? 0,
    policy: row.policy,
    lastReceivedAt: row.last_received ?? 0,
    lastPeriodEndAt: row.period_end ?? 0,
  }));
}

function classStat(row: ClassRow): ClassStat {
  const messages = (column: string) => Number(row[column] ?? 0);
  const each = <K extends string>(prefix: string, words: readonly K[]) =>
    Object.fromEntries(words.map((word) => [word, messages(`${prefix}_${word}`)])) as Record<K, number>;
  return {
    class: row.class,
    sources: row.sources,
    results: each('verdict', results),
    dispositions: each('disposition', dispositions),
  };
}

function readStoreStats(db: Connection, status: () => StoreStatus): () => DomainStats['store'] {
  const rest = db.prepare<[], { oldestReportAt: number; originals: number; originalBytes: number }>(
    `SELECT coalesce((SELECT min(arrived_at) FROM reports), 0) AS oldestReportAt, count(*) AS originals,
            coalesce(sum(bytes), 0) AS originalBytes FROM originals`,
  );
  return () => {
    const { reports, records, last_report_stored_at } = status();
    const { bavail, bsize } = statfsSync(dirname(db.name));
    return {
      ...(rest.get() ?? { oldestReportAt: 0, originals: 0, originalBytes: 0 }),
      reports,
      records,
      lastReportStoredAt: last_report_stored_at ?? 0,
      freeBytes: bavail * bsize,
      files: filesOf(db.name),
    };
  };
}

function filesOf(path: string): DomainStats['store']['files'] {
  const size = (name: string) => statSync(name, { throwIfNoEntry: false })?.size ?? 0;
  return [
    { file: 'main', bytes: size(path) },
    { file: 'wal', bytes: size(`${path}-wal`) },
  ];
}

/** The persisted counters. */
export function readCounters(db: Connection): () => readonly CounterValue[] {
  const statement = db.prepare<[], { readonly name: string; readonly labels: string; readonly value: number }>(
    'SELECT name, labels, value FROM counters',
  );
  return () =>
    statement.all().map(({ name, labels, value }) => ({
      name,
      labels: JSON.parse(labels) as Record<string, string>,
      value,
    }));
}
