import type { Connection } from '../database.js';
import { inReports, openBounded } from './history-scope.js';
import type { BoundedScope, ScopeParameters } from './history-scope.js';

const hasFailedReports = `SELECT 1 FROM reports
  WHERE domain_id = @domain AND last_day >= @from AND first_day <= @to AND authenticity = 'failed' LIMIT 1`;

const isInFailedReports = `SELECT 1 FROM json_each(@ids) i
  CROSS JOIN records c ON c.source_id = i.value AND c.report ${inReports} CROSS JOIN reports r ON r.id = c.report
  WHERE r.domain_id = @domain AND r.last_day >= @from AND r.first_day <= @to AND r.authenticity = 'failed' LIMIT 1`;

/** Whether no report that failed authentication is in the totals of a scope. */
export function openIsClean(db: Connection): (parameters: ScopeParameters) => boolean {
  const someFailed = db.prepare<[ScopeParameters], number>(hasFailedReports);
  const theseFailed = db.prepare<[BoundedScope], number>(isInFailedReports);
  const bounded = openBounded(db);
  return (parameters) => someFailed.get(parameters) === undefined || theseFailed.get(bounded(parameters)) === undefined;
}
