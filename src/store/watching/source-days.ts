import { limits } from '../../config/limits.js';
import type { Scope, SourceKindDay } from '../../model/history.js';
import type { Connection } from '../database.js';
import { openEpoch } from '../epoch.js';
import { farFuture } from './history-scope.js';
import { Kept } from './kept.js';
import { addedKinds, kindSums } from './kind-sums.js';
import { openNewsOfSources } from './news-of-sources.js';
import type { SourceNews } from './news-of-sources.js';

/** One source IP at a time, in the order of the index: for many at once SQLite would sort all their rows. */
const daysSql = `SELECT @source AS sourceId, (SELECT ip FROM sources WHERE id = @source) AS ip, x.reporter_id AS reporterId,
    x.day, ${kindSums}
  FROM daily_totals x INDEXED BY daily_totals_by_source
  WHERE x.source_id = @source AND x.domain_id = @domain AND x.day BETWEEN @from AND @to
  GROUP BY x.day, x.reporter_id HAVING sum(x.messages) > 0`;

const changedSql = `SELECT min(r.first_day) AS "from", max(r.last_day) AS "to"
  FROM records c CROSS JOIN reports r ON r.id = c.report
  WHERE c.source_id = @source AND c.report > @after AND r.domain_id = @domain`;

export interface SourceOfDomainId {
  readonly domain: number;
  readonly source: number;
}

/** Event days, both included. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** Reads the days of a source IP by reporter, ascending. */
export function openReadDays(db: Connection): (of: SourceOfDomainId, range: Range) => SourceKindDay[] {
  const read = db.prepare<[SourceOfDomainId & Range], SourceKindDay>(daysSql);
  return (of, range) => read.all({ ...of, ...range });
}

/** The days of a source IP that reports after a store id touch; null when there are none. */
export function openChangedDays(db: Connection): (of: SourceOfDomainId, after: number) => Range | null {
  type Row = { readonly from: number | null; readonly to: number | null };
  const changed = db.prepare<[SourceOfDomainId & { readonly after: number }], Row>(changedSql);
  return (of, after) => {
    const { from, to } = changed.get({ ...of, after }) ?? { from: null, to: null };
    return from === null || to === null ? null : { from, to };
  };
}

/** All days of a source IP from `from` on, by day and reporter, as the reports up to `through` (store id) made them. */
interface Days {
  readonly from: number;
  readonly through: number;
  readonly rows: readonly SourceKindDay[];
}

/**
 * Reads daily totals of source IPs. What was read before is kept, and only the days of reports that came since are read again:
 * an evaluation asks for months of the same source IPs after every mail.
 */
export function openSourceDays(db: Connection, bound: number = limits.keptDays): (scope: Scope) => SourceKindDay[] {
  const read = openReadDays(db);
  const changed = openChangedDays(db);
  const newest = db.prepare<[], number | null>('SELECT max(id) FROM reports').pluck();
  const newsOf = openNewsOfSources(db);
  const kept = new Kept<Days>(openEpoch(db), bound);

  const reread = (days: Days, of: SourceOfDomainId, through: number): Days => {
    const range = changed(of, days.through);
    if (range === null || range.to < days.from) return { ...days, through };
    const wanted = { from: Math.max(range.from, days.from), to: range.to };
    const [start, end] = placeOf(days.rows, wanted);
    return { ...days, through, rows: [...days.rows.slice(0, start), ...read(of, wanted), ...days.rows.slice(end)] };
  };
  return ({ domainId: domain, sourceIds, from, to }) => {
    const through = newest.get() ?? 0;
    kept.refresh(through);
    const newsSince = newsOf(through);
    const daysOf = (source: number): Days => {
      const of = { source, domain };
      const key = `${domain} ${source}`;
      const known = kept.get(key);
      if (known === null || known.from > from)
        return kept.set(key, { from, through, rows: read(of, { from, to: farFuture }) });
      const news = newsSince(domain, source, known.through);
      if (news?.length === 0) return known;
      return kept.set(
        key,
        news === null ? reread(known, of, through) : { ...known, through, rows: withNews(known, news) },
      );
    };
    return sourceIds.flatMap((source) => {
      const { rows } = daysOf(source);
      return rows.slice(...placeOf(rows, { from, to }));
    });
  };
}

/** The rows with what reports of one day added. */
function withNews({ from, rows: before }: Days, news: readonly SourceNews[]): SourceKindDay[] {
  const rows = [...before];
  for (const { report: _, ...added } of news) {
    if (added.day < from) continue;
    let place = firstAt(rows, added.day);
    while (rows[place]?.day === added.day && (rows[place]?.reporterId ?? 0) < added.reporterId) place += 1;
    const own = rows[place];
    const isThere = own?.day === added.day && own.reporterId === added.reporterId;
    rows.splice(place, isThere ? 1 : 0, isThere ? addedKinds(own, added) : added);
  }
  return rows;
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
