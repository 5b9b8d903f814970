import type { History, ReportSpan, RestOfSources, TouchedSource, TouchedSources } from '../../model/history.js';
import type { Connection } from '../database.js';

interface Row extends Omit<TouchedSource, 'failedBefore' | 'newDomain'> {
  readonly known: 0 | 1;
  readonly failedBefore: 0 | 1;
  readonly newDomain: 0 | 1;
  readonly firstDay: number;
  readonly lastDay: number;
}

/** Sources that are looked at in an evaluation, over all domains. A site has some hundreds; a forged report may claim a million. */
export const sourceBounds = {
  /** Known to pass. Those whose passes arrived on most days come first: a single mail, whatever it claims, counts for one. */
  known: 5_000,
  /** Failing for the first time. */
  fresh: 1_000,
};

/** Passing rows of a source that are read to see how long it has been known. */
const rowsOfPast = 1_000;
const knownSeconds = 180 * 86_400;
/** A baseline of 28 days, and two weeks for a break to show. */
const legSeconds = 42 * 86_400;
/** Messages by a leg before its absence is worth a look. */
const leastOfLeg = 10;

const pairs = `pairs AS MATERIALIZED (
    SELECT r.domain_id, c.source_id,
           sum(iif(c.verdict = 'fail', c.messages, 0)) AS failed,
           sum(iif(c.verdict = 'pass_spf', c.messages, 0)) AS no_dkim,
           sum(iif(c.verdict = 'pass_dkim', c.messages, 0)) AS no_spf,
           coalesce(min(iif(c.verdict = 'fail', r.arrived_at, NULL)), min(r.arrived_at)) AS first_arrival,
           coalesce(min(iif(c.verdict = 'fail', r.first_day, NULL)), min(r.first_day)) AS first_day,
           coalesce(max(iif(c.verdict = 'fail', r.last_day, NULL)), max(r.last_day)) AS last_day
    FROM reports r CROSS JOIN records c ON c.report = r.id
    WHERE r.id > @after AND r.id <= @through AND r.authenticity <> 'failed' AND c.verdict <> 'pass_both' AND c.messages > 0
    GROUP BY r.domain_id, c.source_id
  )`;

/** Messages by a leg of pairs that lack it now; reading stops at the first day that has enough. */
const leg = (verdict: string) => `EXISTS (
    SELECT 1 FROM daily_totals t INDEXED BY daily_totals_by_source
    WHERE t.source_id = p.source_id AND t.domain_id = p.domain_id AND t.day >= p.first_day - ${legSeconds}
      AND t.verdict IN ('pass_both', '${verdict}')
    GROUP BY t.source_id HAVING sum(t.messages) >= ${leastOfLeg})`;

const judged = `passes AS MATERIALIZED (
    SELECT p.domain_id, p.source_id, count(DISTINCT t.day) AS pass_days, count(DISTINCT t.reporter_id) AS pass_reporters
    FROM pairs p CROSS JOIN daily_totals t INDEXED BY daily_totals_by_source
      ON t.source_id = p.source_id AND t.domain_id = p.domain_id AND t.day >= p.first_day - ${knownSeconds}
    WHERE p.failed > 0 AND t.verdict <> 'fail'
    GROUP BY p.domain_id, p.source_id HAVING pass_days >= 2 AND sum(t.messages) >= 5
  ), judged AS MATERIALIZED (
    SELECT p.*, w.pass_days, w.pass_reporters,
      iif(p.no_dkim > 0 AND ${leg('pass_dkim')}, p.no_dkim, 0) AS dkim_failed,
      iif(p.no_spf > 0 AND ${leg('pass_spf')}, p.no_spf, 0) AS spf_failed,
      w.source_id IS NOT NULL OR p.failed > 0 AND EXISTS (
        SELECT 1 FROM source_senders a JOIN senders b ON b.domain_id = a.domain_id AND b.sender = a.sender
        WHERE a.domain_id = p.domain_id AND a.source_id = p.source_id AND (b.known IS NOT NULL OR EXISTS (
          SELECT 1 FROM sender_decisions e
          WHERE e.domain_id = a.domain_id AND e.sender = a.sender AND e.decision = 'known'))) AS known,
      iif(w.source_id IS NULL OR (SELECT count(*) FROM passes) <= @bound, 0, (SELECT count(DISTINCT a.day) FROM (
        SELECT r.arrived_at / 86400 AS day FROM records c CROSS JOIN reports r ON r.id = c.report
        WHERE c.source_id = p.source_id AND c.verdict <> 'fail' AND c.messages > 0
          AND r.domain_id = p.domain_id AND r.authenticity <> 'failed' LIMIT ${rowsOfPast}) a)) AS arrival_days,
      NOT EXISTS (SELECT 1 FROM reports r
                  WHERE r.domain_id = p.domain_id AND r.id <= @after AND r.authenticity <> 'failed') AS new_domain,
      p.failed > 0 AND EXISTS (
        SELECT 1 FROM records c INDEXED BY records_failing CROSS JOIN reports r ON r.id = c.report
        WHERE c.source_id = p.source_id AND c.report <= @after AND c.verdict = 'fail' AND c.messages > 0
          AND r.domain_id = p.domain_id AND r.authenticity <> 'failed') AS failed_before
    FROM pairs p LEFT JOIN passes w ON w.domain_id = p.domain_id AND w.source_id = p.source_id
  )`;

const sql = (order: string) => `WITH ${pairs}, ${judged}
  SELECT j.domain_id AS domainId, d.name AS domain, j.source_id AS sourceId, s.ip, j.failed,
         j.dkim_failed AS dkimFailed, j.spf_failed AS spfFailed,
         j.first_arrival AS firstArrival, j.first_day AS firstDay, j.last_day AS lastDay,
         j.known OR j.failed = 0 AS known, j.failed_before AS failedBefore, j.new_domain AS newDomain
  FROM judged j JOIN domains d ON d.id = j.domain_id JOIN sources s ON s.id = j.source_id
  WHERE (j.failed > 0 AND (j.known OR NOT j.failed_before)) OR j.dkim_failed > 0 OR j.spf_failed > 0
  ORDER BY j.failed = 0, j.known DESC, j.arrival_days DESC, j.pass_days DESC, j.pass_reporters DESC, j.new_domain, ${order},
    j.source_id`;

type Bounded = ReportSpan & { readonly bound: number };

/** Finds whose mail in a span of reports is worth a look; memory is bounded whatever the reports hold. */
export function openTouched(db: Connection, bounds: typeof sourceBounds): (...args: Args) => TouchedSources {
  const byVolume = db.prepare<[Bounded], Row>(sql('j.failed DESC'));
  const byDay = db.prepare<[Bounded], Row>(sql('j.last_day DESC, j.failed DESC'));
  return (span, { perDomain, isWatched, newestFirst }) => {
    const admits = admission(bounds, perDomain);
    const sources: TouchedSource[] = [];
    const rest = new Map<number, RestOfSources>();
    for (const row of (newestFirst ? byDay : byVolume).iterate({ ...span, bound: bounds.known })) {
      if (!isWatched(row.domain)) continue;
      if (admits(row)) sources.push(sourceOf(row));
      else if (row.failed > 0 && !row.failedBefore) rest.set(row.domainId, added(rest.get(row.domainId), row));
    }
    return { sources, rest: [...rest.values()] };
  };
}

type Args = Parameters<(span: ReportSpan, options: Parameters<History['touched']>[1]) => void>;

function admission(bounds: typeof sourceBounds, perDomain: Args[1]['perDomain']): (row: Row) => boolean {
  const byDomain = new Map<number, number>();
  let known = 0;
  let fresh = 0;
  return (row) => {
    if (row.known && known < bounds.known) {
      known += 1;
      return true;
    }
    const count = byDomain.get(row.domainId) ?? 0;
    if (row.failed === 0 || fresh >= bounds.fresh || count >= perDomain(row.domainId)) return false;
    byDomain.set(row.domainId, count + 1);
    fresh += 1;
    return true;
  };
}

function sourceOf(row: Row): TouchedSource {
  const { domainId, domain, sourceId, ip, failed, dkimFailed, spfFailed, firstArrival } = row;
  const before = { failedBefore: row.failedBefore === 1, newDomain: row.newDomain === 1 };
  return { domainId, domain, sourceId, ip, failed, dkimFailed, spfFailed, firstArrival, ...before };
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
