import type { Connection } from '../database.js';
import { reportsInEventDays, scopeParameters } from './scope.js';
import type { Scope, ScopeParameters } from './scope.js';

type Parameters = ScopeParameters & { readonly after: number; readonly limit: number };

/** Row ids of reports that touch the event days of a scope and are behind `after`, in the order they were stored. */
export function readReportIds(db: Connection): (scope: Scope, after: number, limit: number) => readonly number[] {
  // By row id, so that a page costs no more than its rows: the index by domain would be sorted anew for each.
  const condition = reportsInEventDays.replace('r.domain_id IN', '+r.domain_id IN');
  const statement = db
    .prepare<Parameters, number>(
      `SELECT r.id FROM reports r WHERE r.id > @after AND ${condition} ORDER BY r.id LIMIT @limit`,
    )
    .pluck();
  return (scope, after, limit) => statement.all({ ...scopeParameters(scope), after, limit });
}
