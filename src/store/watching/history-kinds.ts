import { daySeconds } from '../../base/clock.js';
import type { Scope, SourceKindDay } from '../../model/history.js';
import type { Connection } from '../database.js';
import { openIsClean } from './history-clean.js';
import { inReports, openBounded, scoped } from './history-scope.js';
import type { BoundedScope } from './history-scope.js';
import { addedKinds, kinds, kindSums } from './kind-sums.js';
import { openSourceDays } from './source-days.js';

const fromRecords = `SELECT x.source_id AS sourceId, s.ip, r.reporter_id AS reporterId, r.first_day AS first, r.last_day AS last,
    ${kindSums}
  FROM json_each(@ids) i
  CROSS JOIN records x ON x.source_id = i.value AND x.report ${inReports} CROSS JOIN reports r ON r.id = x.report
  CROSS JOIN sources s ON s.id = x.source_id
  WHERE r.domain_id = @domain AND r.last_day >= @from AND r.first_day <= @to AND r.authenticity <> 'failed'
  GROUP BY x.source_id, r.id`;

type Share = Omit<SourceKindDay, 'day'> & { readonly first: number; readonly last: number };

/** Reads how messages of sources ended: from the totals, or from the records when a report that failed authentication is among them. */
export function openKindDays(db: Connection): (scope: Scope) => SourceKindDay[] {
  const totals = openSourceDays(db);
  const records = db.prepare<[BoundedScope], Share>(fromRecords);
  const isClean = openIsClean(db);
  const bounded = openBounded(db);
  return (scope) => {
    const parameters = scoped(scope);
    if (!isClean(parameters)) return merged(records.all(bounded(parameters)).flatMap(spread), scope);
    return totals(scope);
  };
}

/** A report of several days counts in equal shares, whole messages that add up exactly, as in the totals. */
function spread({ first, last, ...share }: Share): SourceKindDay[] {
  const n = (last - first) / daySeconds + 1;
  const part = (total: number, i: number) => Math.floor((total * (i + 1)) / n) - Math.floor((total * i) / n);
  return Array.from({ length: n }, (_, i) => {
    const day: Record<string, number> = {};
    for (const kind of kinds) day[kind] = part(share[kind], i);
    return { ...share, ...day, day: first + i * daySeconds };
  });
}

function merged(rows: readonly SourceKindDay[], scope: Scope): SourceKindDay[] {
  const days = new Map<string, SourceKindDay>();
  for (const row of rows) {
    if (row.day < scope.from || row.day > scope.to) continue;
    const key = `${row.sourceId} ${row.reporterId} ${row.day}`;
    const known = days.get(key);
    days.set(key, known === undefined ? row : addedKinds(known, row));
  }
  return [...days.values()].filter((row) => kinds.some((kind) => row[kind] > 0));
}
