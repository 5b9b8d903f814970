import { daySeconds } from '../../base/clock.js';
import { limits } from '../../config/limits.js';
import type { SourceKindDay } from '../../model/history.js';
import type { KindDay, SenderSums } from '../../model/sender.js';
import type { Connection } from '../database.js';
import { openEpoch } from '../epoch.js';
import { openIsClean } from './history-clean.js';
import { openKindDays } from './history-kinds.js';
import { farFuture, scoped } from './history-scope.js';
import type { ScopeParameters } from './history-scope.js';
import { Kept } from './kept.js';
import { kindSums } from './kind-sums.js';
import { openNewsOfSources } from './news-of-sources.js';
import type { SourceNews } from './news-of-sources.js';
import { openChangedDays, openReadDays } from './source-days.js';
import type { SourceOfDomainId } from './source-days.js';

/** The days of a source IP from `from` on, whatever the reporter, as the reports up to store id `through` made them. */
interface Days {
  readonly from: number;
  readonly through: number;
  readonly rows: readonly KindDay[];
  /** The last day of DKIM passes, by reporter. */
  readonly dkimReporters: ReadonlyMap<number, number>;
  /** Of the rows. */
  readonly sum: Sum;
}

/** Sums up what source IPs sent for a domain since a day. */
export function openSenderSums(
  db: Connection,
  bound: number = limits.keptSums,
): (domainId: number, sourceIds: readonly number[], from: number) => SenderSums {
  const daysOf = openDays(db, bound);
  const totals = openTotals(db);
  const kindDays = openKindDays(db);
  const isClean = openIsClean(db);
  return (domainId, sourceIds, from) => {
    const scope = { domainId, sourceIds, from, to: farFuture };
    const parameters = scoped(scope);
    const clean = isClean(parameters);
    const all = clean ? daysOf(domainId, sourceIds, from) : [daysFrom(kindDays(scope), from)];
    if (all === null) return totals(parameters);
    const sum = emptySum();
    const reporters = new Set<number>();
    for (const each of all) {
      addCounts(sum, each.sum);
      addDays(sum.spfDays, each.sum.spfDays);
      addDays(sum.dkimDays, each.sum.dkimDays);
      for (const [id, day] of each.dkimReporters) if (day >= from) reporters.add(id);
    }
    const { spfDays, dkimDays, day: _, ...counts } = sum;
    return { ...counts, spfDays: countDays(spfDays), dkimDays: countDays(dkimDays), dkimReporters: reporters.size };
  };
}

/** Where there is no room to keep days, SQLite adds up faster than days are read. */
function openTotals(db: Connection): (parameters: ScopeParameters) => SenderSums {
  const totals = db.prepare<[ScopeParameters], { [K in keyof SenderSums]: number | null }>(
    `SELECT ${kindSums},
       count(DISTINCT iif(x.verdict IN ('pass_both', 'pass_spf'), x.day, NULL)) AS spfDays,
       count(DISTINCT iif(x.verdict IN ('pass_both', 'pass_dkim'), x.day, NULL)) AS dkimDays,
       count(DISTINCT iif(x.verdict IN ('pass_both', 'pass_dkim'), x.reporter_id, NULL)) AS dkimReporters
     FROM json_each(@ids) i CROSS JOIN daily_totals x INDEXED BY daily_totals_by_source
       ON x.source_id = i.value AND x.domain_id = @domain AND x.day BETWEEN @from AND @to`,
  );
  return (parameters) => {
    const row = totals.get(parameters);
    return row?.both === undefined || row.both === null ? nothingSent : (row as SenderSums);
  };
}

/** Half a year of the same source IPs is asked for day by day: only the days of reports that came since are read again. Null when there is no room. */
function openDays(
  db: Connection,
  bound: number,
): (domain: number, sources: readonly number[], from: number) => readonly Days[] | null {
  const read = openReadDays(db);
  const changed = openChangedDays(db);
  const newest = db.prepare<[], number | null>('SELECT max(id) FROM reports').pluck();
  const newsOf = openNewsOfSources(db);
  const kept = new Kept<Days>(openEpoch(db), bound);
  const reread = (known: Days, of: SourceOfDomainId, through: number): Days => {
    const range = changed(of, known.through);
    if (range === null) return { ...known, through };
    const added = daysFrom(read(of, { from: Math.max(range.from, known.from), to: range.to }), known.from);
    const before = known.rows.filter((each) => each.day < range.from);
    const after = known.rows.filter((each) => each.day > range.to);
    const dkimReporters = new Map(known.dkimReporters);
    for (const [id, day] of added.dkimReporters) dkimReporters.set(id, Math.max(day, dkimReporters.get(id) ?? day));
    const rows = [...before, ...added.rows, ...after];
    return { from: known.from, through, rows, dkimReporters, sum: sumOf(rows, known.from) };
  };
  const since = (days: Days, from: number): Days => {
    const rows = days.rows.filter((each) => each.day >= from);
    return { ...days, from, rows, sum: sumOf(rows, from) };
  };
  return (domain, sources, from) => {
    const through = newest.get() ?? 0;
    kept.refresh(through);
    const newsSince = newsOf(through);
    const isMissing = (source: number) => (kept.get(`${domain} ${source}`)?.from ?? Infinity) > from;
    if (kept.rows + sources.length * halfYear > bound && sources.some(isMissing)) return null;
    return sources.map((source) => {
      const of = { domain, source };
      const key = `${domain} ${source}`;
      const known = kept.get(key);
      if (known === null || known.from > from)
        return kept.set(key, { ...daysFrom(read(of, { from, to: farFuture }), from), through });
      const current = known.from < from ? since(known, from) : known;
      const news = newsSince(domain, source, known.through);
      if (news?.length === 0) return current === known ? known : kept.set(key, current);
      return kept.set(key, news === null ? reread(current, of, through) : withNews(current, news, through));
    });
  };
}

/** The days with what reports of one day added. */
function withNews({ from, rows: before, ...days }: Days, news: readonly SourceNews[], through: number): Days {
  const rows = [...before];
  const dkimReporters = new Map(days.dkimReporters);
  const sum = { ...days.sum, spfDays: [...days.sum.spfDays], dkimDays: [...days.sum.dkimDays] };
  for (const row of news) {
    if (row.day < from) continue;
    const place = rows.findLastIndex((each) => each.day <= row.day);
    const own = rows[place];
    if (own?.day === row.day) rows[place] = addCounts({ ...own }, row);
    else rows.splice(place + 1, 0, addCounts({ ...noCounts, day: row.day }, row));
    count(sum, row, from);
    if (hasDkim(row)) dkimReporters.set(row.reporterId, Math.max(row.day, dkimReporters.get(row.reporterId) ?? 0));
  }
  return { from, through, rows, dkimReporters, sum };
}

type Counts = { -readonly [K in keyof KindDay]: KindDay[K] };

/** Sums over reporters; days ascending. Of rows from `from` on. */
function daysFrom(rows: readonly SourceKindDay[], from: number): Days {
  const days = new Map<number, Counts>();
  const dkimReporters = new Map<number, number>();
  for (const row of rows) {
    const sum = days.get(row.day);
    if (sum === undefined) days.set(row.day, addCounts({ ...noCounts, day: row.day }, row));
    else addCounts(sum, row);
    const last = dkimReporters.get(row.reporterId) ?? 0;
    if (hasDkim(row) && row.day >= last) dkimReporters.set(row.reporterId, row.day);
  }
  const summed = [...days.values()].sort((one, other) => one.day - other.day);
  return { from, through: 0, rows: summed, dkimReporters, sum: sumOf(summed, from) };
}

/** About as many days as a source IP is kept for. */
const halfYear = 181;

const noCounts: KindDay = {
  day: 0, both: 0, dkim: 0, relayed: 0, spf: 0, forwarded: 0, signed: 0, elsewhere: 0, error: 0, nothing: 0,
}; // prettier-ignore

const { day: _day, ...noMessages } = noCounts;
const nothingSent: SenderSums = { ...noMessages, spfDays: 0, dkimDays: 0, dkimReporters: 0 };

interface Sum extends Counts {
  readonly spfDays: DaySet;
  readonly dkimDays: DaySet;
}

function emptySum(): Sum {
  return { ...noCounts, spfDays: [], dkimDays: [] };
}

/** Of days from `from` on. */
function sumOf(rows: readonly KindDay[], from: number): Sum {
  const sum = emptySum();
  for (const row of rows) count(sum, row, from);
  return sum;
}

function count(sum: Sum, row: KindDay, from: number): void {
  addCounts(sum, row);
  const nth = (row.day - from) / daySeconds;
  if (row.both + row.spf > 0) addDay(sum.spfDays, nth);
  if (hasDkim(row)) addDay(sum.dkimDays, nth);
}

/** A bit a day, 32 to a number: the days of many source IPs together are asked for after every mail. */
type DaySet = number[];

function addDay(days: DaySet, nth: number): void {
  const place = nth >>> 5;
  while (days.length <= place) days.push(0);
  days[place] = (days[place] ?? 0) | (1 << (nth & 31));
}

function addDays(all: DaySet, days: DaySet): void {
  for (const [place, bits] of days.entries()) all[place] = (all[place] ?? 0) | bits;
}

function countDays(days: DaySet): number {
  let count = 0;
  for (const word of days) for (let bits = word; bits !== 0; bits &= bits - 1) count += 1;
  return count;
}

/** Written out: every sender adds up half a year. */
function addCounts(sum: Counts, row: KindDay): Counts {
  sum.both += row.both;
  sum.dkim += row.dkim;
  sum.relayed += row.relayed;
  sum.spf += row.spf;
  sum.forwarded += row.forwarded;
  sum.signed += row.signed;
  sum.elsewhere += row.elsewhere;
  sum.error += row.error;
  sum.nothing += row.nothing;
  return sum;
}

function hasDkim({ both, dkim, relayed }: KindDay): boolean {
  return both + dkim + relayed > 0;
}
