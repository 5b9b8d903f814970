import type { FailingSource, FailingSources, History, ReportSpan, RestOfSources } from '../../model/history.js';
import type { Connection } from '../database.js';

interface Row extends Omit<FailingSource, 'failedBefore' | 'newDomain'> {
  readonly known: 0 | 1;
  readonly failedBefore: 0 | 1;
  readonly newDomain: 0 | 1;
  readonly firstDay: number;
  readonly lastDay: number;
}

/** Passing rows of a source that are read to see how long it has been known. */
const rowsOfPast = 1_000;

/** Sources that are looked at in an evaluation, over all domains. A site has some hundreds; a forged report may claim a million. */
export const sourceBounds = {
  /** Known to pass. Those whose passes arrived on most days come first: a single mail, whatever it claims, counts for one. */
  known: 5_000,
  /** Failing for the first time. */
  fresh: 1_000,
};

const sql = (order: string) => `WITH pairs AS MATERIALIZED (
    SELECT r.domain_id, c.source_id, sum(c.messages) AS failed, min(r.arrived_at) AS first_arrival,
           min(r.first_day) AS first_day, max(r.last_day) AS last_day
    FROM reports r CROSS JOIN records c ON c.report = r.id
    WHERE r.id > @after AND r.id <= @through AND r.authenticity <> 'failed' AND c.verdict = 'fail' AND c.messages > 0
    GROUP BY r.domain_id, c.source_id
  ), passes AS MATERIALIZED (
    SELECT p.domain_id, p.source_id, count(DISTINCT t.day) AS pass_days, count(DISTINCT t.reporter_id) AS pass_reporters
    FROM pairs p CROSS JOIN daily_totals t INDEXED BY daily_totals_by_source
      ON t.source_id = p.source_id AND t.domain_id = p.domain_id
    WHERE t.verdict <> 'fail'
    GROUP BY p.domain_id, p.source_id HAVING pass_days >= 2 AND sum(t.messages) >= 5
  ), judged AS MATERIALIZED (
    SELECT p.*, w.pass_days, w.pass_reporters, w.source_id IS NOT NULL AS known,
      iif(w.source_id IS NULL, 0, (SELECT count(DISTINCT a.day) FROM (
        SELECT r.arrived_at / 86400 AS day FROM records c CROSS JOIN reports r ON r.id = c.report
        WHERE c.source_id = p.source_id AND c.verdict <> 'fail' AND c.messages > 0
          AND r.domain_id = p.domain_id AND r.authenticity <> 'failed' LIMIT ${rowsOfPast}) a)) AS arrival_days,
      NOT EXISTS (SELECT 1 FROM reports r
                  WHERE r.domain_id = p.domain_id AND r.id <= @after AND r.authenticity <> 'failed') AS new_domain,
      EXISTS (SELECT 1 FROM records c CROSS JOIN reports r ON r.id = c.report
              WHERE c.source_id = p.source_id AND c.report <= @after AND c.verdict = 'fail' AND c.messages > 0
                AND r.domain_id = p.domain_id AND r.authenticity <> 'failed') AS failed_before
    FROM pairs p LEFT JOIN passes w ON w.domain_id = p.domain_id AND w.source_id = p.source_id
  )
  SELECT j.domain_id AS domainId, d.name AS domain, j.source_id AS sourceId, s.ip, j.failed,
         j.first_arrival AS firstArrival, j.first_day AS firstDay, j.last_day AS lastDay, j.known,
         j.failed_before AS failedBefore, j.new_domain AS newDomain
  FROM judged j JOIN domains d ON d.id = j.domain_id JOIN sources s ON s.id = j.source_id
  WHERE j.known OR NOT j.failed_before
  ORDER BY j.known DESC, j.arrival_days DESC, j.pass_days DESC, j.pass_reporters DESC, j.new_domain, ${order}, j.source_id`;

/** Finds who failed in a span of reports; memory is bounded whatever the reports hold. */
export function openFailingSources(
  db: Connection,
  bounds: typeof sourceBounds,
): (span: ReportSpan, options: Parameters<History['failingSources']>[1]) => FailingSources {
  const byVolume = db.prepare<[ReportSpan], Row>(sql('j.failed DESC'));
  const byDay = db.prepare<[ReportSpan], Row>(sql('j.last_day DESC, j.failed DESC'));
  return (span, { perDomain, isWatched, newestFirst }) => {
    const taken: Taken = { known: 0, fresh: 0, byDomain: new Map() };
    const sources: FailingSource[] = [];
    const rest = new Map<number, RestOfSources>();
    for (const row of (newestFirst ? byDay : byVolume).iterate(span)) {
      if (!isWatched(row.domain)) continue;
      if (isTaken(row, taken, bounds, perDomain)) sources.push(sourceOf(row));
      else if (!row.failedBefore) rest.set(row.domainId, added(rest.get(row.domainId), row));
    }
    return { sources, rest: [...rest.values()] };
  };
}

interface Taken {
  known: number;
  fresh: number;
  readonly byDomain: Map<number, number>;
}

function isTaken(
  row: Row,
  taken: Taken,
  bounds: typeof sourceBounds,
  perDomain: (domainId: number) => number,
): boolean {
  if (row.known && taken.known < bounds.known) {
    taken.known += 1;
    return true;
  }
  const count = taken.byDomain.get(row.domainId) ?? 0;
  if (taken.fresh >= bounds.fresh || count >= perDomain(row.domainId)) return false;
  taken.byDomain.set(row.domainId, count + 1);
  taken.fresh += 1;
  return true;
}

function sourceOf(row: Row): FailingSource {
  const { domainId, domain, sourceId, ip, failed, firstArrival } = row;
  const before = { failedBefore: row.failedBefore === 1, newDomain: row.newDomain === 1 };
  return { domainId, domain, sourceId, ip, failed, firstArrival, ...before };
}

function added(sum: RestOfSources | undefined, row: Row): RestOfSources {
  const { domainId, domain } = row;
  return {
    domainId,
    domain,
    sources: (sum?.sources ?? 0) + 1,
    failed: (sum?.failed ?? 0) + row.failed,
    firstArrival: Math.min(sum?.firstArrival ?? row.firstArrival, row.firstArrival),
    firstDay: Math.min(sum?.firstDay ?? row.firstDay, row.firstDay),
    lastDay: Math.max(sum?.lastDay ?? row.lastDay, row.lastDay),
  };
}
