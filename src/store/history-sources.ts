import type { FailingSource, FailingSources, History, ReportSpan, RestOfSources } from '../model/history.js';
import type { Connection } from './database.js';

interface Row extends Omit<FailingSource, 'failedBefore'> {
  readonly passed: 0 | 1;
  readonly failedBefore: 0 | 1;
  readonly firstDay: number;
  readonly lastDay: number;
}

/** Sources that passed at some time and fail now, over all domains. A site has some hundreds; a forged report may claim a million. */
const mostPassed = 5_000;

const sql = (order: string) => `WITH pairs AS MATERIALIZED (
    SELECT r.domain_id, c.source_id, sum(c.messages) AS failed, min(r.arrived_at) AS first_arrival,
           min(r.first_day) AS first_day, max(r.last_day) AS last_day
    FROM reports r CROSS JOIN records c ON c.report = r.id
    WHERE r.id > @after AND r.id <= @through AND r.authenticity <> 'failed' AND c.verdict = 'fail' AND c.messages > 0
    GROUP BY r.domain_id, c.source_id
  ), judged AS MATERIALIZED (
    SELECT p.*,
      EXISTS (SELECT 1 FROM daily_totals t INDEXED BY daily_totals_by_source
              WHERE t.source_id = p.source_id AND t.domain_id = p.domain_id AND t.verdict <> 'fail') AS passed,
      EXISTS (SELECT 1 FROM records c CROSS JOIN reports r ON r.id = c.report
              WHERE c.source_id = p.source_id AND c.report <= @after AND c.verdict = 'fail' AND c.messages > 0
                AND r.domain_id = p.domain_id AND r.authenticity <> 'failed') AS failed_before
    FROM pairs p
  )
  SELECT j.domain_id AS domainId, d.name AS domain, j.source_id AS sourceId, s.ip, j.failed,
         j.first_arrival AS firstArrival, j.first_day AS firstDay, j.last_day AS lastDay, j.passed,
         j.failed_before AS failedBefore
  FROM judged j JOIN domains d ON d.id = j.domain_id JOIN sources s ON s.id = j.source_id
  WHERE j.passed OR NOT j.failed_before
  ORDER BY j.passed DESC, ${order}, j.source_id`;

/** Finds who failed in a span of reports; memory is bounded whatever the reports hold. */
export function openFailingSources(
  db: Connection,
): (span: ReportSpan, options: Parameters<History['failingSources']>[1]) => FailingSources {
  const byVolume = db.prepare<[ReportSpan], Row>(sql('j.failed DESC'));
  const byDay = db.prepare<[ReportSpan], Row>(sql('j.last_day DESC, j.failed DESC'));
  return (span, { perDomain, newestFirst }) => {
    const taken = { passed: 0, byDomain: new Map<number, number>() };
    const sources: FailingSource[] = [];
    const rest = new Map<number, RestOfSources>();
    for (const row of (newestFirst ? byDay : byVolume).iterate(span)) {
      if (isTaken(row, taken, perDomain)) sources.push(sourceOf(row));
      else if (!row.failedBefore) rest.set(row.domainId, added(rest.get(row.domainId), row));
    }
    return { sources, rest: [...rest.values()] };
  };
}

function isTaken(
  row: Row,
  taken: { passed: number; readonly byDomain: Map<number, number> },
  perDomain: (domainId: number) => number,
): boolean {
  if (row.passed && taken.passed < mostPassed) {
    taken.passed += 1;
    return true;
  }
  const count = taken.byDomain.get(row.domainId) ?? 0;
  taken.byDomain.set(row.domainId, count + 1);
  return count < perDomain(row.domainId);
}

function sourceOf(row: Row): FailingSource {
  const { domainId, domain, sourceId, ip, failed, firstArrival } = row;
  return { domainId, domain, sourceId, ip, failed, firstArrival, failedBefore: row.failedBefore === 1 };
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
