import type { Connection } from '../database.js';
import { reportEnd } from '../report-end.js';
import {
  domainIds,
  isEverything,
  offsetOf,
  openTotals,
  pageByOffset,
  reportsInEventDays,
  scopeParameters,
  sums,
  totalsInScope,
} from './scope.js';
import type { Page, Rows, Scope, ScopeParameters, TotalsTable } from './scope.js';

/** One reporter over the event days asked for. Times in Unix seconds. */
export interface StoredReporter {
  readonly reporter: string;
  readonly reports: number;
  readonly messages: number;
  readonly pass: number;
  readonly fail: number;
  readonly last_report_at: number | null;
  readonly domains: number;
  /** Event days that its reports end on. */
  readonly days: number;
  /** From the stated end of a report to its arrival, on average. */
  readonly delay_hours: number | null;
}

type Parameters = ScopeParameters & { readonly limit: number; readonly offset: number };

/** Reports without a record are reports too, so the list starts from them. */
const fromReports = `
  SELECT r.reporter_id, count(*) AS reports, max(r.arrived_at) AS last_report_at,
         count(DISTINCT r.domain_id) AS domains, count(DISTINCT r.last_day) AS days,
         round(avg(max(0, r.arrived_at - ${reportEnd})) / 3600, 1) AS delay_hours
  FROM reports r WHERE ${reportsInEventDays}
    AND (@sources IS NULL OR EXISTS (SELECT 1 FROM records c JOIN sources s ON s.id = c.source_id
         WHERE s.ip IN (SELECT value FROM json_each(@sources)) AND c.report = r.id))
  GROUP BY r.reporter_id`;

const sqlOf = (table: TotalsTable) => `
WITH received AS (${fromReports}
), totals AS (
  SELECT t.reporter_id, ${sums} FROM ${table} t WHERE ${totalsInScope(table)} GROUP BY t.reporter_id
)
SELECT o.name AS reporter, v.reports, coalesce(t.messages, 0) AS messages, coalesce(t.pass, 0) AS pass,
       coalesce(t.fail, 0) AS fail, v.last_report_at, v.domains, v.days, v.delay_hours
FROM received v JOIN reporters o ON o.id = v.reporter_id LEFT JOIN totals t ON t.reporter_id = v.reporter_id
ORDER BY messages DESC, o.key LIMIT @limit OFFSET @offset`;

/** All reports, out of their sums. What cannot be summed up is searched for those shown: the newest arrival, and which domains there are. */
const summedSql = `
WITH received AS (
  SELECT v.reporter_id, sum(v.reports) AS reports, count(DISTINCT v.last_day) AS days,
         round(sum(v.delay) * 1.0 / sum(v.reports) / 3600, 1) AS delay_hours
  FROM received_days v WHERE v.last_day >= @first AND v.first_day <= @last GROUP BY v.reporter_id
), totals AS (
  SELECT t.reporter_id, ${sums} FROM reporter_days t WHERE ${totalsInScope('reporter_days')} GROUP BY t.reporter_id
), picked AS MATERIALIZED (
  SELECT v.*, o.name AS reporter, o.key, coalesce(t.messages, 0) AS messages, coalesce(t.pass, 0) AS pass, coalesce(t.fail, 0) AS fail
  FROM received v JOIN reporters o ON o.id = v.reporter_id LEFT JOIN totals t ON t.reporter_id = v.reporter_id
  ORDER BY messages DESC, o.key LIMIT @limit OFFSET @offset
)
SELECT k.reporter, k.reports, k.messages, k.pass, k.fail,
       (SELECT max((SELECT r.arrived_at FROM reports r INDEXED BY reports_by_reporter
                    WHERE r.reporter_id = k.reporter_id AND r.last_day = v.last_day AND r.first_day = v.first_day
                      AND r.domain_id IN ${domainIds} ORDER BY r.arrived_at DESC LIMIT 1))
        FROM received_days v WHERE v.reporter_id = k.reporter_id AND v.last_day >= @first AND v.first_day <= @last) AS last_report_at,
       (SELECT count(*) FROM ${domainIds} d WHERE EXISTS (
          SELECT 1 FROM reports r INDEXED BY reports_by_pair
          WHERE r.reporter_id = k.reporter_id AND r.domain_id = d.id AND r.last_day >= @first AND r.first_day <= @last)) AS domains,
       k.days, k.delay_hours
FROM picked k ORDER BY k.messages DESC, k.key`;

export function readReporters(db: Connection): (scope: Scope, page: Page) => Rows<StoredReporter> {
  const prepare = (sql: string) => db.prepare<Parameters, StoredReporter>(sql);
  const open = openTotals({ byReporter: true }, (table) => prepare(sqlOf(table)));
  const summed = prepare(summedSql);
  return (scope, page) => {
    const found = (isEverything(scope) ? summed : open(scope)).all({
      ...scopeParameters(scope),
      limit: page.limit + 1,
      offset: offsetOf(page),
    });
    return pageByOffset(found, page);
  };
}
