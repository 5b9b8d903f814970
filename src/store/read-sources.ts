import type { SourceClass } from '../model/finding.js';
import type { Connection } from './database.js';
import { dailyInScope, offsetOf, pageByOffset, scopeParameters, sums } from './read-scope.js';
import type { Page, Rows, Scope, ScopeParameters } from './read-scope.js';
import { readSourceEvidence } from './read-source-evidence.js';
import type { SourceEvidence } from './read-source-evidence.js';

/** Which sources: `fail` those with a failing message, `pass` those without one; `new*` those first seen, or first failing, in range. */
export interface SourceChoice {
  readonly result: 'all' | 'fail' | 'pass';
  readonly newlySeen: boolean;
  readonly newlyFailed: boolean;
}

interface SourceSums {
  readonly domain_id: number;
  readonly source_id: number;
  readonly domain: string;
  readonly source_ip: string;
  /** Confirmed name, that of an address pool too; null when none is known. */
  readonly ptr: string | null;
  /** Empty before an evaluation looked at it. */
  readonly sender: string;
  readonly sender_title: string;
  readonly source_class: SourceClass;
  readonly class_evidence: string | null;
  readonly messages: number;
  readonly pass: number;
  readonly fail: number;
  readonly reporters: number;
  /** Dispositions of the failing messages. */
  readonly disposition_none: number;
  readonly disposition_quarantine: number;
  readonly disposition_reject: number;
  /** Event days over all of history, Unix seconds at midnight; failed ones null when it never failed. */
  readonly first_seen: number;
  readonly last_seen: number;
  readonly first_failed: number | null;
  readonly last_failed: number | null;
}

/** One source IP of one policy domain. */
export type StoredSource = Omit<SourceSums, 'domain_id' | 'source_id'> & SourceEvidence;

type Parameters = ScopeParameters & {
  readonly limit: number;
  readonly offset: number;
  readonly result: string;
  readonly seen: number;
  readonly failed: number;
};

const ofSource = 'FROM daily_totals h WHERE h.source_id = g.source_id AND h.domain_id = g.domain_id';
const failing = "t.verdict = 'fail'";

const sql = `
WITH g AS MATERIALIZED (
  SELECT t.domain_id, t.source_id, ${sums}, count(DISTINCT t.reporter_id) AS reporters,
         sum(iif(${failing} AND t.disposition = 'none', t.messages, 0)) AS disposition_none,
         sum(iif(${failing} AND t.disposition = 'quarantine', t.messages, 0)) AS disposition_quarantine,
         sum(iif(${failing} AND t.disposition = 'reject', t.messages, 0)) AS disposition_reject
  FROM daily_totals t WHERE ${dailyInScope}
  GROUP BY t.domain_id, t.source_id
), picked AS MATERIALIZED (
  SELECT * FROM g
  WHERE (@result = 'all' OR (@result = 'fail') = (fail > 0))
    AND (NOT @seen OR (SELECT min(h.day) ${ofSource}) >= @first)
    AND (NOT @failed OR (SELECT min(h.day) ${ofSource} AND h.verdict = 'fail') >= @first)
  ORDER BY fail DESC, messages DESC, domain_id, source_id LIMIT @limit OFFSET @offset
)
SELECT g.*, d.name AS domain, s.ip AS source_ip,
       (SELECT p.name FROM ptr_names p WHERE p.source_id = g.source_id) AS ptr,
       coalesce(o.sender, '') AS sender, coalesce(x.title, n.title, '') AS sender_title,
       coalesce(n.class, 'unknown') AS source_class, n.class_evidence,
       (SELECT min(h.day) ${ofSource}) AS first_seen,
       (SELECT max(h.day) ${ofSource}) AS last_seen,
       (SELECT min(h.day) ${ofSource} AND h.verdict = 'fail') AS first_failed,
       (SELECT max(h.day) ${ofSource} AND h.verdict = 'fail') AS last_failed
FROM picked g JOIN domains d ON d.id = g.domain_id JOIN sources s ON s.id = g.source_id
LEFT JOIN source_senders o ON o.domain_id = g.domain_id AND o.source_id = g.source_id
LEFT JOIN senders n ON n.domain_id = o.domain_id AND n.sender = o.sender
LEFT JOIN sender_decisions x ON x.domain_id = o.domain_id AND x.sender = o.sender
ORDER BY g.fail DESC, g.messages DESC, g.domain_id, g.source_id`;

export function readSources(db: Connection): (scope: Scope, choice: SourceChoice, page: Page) => Rows<StoredSource> {
  const statement = db.prepare<Parameters, SourceSums>(sql);
  const evidenceOf = readSourceEvidence(db);
  return (scope, choice, page) => {
    const found = statement.all({
      ...scopeParameters(scope),
      limit: page.limit + 1,
      offset: offsetOf(page),
      result: choice.result,
      seen: choice.newlySeen ? 1 : 0,
      failed: choice.newlyFailed ? 1 : 0,
    });
    const { rows, next } = pageByOffset(found, page);
    const explain = evidenceOf(scope);
    return {
      rows: rows.map(({ domain_id, source_id, ...row }) => ({ ...row, ...explain(domain_id, source_id, row.fail) })),
      next,
    };
  };
}
