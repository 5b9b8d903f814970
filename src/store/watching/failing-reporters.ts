import { limits } from '../../config/limits.js';
import type { Scope } from '../../model/history.js';
import type { Connection } from '../database.js';
import { openEpoch } from '../epoch.js';
import { inReports, openBounded, scoped } from './history-scope.js';
import type { BoundedScope } from './history-scope.js';
import { Kept } from './kept.js';

/** Reporters that showed a failure, in reports up to store id `through`. */
interface Reporters {
  readonly through: number;
  readonly rows: readonly number[];
  readonly besides: number;
}

/**
 * Reads which reporters showed failing mail of a scope in reports that arrived by a moment (Unix seconds). A finding asks for the
 * same after every mail: what was read is kept, and only reports that came since are looked through.
 */
export function openFailingReporters(
  db: Connection,
  bound: number = limits.keptReporters,
): (scope: Scope, arrivedBy: number) => readonly number[] {
  const read = db
    .prepare<[BoundedScope & { arrivedBy: number }], number>(
      `SELECT DISTINCT r.reporter_id
       FROM json_each(@ids) i
       CROSS JOIN records c INDEXED BY records_failing ON c.source_id = i.value AND c.verdict = 'fail' AND c.report ${inReports}
       CROSS JOIN reports r ON r.id = c.report
       WHERE r.domain_id = @domain AND r.last_day >= @from AND r.first_day <= @to AND r.authenticity <> 'failed'
         AND c.messages > 0 AND r.arrived_at <= @arrivedBy`,
    )
    .pluck();
  const newest = db.prepare<[], number | null>('SELECT max(id) FROM reports').pluck();
  const bounded = openBounded(db);
  const kept = new Kept<Reporters>(openEpoch(db), bound);
  return (scope, arrivedBy) => {
    const through = newest.get() ?? 0;
    const parameters = scoped(scope);
    const key = [parameters.domain, parameters.from, parameters.to, arrivedBy, parameters.ids].join(' ');
    const known = kept.refresh(through).get(key);
    const besides = scope.sourceIds.length;
    if (known === null) {
      const rows = read.all({ ...bounded(parameters), arrivedBy });
      return kept.set(key, { through, rows, besides }).rows;
    }
    if (known.through === through) return known.rows;
    const added = read.all({ ...parameters, low: known.through + 1, high: through, arrivedBy });
    return kept.set(key, { through, rows: [...new Set([...known.rows, ...added])], besides }).rows;
  };
}
