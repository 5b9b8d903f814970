import { limits } from '../config/limits.js';
import type { Scope, SourceKindDay } from '../model/history.js';
import type { Connection } from './database.js';
import { openEpoch } from './epoch.js';
import { farFuture } from './history-scope.js';
import { Kept } from './kept.js';
import { kindSums } from './kind-sums.js';

/** One source IP at a time, in the order of the index: for many at once SQLite would sort all their rows. */
const daysSql = `SELECT @source AS sourceId, (SELECT ip FROM sources WHERE id = @source) AS ip, x.reporter_id AS reporterId,
    x.day, ${kindSums}
  FROM daily_totals x INDEXED BY daily_totals_by_source
  WHERE x.source_id = @source AND x.domain_id = @domain AND x.day BETWEEN @from AND @to
  GROUP BY x.day, x.reporter_id HAVING sum(x.messages) > 0`;

const changedSql = `SELECT min(r.first_day) AS "from", max(r.last_day) AS "to"
  FROM records c CROSS JOIN reports r ON r.id = c.report
  WHERE c.source_id = @source AND c.report > @after AND r.domain_id = @domain`;

/** All days of a source IP from `from` on, by day and reporter, as the reports up to `through` (store id) made them. */
interface Days {
  readonly from: number;
  readonly through: number;
  readonly rows: readonly SourceKindDay[];
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * Reads daily totals of source IPs. What was read before is kept, and only the days of reports that came since are read again:
 * an evaluation asks for months of the same source IPs after every mail.
 */
export function openSourceDays(db: Connection, bound: number = limits.keptDays): (scope: Scope) => SourceKindDay[] {
  type Of = { readonly source: number; readonly domain: number };
  const read = db.prepare<[Of & Range], SourceKindDay>(daysSql);
  const changed = db.prepare<[Of & { readonly after: number }], { from: number | null; to: number | null }>(changedSql);
  const newest = db.prepare<[], number | null>('SELECT max(id) FROM reports').pluck();
  const kept = new Kept<Days>(openEpoch(db), bound);

  const renewed = (days: Days, of: Of, through: number): Days => {
    const { from, to } = changed.get({ ...of, after: days.through }) ?? { from: null, to: null };
    if (from === null || to === null || to < days.from) return { ...days, through };
    const range = { from: Math.max(from, days.from), to };
    const [start, end] = placeOf(days.rows, range);
    const rows = [...days.rows.slice(0, start), ...read.all({ ...of, ...range }), ...days.rows.slice(end)];
    return { ...days, through, rows };
  };
  const daysOf = (of: Of, from: number, through: number): Days => {
    const key = `${of.domain} ${of.source}`;
    const known = kept.get(key);
    if (known === null || known.from > from)
      return kept.set(key, { from, through, rows: read.all({ ...of, from, to: farFuture }) });
    return known.through === through ? known : kept.set(key, renewed(known, of, through));
  };
  return ({ domainId: domain, sourceIds, from, to }) => {
    const through = newest.get() ?? 0;
    kept.refresh(through);
    return sourceIds.flatMap((source) => {
      const { rows } = daysOf({ source, domain }, from, through);
      return rows.slice(...placeOf(rows, { from, to }));
    });
  };
}

/** From which row to which (not included) the days of a range are. */
function placeOf(rows: readonly SourceKindDay[], { from, to }: Range): [start: number, end: number] {
  return [firstAt(rows, from), firstAt(rows, to + 1)];
}

/** The place of the first row of `day` or later. */
function firstAt(rows: readonly SourceKindDay[], day: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle]?.day ?? day) < day) low = middle + 1;
    else high = middle;
  }
  return low;
}
