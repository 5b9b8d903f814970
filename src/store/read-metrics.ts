import { statSync } from 'node:fs';
import { daySeconds, utcDay } from '../base/clock.js';
import type { CounterValue, DomainStat, DomainStats } from '../observe/domain-stats.js';
import type { Connection } from './database.js';
import type { StoreStatus } from './read-status.js';

const windowDays = 7;

interface DomainRow {
  readonly id: number;
  readonly domain: string;
  readonly policy: string | null;
  readonly last_received: number | null;
  readonly period_end: number | null;
  readonly sources: number | null;
  readonly reporters: number | null;
}

/** A stated end of period that its own event day contradicts is not believed. */
const domainSql = `
WITH recent AS (
  SELECT domain_id, count(DISTINCT source_id) AS sources, count(DISTINCT reporter_id) AS reporters
  FROM daily_totals WHERE domain_id IN (SELECT id FROM domains) AND day BETWEEN @first AND @last GROUP BY domain_id
)
SELECT d.id, d.name AS domain, r.p AS policy, w.sources, w.reporters,
       (SELECT max(arrived_at) FROM reports WHERE domain_id = d.id) AS last_received,
       (SELECT max(min(max(e.end_at, e.last_day), e.last_day + 2 * ${daySeconds})) FROM reports e
        WHERE e.domain_id = d.id AND e.last_day = (SELECT max(last_day) FROM reports WHERE domain_id = d.id)) AS period_end
FROM domains d
LEFT JOIN recent w ON w.domain_id = d.id
LEFT JOIN reports r ON r.id = (
  SELECT id FROM reports WHERE domain_id = d.id AND authenticity <> 'failed' ORDER BY last_day DESC, id DESC LIMIT 1
)
WHERE NOT d.is_foreign
ORDER BY d.id`;

const messagesSql = `
SELECT domain_id AS id, verdict, disposition, sum(messages) AS messages FROM daily_totals
WHERE domain_id IN (SELECT id FROM domains) AND day BETWEEN @first AND @last
GROUP BY domain_id, verdict, disposition`;

interface Span {
  readonly first: number;
  readonly last: number;
}

/** `now` in Unix seconds. The window is the last seven event days, today included. */
export function readDomainStats(db: Connection, status: () => StoreStatus): (now: number) => DomainStats {
  const domains = db.prepare<Span, DomainRow>(domainSql);
  const messages = db.prepare<
    Span,
    { readonly id: number; readonly verdict: string; readonly disposition: string; readonly messages: number }
  >(messagesSql);
  const alerts = db.prepare<[], DomainStats['openAlerts'][number]>(
    `SELECT f.rule, coalesce(d.name, '') AS domain, count(*) AS count FROM findings f LEFT JOIN domains d ON d.id = f.domain_id
     WHERE f.status = 'open' GROUP BY f.rule, f.domain_id`,
  );
  const outbox = db.prepare<[], DomainStats['outbox'][number]>(
    "SELECT channel, count(*) AS pending, min(created_at) AS oldestAt FROM outbox WHERE state = 'pending' GROUP BY channel",
  );
  const snapshot = db.transaction((now: number): DomainStats => {
    const span = { first: utcDay(now) - (windowDays - 1) * daySeconds, last: utcDay(now) };
    const { reports, records, last_report_stored_at } = status();
    return {
      windowSeconds: windowDays * daySeconds,
      domains: combine(domains.all(span), messages.all(span)),
      openAlerts: alerts.all(),
      store: { reports, records, lastReportStoredAt: last_report_stored_at ?? 0, files: filesOf(db.name) },
      outbox: outbox.all(),
    };
  });
  return (now) => snapshot(now);
}

function combine(
  rows: readonly DomainRow[],
  sums: readonly {
    readonly id: number;
    readonly verdict: string;
    readonly disposition: string;
    readonly messages: number;
  }[],
): DomainStat[] {
  const perDomain = new Map<number, { results: Record<string, number>; dispositions: Record<string, number> }>();
  for (const { id, verdict, disposition, messages } of sums) {
    const mine = perDomain.get(id) ?? { results: {}, dispositions: {} };
    mine.results[verdict] = (mine.results[verdict] ?? 0) + messages;
    mine.dispositions[disposition] = (mine.dispositions[disposition] ?? 0) + messages;
    perDomain.set(id, mine);
  }
  return rows.map((row) => {
    const mine = perDomain.get(row.id);
    return {
      domain: row.domain,
      results: { pass_both: 0, pass_dkim: 0, pass_spf: 0, fail: 0, ...mine?.results },
      dispositions: mine?.dispositions ?? {},
      sources: row.sources ?? 0,
      reporters: row.reporters ?? 0,
      policy: row.policy,
      lastReceivedAt: row.last_received ?? 0,
      lastPeriodEndAt: row.period_end ?? 0,
    };
  });
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
