import type { SourceClass } from '../../model/finding.js';
import type { Connection } from '../database.js';
import {
  domainIds,
  offsetOf,
  openIsMost,
  openTotals,
  pageByOffset,
  reporterIds,
  scopeParameters,
  sourcesAsked,
  sourceSums,
  sums,
  totalsInScope,
} from './scope.js';
import type { Page, Rows, Scope, ScopeParameters, TotalsTable } from './scope.js';
import { readSourceEvidence } from './source-evidence.js';
import type { SourceEvidence } from './source-evidence.js';

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

const failing = "t.verdict = 'fail'";
const ofSource = 'FROM daily_totals h WHERE h.source_id = g.source_id AND h.domain_id = g.domain_id';
const firstDay = '(SELECT first_day FROM source_starts WHERE domain_id = g.domain_id AND source_id = g.source_id)';

const sumsOf = `t.domain_id, t.source_id, ${sums},
         sum(iif(${failing} AND t.disposition = 'none', t.messages, 0)) AS disposition_none,
         sum(iif(${failing} AND t.disposition = 'quarantine', t.messages, 0)) AS disposition_quarantine,
         sum(iif(${failing} AND t.disposition = 'reject', t.messages, 0)) AS disposition_reject`;

/** All source IPs in scope, and of them those that are asked for. */
const everySource = (table: TotalsTable) => `
WITH g AS MATERIALIZED (
  SELECT ${sumsOf} FROM ${table} t WHERE ${totalsInScope(table)} GROUP BY t.domain_id, t.source_id
), picked AS MATERIALIZED (
  SELECT * FROM g
  WHERE (@result = 'all' OR (@result = 'fail') = (fail > 0))
    AND (NOT @seen OR ${firstDay} >= @first)
    AND (NOT @failed OR (SELECT min(h.day) ${ofSource} AND h.verdict = 'fail') >= @first)
  ORDER BY fail DESC, messages DESC, domain_id, source_id LIMIT @limit OFFSET @offset
)`;

/** The same without a reporter, most of the days stored: ranked by what an index has, then only those that are shown are summed up. */
const streamedSources = `
WITH g AS MATERIALIZED (${sourceSums}
), ranked AS MATERIALIZED (
  SELECT g.* FROM g
  WHERE ${sourcesAsked}
    AND (@result = 'all' OR (@result = 'fail') = (fail > 0))
    AND (NOT @seen OR ${firstDay} >= @first)
    AND (NOT @failed OR (SELECT min(h.day) ${ofSource} AND h.verdict = 'fail') >= @first)
  ORDER BY fail DESC, messages DESC, domain_id, source_id LIMIT @limit OFFSET @offset
), picked AS MATERIALIZED (
  SELECT ${sumsOf} FROM ranked k CROSS JOIN source_days t INDEXED BY source_days_by_source
    ON t.domain_id = k.domain_id AND t.source_id = k.source_id AND t.day BETWEEN @first AND @last
  GROUP BY t.domain_id, t.source_id
)`;

/** Few source IPs fail, so those are found first and only they are summed up: out of an index that holds failing rows alone. */
const failingSources = `
WITH bad AS MATERIALIZED (
  SELECT t.domain_id, t.source_id, sum(t.messages) AS fail FROM source_days t INDEXED BY source_days_failing
  WHERE ${failing} AND ${totalsInScope('source_days')} GROUP BY t.domain_id, t.source_id HAVING fail > 0
), asked AS MATERIALIZED (
  SELECT g.* FROM bad g
  WHERE (NOT @seen OR ${firstDay} >= @first)
    AND (NOT @failed OR (SELECT min(h.day) ${ofSource} AND h.verdict = 'fail') >= @first)
), worst AS MATERIALIZED (
  SELECT * FROM asked WHERE fail >= coalesce((SELECT fail FROM asked ORDER BY fail DESC LIMIT 1 OFFSET @limit + @offset - 1), 0)
), picked AS MATERIALIZED (
  SELECT ${sumsOf} FROM worst w CROSS JOIN source_days t INDEXED BY source_days_by_source
    ON t.source_id = w.source_id AND t.domain_id = w.domain_id AND t.day BETWEEN @first AND @last
  GROUP BY t.domain_id, t.source_id ORDER BY fail DESC, messages DESC, t.domain_id, t.source_id LIMIT @limit OFFSET @offset
)`;

/** Source IPs whose first day is in the range. */
const startingSources = `
WITH g AS MATERIALIZED (
  SELECT ${sumsOf} FROM source_starts b CROSS JOIN daily_totals t INDEXED BY daily_totals_by_source
    ON t.source_id = b.source_id AND t.domain_id = b.domain_id
  WHERE b.domain_id IN ${domainIds} AND b.first_day BETWEEN @first AND @last AND ${totalsInScope('daily_totals')}
  GROUP BY t.domain_id, t.source_id
), picked AS MATERIALIZED (
  SELECT * FROM g
  WHERE (@result = 'all' OR (@result = 'fail') = (fail > 0))
    AND (NOT @failed OR (SELECT min(h.day) ${ofSource} AND h.verdict = 'fail') >= @first)
  ORDER BY fail DESC, messages DESC, domain_id, source_id LIMIT @limit OFFSET @offset
)`;

const described = (picked: string, reporters: string) => `${picked}
SELECT g.*, d.name AS domain, s.ip AS source_ip,
       (SELECT count(DISTINCT t.reporter_id) FROM daily_totals t INDEXED BY daily_totals_by_source
        WHERE t.source_id = g.source_id AND t.domain_id = g.domain_id AND t.day BETWEEN @first AND @last${reporters}) AS reporters,
       (SELECT p.name FROM ptr_names p WHERE p.source_id = g.source_id) AS ptr,
       coalesce(o.sender, '') AS sender, coalesce(x.title, n.title, '') AS sender_title,
       coalesce(n.class, 'unknown') AS source_class, n.class_evidence,
       ${firstDay} AS first_seen,
       (SELECT max(h.day) ${ofSource}) AS last_seen,
       (SELECT min(h.day) ${ofSource} AND h.verdict = 'fail') AS first_failed,
       (SELECT max(h.day) ${ofSource} AND h.verdict = 'fail') AS last_failed
FROM picked g JOIN domains d ON d.id = g.domain_id JOIN sources s ON s.id = g.source_id
LEFT JOIN source_senders o ON o.domain_id = g.domain_id AND o.source_id = g.source_id
LEFT JOIN senders n ON n.domain_id = o.domain_id AND n.sender = o.sender
LEFT JOIN sender_decisions x ON x.domain_id = o.domain_id AND x.sender = o.sender
ORDER BY g.fail DESC, g.messages DESC, g.domain_id, g.source_id`;

/** With more of them than this, as in a store that is younger than the range, one pass over all source IPs reads less. */
const fewStarts = 1_000;

const startsProbe = `SELECT count(*) FROM (
  SELECT 1 FROM source_starts b WHERE b.domain_id IN ${domainIds} AND b.first_day BETWEEN @first AND @last LIMIT ${fewStarts + 1}
)`;

/** The statement that reads the fewest rows for a choice. */
function openStatements(db: Connection) {
  const prepare = (sql: string) => db.prepare<Parameters, SourceSums>(sql);
  const asked = `\n          AND (@reporters IS NULL OR t.reporter_id IN ${reporterIds})`;
  const every = openTotals({ bySource: true }, (table) => prepare(described(everySource(table), asked)));
  const streamed = prepare(described(streamedSources, ''));
  const isMost = openIsMost(db);
  const failed = prepare(described(failingSources, ''));
  const starting = prepare(described(startingSources, asked));
  const starts = db.prepare<Pick<ScopeParameters, 'domains' | 'first' | 'last'>, number>(startsProbe).pluck();
  return (scope: Scope, { result, newlySeen, newlyFailed }: SourceChoice) => {
    if (scope.reporters === null && (result === 'fail' || (newlyFailed && result === 'all'))) return failed;
    const { domains, first, last } = scopeParameters(scope);
    const few = newlySeen && (starts.get({ domains, first, last }) ?? 0) <= fewStarts;
    if (few) return starting;
    return scope.reporters === null && isMost(scope) ? streamed : every(scope);
  };
}

export function readSources(db: Connection): (scope: Scope, choice: SourceChoice, page: Page) => Rows<StoredSource> {
  const statementFor = openStatements(db);
  const evidenceOf = readSourceEvidence(db);
  return (scope, choice, page) => {
    const found = statementFor(scope, choice).all({
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
