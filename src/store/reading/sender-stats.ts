import type { SourceClass } from '../../model/finding.js';
import type { Connection } from '../database.js';
import {
  offsetOf,
  openIsMost,
  openTotals,
  pageByOffset,
  scopeParameters,
  senderOfSource,
  senderOfSums,
  sourcesAsked,
  sourceSums,
  sums,
  totalsInScope,
} from './scope.js';
import type { Page, Rows, Scope, ScopeParameters, TotalsTable } from './scope.js';

/** Which senders: `fail` those with a failing message in range, `pass` those without one; `newlySeen` those first seen in range. */
export interface SenderChoice {
  readonly result: 'all' | 'fail' | 'pass';
  readonly newlySeen: boolean;
}

/** What a sender of a policy domain sent on the event days asked for. Days are Unix seconds at midnight UTC. */
export interface SenderStat {
  readonly domain: string;
  /** Empty: source IPs that no evaluation has looked at. */
  readonly sender: string;
  readonly title: string;
  readonly kind: string | null;
  readonly source_class: SourceClass;
  readonly class_evidence: string | null;
  readonly known: string | null;
  readonly messages: number;
  readonly pass: number;
  readonly fail: number;
  readonly pass_both: number;
  readonly pass_dkim: number;
  readonly pass_spf: number;
  readonly sources: number;
  readonly last_seen: number;
  /** Over all of history, of the source IPs in range. */
  readonly first_seen: number;
}

const sqlOf = (table: TotalsTable) => `
WITH sums AS MATERIALIZED (
  SELECT t.domain_id, ${senderOfSource} AS sender, t.source_id, ${sums},
         sum(iif(t.verdict = 'pass_both', t.messages, 0)) AS pass_both,
         sum(iif(t.verdict = 'pass_dkim', t.messages, 0)) AS pass_dkim,
         sum(iif(t.verdict = 'pass_spf', t.messages, 0)) AS pass_spf,
         max(t.day) AS last_day,
         (SELECT first_day FROM source_starts b WHERE b.domain_id = t.domain_id AND b.source_id = t.source_id) AS first_day
  FROM ${table} t WHERE ${totalsInScope(table)} GROUP BY t.domain_id, sender, t.source_id
), g AS MATERIALIZED (
  SELECT domain_id, sender, sum(messages) AS messages, sum(pass) AS pass, sum(fail) AS fail, sum(pass_both) AS pass_both,
         sum(pass_dkim) AS pass_dkim, sum(pass_spf) AS pass_spf, count(*) AS sources, max(last_day) AS last_seen, min(first_day) AS first_seen
  FROM sums GROUP BY domain_id, sender
), aged AS (
  SELECT g.*
  FROM g WHERE @result = 'all' OR (@result = 'fail') = (g.fail > 0)
)
SELECT d.name AS domain, a.*, coalesce(x.title, s.title, '') AS title, s.kind, coalesce(s.class, 'unknown') AS source_class,
       s.class_evidence, s.known
FROM aged a JOIN domains d ON d.id = a.domain_id
LEFT JOIN senders s ON s.domain_id = a.domain_id AND s.sender = a.sender
LEFT JOIN sender_decisions x ON x.domain_id = a.domain_id AND x.sender = a.sender
WHERE NOT @seen OR a.first_seen >= @first
ORDER BY a.fail DESC, a.messages DESC, d.name, a.sender LIMIT @limit OFFSET @offset`;

/** The same without a reporter, most of the days stored: ranked by what an index has, then only those that are shown are summed up. */
const streamedSql = `
WITH g AS MATERIALIZED (${sourceSums}
), named AS MATERIALIZED (
  SELECT g.*, ${senderOfSums} AS sender,
         iif(@seen, (SELECT b.first_day FROM source_starts b WHERE b.domain_id = g.domain_id AND b.source_id = g.source_id), 0) AS first_day
  FROM g WHERE ${sourcesAsked}
), ranked AS MATERIALIZED (
  SELECT n.domain_id, d.name AS domain, n.sender, sum(n.messages) AS messages, sum(n.fail) AS fail, count(*) AS sources
  FROM named n JOIN domains d ON d.id = n.domain_id GROUP BY n.domain_id, n.sender
  HAVING (@result = 'all' OR (@result = 'fail') = (sum(n.fail) > 0)) AND (NOT @seen OR min(n.first_day) >= @first)
  ORDER BY fail DESC, messages DESC, domain, n.sender LIMIT @limit OFFSET @offset
), shown AS MATERIALIZED (
  SELECT k.domain_id, k.sender, sum(iif(x.verdict = 'pass_both', x.messages, 0)) AS pass_both,
         sum(iif(x.verdict = 'pass_dkim', x.messages, 0)) AS pass_dkim,
         sum(iif(x.verdict = 'pass_spf', x.messages, 0)) AS pass_spf,
         max(x.day) AS last_seen, min(b.first_day) AS first_seen
  FROM named n JOIN ranked k ON k.domain_id = n.domain_id AND k.sender = n.sender
  CROSS JOIN source_days x INDEXED BY source_days_by_source
    ON x.domain_id = n.domain_id AND x.source_id = n.source_id AND x.day BETWEEN @first AND @last
  LEFT JOIN source_starts b ON b.domain_id = n.domain_id AND b.source_id = n.source_id
  GROUP BY k.domain_id, k.sender
)
SELECT k.domain, k.domain_id, k.sender, k.messages, k.messages - k.fail AS pass, k.fail, w.pass_both, w.pass_dkim, w.pass_spf, k.sources,
       w.last_seen, w.first_seen, coalesce(x.title, s.title, '') AS title, s.kind, coalesce(s.class, 'unknown') AS source_class,
       s.class_evidence, s.known
FROM ranked k JOIN shown w ON w.domain_id = k.domain_id AND w.sender = k.sender
LEFT JOIN senders s ON s.domain_id = k.domain_id AND s.sender = k.sender
LEFT JOIN sender_decisions x ON x.domain_id = k.domain_id AND x.sender = k.sender
ORDER BY k.fail DESC, k.messages DESC, k.domain, k.sender`;

type Parameters = ScopeParameters & {
  readonly result: string;
  readonly seen: number;
  readonly limit: number;
  readonly offset: number;
};

/** Most failing first. */
export function readSenderStats(db: Connection): (scope: Scope, choice: SenderChoice, page: Page) => Rows<SenderStat> {
  const open = openTotals({ bySource: true }, (table) =>
    db.prepare<Parameters, SenderStat & { readonly domain_id: number }>(sqlOf(table)),
  );
  const streamed = db.prepare<Parameters, SenderStat & { readonly domain_id: number }>(streamedSql);
  const isMost = openIsMost(db);
  return (scope, { result, newlySeen }, page) => {
    const statement = scope.reporters === null && isMost(scope) ? streamed : open(scope);
    const found = statement.all({
      ...scopeParameters(scope),
      result,
      seen: newlySeen ? 1 : 0,
      limit: page.limit + 1,
      offset: offsetOf(page),
    });
    const { rows, next } = pageByOffset(found, page);
    return { rows: rows.map(({ domain_id: _, ...row }) => row), next };
  };
}
