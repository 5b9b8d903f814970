import type { Connection } from '../database.js';
import { domainIds, offsetOf, pageByOffset, scopeParameters, sums } from './scope.js';
import type { Page, Rows, Scope, ScopeParameters } from './scope.js';

/** One policy domain. Sums are those of the event days asked for; the rest is as of now. Times in Unix seconds. */
export interface StoredDomain {
  readonly domain: string;
  readonly p: string | null;
  readonly sp: string | null;
  readonly np: string | null;
  readonly adkim: string | null;
  readonly aspf: string | null;
  readonly pct: number | null;
  readonly messages: number;
  readonly pass: number;
  readonly fail: number;
  readonly sources: number;
  readonly reporters: number;
  readonly last_day: number | null;
  readonly last_report_at: number | null;
  readonly open_alerts: number;
}

type Parameters = Pick<ScopeParameters, 'domains' | 'first' | 'last'> & {
  readonly configured: string;
  readonly limit: number;
  readonly offset: number;
};

/**
 * The policy is that of the newest report, leaving out those known to be forged. `pairs` goes from reporter to reporter of a domain in the
 * index, without what lies between.
 */
const sql = `
WITH RECURSIVE wanted AS (
  SELECT n.name, d.id FROM (
    SELECT name FROM domains WHERE id IN ${domainIds}
    UNION
    SELECT value FROM json_each(@configured)
    WHERE @domains IS NULL OR value IN (SELECT value FROM json_each(@domains))
  ) n LEFT JOIN domains d ON d.name = n.name
), totals AS (
  SELECT t.domain_id, ${sums} FROM domain_days t WHERE t.domain_id IN ${domainIds} AND t.day BETWEEN @first AND @last
  GROUP BY t.domain_id
), picked AS (
  SELECT w.name, w.id, coalesce(t.messages, 0) AS messages, coalesce(t.pass, 0) AS pass, coalesce(t.fail, 0) AS fail
  FROM wanted w LEFT JOIN totals t ON t.domain_id = w.id
  ORDER BY messages DESC, w.name LIMIT @limit OFFSET @offset
), pairs (domain_id, reporter_id) AS (
  SELECT id, 0 FROM picked WHERE id IS NOT NULL
  UNION ALL
  SELECT p.domain_id, (SELECT min(t.reporter_id) FROM reporter_days t INDEXED BY reporter_days_by_reporter
    WHERE t.domain_id = p.domain_id AND t.reporter_id > p.reporter_id) AS next
  FROM pairs p WHERE p.reporter_id IS NOT NULL
)
SELECT k.name AS domain, r.p, r.sp, r.np, r.adkim, r.aspf, r.pct,
       k.messages, k.pass, k.fail,
       (SELECT count(*) FROM source_starts b WHERE b.domain_id = k.id AND b.first_day BETWEEN @first AND @last)
       + (SELECT count(*) FROM source_starts b WHERE b.domain_id = k.id AND b.first_day < @first AND EXISTS (
            SELECT 1 FROM source_days t INDEXED BY source_days_by_source
            WHERE t.domain_id = k.id AND t.source_id = b.source_id AND t.day BETWEEN @first AND @last)) AS sources,
       (SELECT count(*) FROM pairs p WHERE p.domain_id = k.id AND EXISTS (
            SELECT 1 FROM reporter_days t INDEXED BY reporter_days_by_reporter
            WHERE t.domain_id = k.id AND t.reporter_id = p.reporter_id AND t.day BETWEEN @first AND @last)) AS reporters,
       (SELECT max(day) FROM domain_days WHERE domain_id = k.id) AS last_day,
       (SELECT max(arrived_at) FROM reports WHERE domain_id = k.id) AS last_report_at,
       (SELECT count(*) FROM findings WHERE domain_id = k.id AND status = 'open') AS open_alerts
FROM picked k LEFT JOIN reports r ON r.id = (
  SELECT id FROM reports WHERE domain_id = k.id AND authenticity <> 'failed' ORDER BY last_day DESC, id DESC LIMIT 1
)
ORDER BY k.messages DESC, k.name`;

/** `configured` domains are listed even when no report names them. */
export function readDomains(
  db: Connection,
): (scope: Scope, page: Page, configured: readonly string[]) => Rows<StoredDomain> {
  const statement = db.prepare<Parameters, StoredDomain>(sql);
  return (scope, page, configured) => {
    const { domains, first, last } = scopeParameters(scope);
    const found = statement.all({
      domains,
      first,
      last,
      configured: JSON.stringify(configured.map((name) => name.toLowerCase())),
      limit: page.limit + 1,
      offset: offsetOf(page),
    });
    return pageByOffset(found, page);
  };
}

/** The newest event day that any of the domains asked for has data of, Unix seconds at midnight. */
export function readNewestDay(db: Connection): (domains: readonly string[] | null) => number | null {
  const statement = db
    .prepare<{ domains: string | null }, number | null>(
      `SELECT max((SELECT max(day) FROM domain_days WHERE domain_id = d.id)) FROM domains d WHERE d.id IN ${domainIds}`,
    )
    .pluck();
  return (domains) => statement.get({ domains: domains && JSON.stringify(domains) }) ?? null;
}
