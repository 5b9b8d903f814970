import { daySeconds, utcDay } from '../../base/clock.js';
import type { Database } from 'better-sqlite3';

/** What an answer is asked about. Times in Unix seconds, both ends included; null lists mean all. */
export interface Scope {
  readonly from: number;
  readonly to: number;
  /** Policy domains, lower case. */
  readonly domains: readonly string[] | null;
  /** Reporters, folded by `reporterKey`. */
  readonly reporters: readonly string[] | null;
  /** Source IPs in canonical text. */
  readonly sources: readonly string[] | null;
  /** Senders by their stable name. */
  readonly senders: readonly string[] | null;
  readonly classes: readonly string[] | null;
}

/** Where a page begins: the place after the last row of the page before, as that list's reader left it. */
export type Place = readonly number[];

export interface Page {
  readonly limit: number;
  readonly after: Place | null;
}

export interface Rows<T> {
  readonly rows: readonly T[];
  /** Where the next page begins; null after the last one. */
  readonly next: Place | null;
}

/** The name of a reporter as it is compared: white space and case folded. */
export function reporterKey(name: string): string {
  return name.trim().toLowerCase().replace(/\s+/g, ' ');
}

/** SQL parameters of a scope; `first` and `last` are the midnights of the event days it touches. */
export interface ScopeParameters {
  readonly from: number;
  readonly to: number;
  readonly first: number;
  readonly last: number;
  readonly domains: string | null;
  readonly reporters: string | null;
  readonly sources: string | null;
  readonly senders: string | null;
  readonly classes: string | null;
}

export function scopeParameters(scope: Scope): ScopeParameters {
  return {
    from: scope.from,
    to: scope.to,
    first: utcDay(scope.from),
    last: utcDay(scope.to),
    domains: listOf(scope.domains),
    reporters: listOf(scope.reporters),
    sources: listOf(scope.sources),
    senders: listOf(scope.senders),
    classes: listOf(scope.classes),
  };
}

function listOf(values: readonly string[] | null): string | null {
  return values === null ? null : JSON.stringify(values);
}

/** Ids of the domains asked for, all of ours if none: always a list, so that the primary key of daily_totals is used. */
export const domainIds =
  '(SELECT id FROM domains WHERE iif(@domains IS NULL, NOT is_foreign, name IN (SELECT value FROM json_each(@domains))))';

/** The same for sums that have a domain 0, which is all of ours. */
const sumIds = `(SELECT 0 WHERE @domains IS NULL UNION ALL
  SELECT id FROM domains WHERE name IN (SELECT value FROM json_each(@domains)))`;

/** Ids of the reporters asked for. */
export const reporterIds = '(SELECT id FROM reporters WHERE key IN (SELECT value FROM json_each(@reporters)))';
const sourceIds = '(SELECT id FROM sources WHERE ip IN (SELECT value FROM json_each(@sources)))';

/** Of the domain and source IP of a row: its sender, the class of that, and whether a scope asks for both. */
function namingOf(row: string) {
  const found = `SELECT o.sender FROM source_senders o WHERE o.domain_id = ${row}.domain_id AND o.source_id = ${row}.source_id`;
  /** Empty before an evaluation looked at the source IP. */
  const sender = `coalesce((${found}), '')`;
  /** As the last evaluation left it. */
  const senderClass = `coalesce((SELECT s.class FROM senders s WHERE s.domain_id = ${row}.domain_id AND s.sender = (${found})), 'unknown')`;
  const isAsked = `(@senders IS NULL OR ${sender} IN (SELECT value FROM json_each(@senders)))
  AND (@classes IS NULL OR ${senderClass} IN (SELECT value FROM json_each(@classes)))`;
  return { sender, senderClass, isAsked };
}

/** Class of the sender of `t.domain_id` and `t.source_id`, and that sender. */
const bySender = namingOf('t').isAsked;
export const { senderClass: classOfSource, sender: senderOfSource } = namingOf('t');

/**
 * Sums by source IP of a domain, in the order of the index: nothing is sorted, but every day of a domain is passed. Verdicts and
 * dispositions are for those that are shown.
 */
export const sourceSums = `
  SELECT t.domain_id, t.source_id, sum(t.messages) AS messages, sum(iif(t.verdict = 'fail', t.messages, 0)) AS fail
  FROM ${domainIds} d CROSS JOIN source_days t INDEXED BY source_days_by_source ON t.domain_id = d.id
  WHERE t.day BETWEEN @first AND @last GROUP BY d.id, t.source_id`;

/** Of those sums `g`: the ones asked for, and the sender of each. */
export const sourcesAsked = `(@sources IS NULL OR g.source_id IN ${sourceIds}) AND ${namingOf('g').isAsked}`;
export const senderOfSums = namingOf('g').sender;

/** Days passed for one day read above which sorting costs less. */
const passedDays = 4;

/** Whether a range is so much of the days stored that reading in the order of another key than the day pays. */
export function openIsMost(db: Database): (scope: Scope) => boolean {
  const days = db
    .prepare<[], { readonly count: number }>(
      `SELECT (max(day) - min(day)) / ${daySeconds} + 1 AS count FROM (
         SELECT (SELECT min(day) FROM domain_days WHERE domain_id = 0) AS day
         UNION ALL SELECT (SELECT max(day) FROM domain_days WHERE domain_id = 0))`,
    )
    .pluck();
  return ({ from, to }) => (to - from) / daySeconds + 1 >= Number(days.get() ?? 0) / passedDays;
}

/** Sums of messages: `daily_totals` by source IP and reporter; the others have no reporter, no source IP, neither. */
export type TotalsTable = 'daily_totals' | 'source_days' | 'reporter_days' | 'domain_days';

/** Condition on `TABLE t` that a scope means, as far as the table can tell. */
export function totalsInScope(table: TotalsTable, { byDomain = false }: Division = {}): string {
  const isSummed = (table === 'domain_days' || table === 'reporter_days') && !byDomain;
  const parts = [`t.domain_id IN ${isSummed ? sumIds : domainIds} AND t.day BETWEEN @first AND @last`];
  if (table === 'daily_totals' || table === 'reporter_days')
    parts.push(`(@reporters IS NULL OR t.reporter_id IN ${reporterIds})`);
  if (table === 'daily_totals' || table === 'source_days')
    parts.push(`(@sources IS NULL OR t.source_id IN ${sourceIds})`, bySender);
  return parts.join('\n  AND ');
}

/** Whether nothing but days is asked for. */
export function isEverything({ domains, reporters, sources, senders, classes }: Scope): boolean {
  return [domains, reporters, sources, senders, classes].every((list) => list === null);
}

/** What an answer divides by. */
export interface Division {
  readonly byDomain?: boolean;
  readonly bySource?: boolean;
  readonly byReporter?: boolean;
}

/** The smallest table that tells apart what a scope and a division ask for. */
export function totalsTable(scope: Scope, { bySource = false, byReporter = false }: Division): TotalsTable {
  const source = bySource || scope.sources !== null || scope.senders !== null || scope.classes !== null;
  const reporter = byReporter || scope.reporters !== null;
  if (source) return reporter ? 'daily_totals' : 'source_days';
  return reporter ? 'reporter_days' : 'domain_days';
}

/** One statement for each table that may be asked. */
export function openTotals<T>(division: Division, open: (table: TotalsTable) => T): (scope: Scope) => T {
  const statements = new Map<TotalsTable, T>();
  const everything: Scope = {
    from: 0,
    to: 0,
    domains: null,
    reporters: null,
    sources: null,
    senders: null,
    classes: null,
  };
  for (const sources of [null, []])
    for (const reporters of [null, []]) {
      const table = totalsTable({ ...everything, sources, reporters }, division);
      if (!statements.has(table)) statements.set(table, open(table));
    }
  return (scope) => {
    const table = totalsTable(scope, division);
    const statement = statements.get(table);
    if (statement === undefined) throw new Error(`no statement was prepared for ${table}`);
    return statement;
  };
}

/** Condition on `reports r` by event days. */
export const reportsInEventDays = `r.domain_id IN ${domainIds} AND r.last_day >= @first AND r.first_day <= @last
  AND (@reporters IS NULL OR r.reporter_id IN ${reporterIds})`;

/** Condition on `reports r` by arrival. */
export const reportsInArrival = `r.arrived_at BETWEEN @from AND @to
  AND (@domains IS NULL OR r.domain_id IN ${domainIds})
  AND (@reporters IS NULL OR r.reporter_id IN ${reporterIds})
  AND (@sources IS NULL OR EXISTS (SELECT 1 FROM records c WHERE c.source_id IN ${sourceIds} AND c.report = r.id))`;

/** Sums of a table of totals `t`: messages, never rows. */
export const sums = `sum(t.messages) AS messages,
  sum(iif(t.verdict <> 'fail', t.messages, 0)) AS pass,
  sum(iif(t.verdict = 'fail', t.messages, 0)) AS fail`;

/** The rows up to the limit, and the offset of the next page when one more was found. */
export function pageByOffset<T>(found: readonly T[], page: Page): Rows<T> {
  const rows = found.slice(0, page.limit);
  return { rows, next: found.length > page.limit ? [offsetOf(page) + page.limit] : null };
}

export function offsetOf(page: Page): number {
  return page.after?.[0] ?? 0;
}

/** The rows up to the limit, and the last one's place when one more was found. */
export function pageByPlace<T>(found: readonly T[], page: Page, placeOf: (row: T) => Place): Rows<T> {
  const rows = found.slice(0, page.limit);
  const last = rows.at(-1);
  return { rows, next: found.length > page.limit && last !== undefined ? placeOf(last) : null };
}
