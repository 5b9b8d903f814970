import { daySeconds } from '../../base/clock.js';
import type { DayCount } from '../../model/finding.js';
import type {
  Arrivals,
  DomainPolicy,
  History,
  Progress,
  ReporterDays,
  ReportSpan,
  Scope,
  SourceTotal,
} from '../../model/history.js';
import type { Connection } from '../database.js';
import { openFailingReporters } from './failing-reporters.js';
import { openFailingSources, sourceBounds } from './history-sources.js';
import { openHistoryDays } from './history-days.js';
import type { ReporterDay, SourceDay } from './history-days.js';
import { openSignedElsewhere } from './signed-elsewhere.js';
import { openHistoryRecords } from './history-records.js';
import { openGroups } from './history-groups.js';
import { openKindDays } from './history-kinds.js';
import { openTouched } from './history-touched.js';

interface ProgressRow {
  readonly evaluated: string | null;
  readonly caught_up: string | null;
  readonly newest: number | null;
}

/** Reads what was reported, for the watch. Belongs to the thread that owns the connection. */
export function openHistory(db: Connection, bounds = sourceBounds): History {
  const progress = db.prepare<[], ProgressRow>(
    `SELECT (SELECT value FROM state WHERE key = 'evaluated_report_id') AS evaluated,
            (SELECT value FROM state WHERE key = 'first_catch_up_done_at') AS caught_up,
            (SELECT max(id) FROM reports) AS newest`,
  );
  const sourceDays = openHistoryDays(db);
  const records = openHistoryRecords(db);
  const failingSources = openFailingSources(db, bounds);
  const failingReporters = openFailingReporters(db);
  const arrivals = openArrivals(db);
  const newDays = openNewDays(db);
  const touched = openTouched(db, bounds);
  const kindDays = openKindDays(db);
  const groups = openGroups(db);
  const past = openPast(db);
  const signedElsewhere = openSignedElsewhere(db);
  const newestDay = db
    .prepare<[number, number], number>(
      `SELECT last_day FROM reports WHERE domain_id = ? AND last_day <= ? AND authenticity <> 'failed'
       ORDER BY last_day DESC LIMIT 1`,
    )
    .pluck();
  return {
    progress: async () => progressOf(progress.get()),
    arrivals: async (span) => arrivals(span),
    failingSources: async (span, options) => failingSources(span, options),
    touched: async (span, options) => touched(span, options),
    kindDays: async (scope) => kindDays(scope),
    groups: async (scope, passing) => groups(scope, passing),
    ...past,
    signedElsewhere: async (scope, keys) => signedElsewhere(scope, keys),
    newDays: async (span, source) => newDays(span, source),
    days: async (scope) => byDay(sourceDays.bySource(scope)),
    reporterDays: async (scope) => byReporter(sourceDays.byReporter(scope)),
    failingReporters: async (scope, arrivedBy) => failingReporters(scope, arrivedBy),
    sourceTotals: async (scope) => bySource(sourceDays.bySource(scope)),
    authSets: async (scope, passing) => records.authSets(scope, passing),
    detail: async (scope) => records.detail(scope),
    newestDay: async (domainId, atMost) => newestDay.get(domainId, atMost) ?? null,
  };
}

function progressOf(row: ProgressRow | undefined): Progress {
  return {
    evaluatedReportId: Number(row?.evaluated ?? 0),
    newestReportId: row?.newest ?? 0,
    firstCatchUpDoneAt: row?.caught_up === undefined || row.caught_up === null ? null : Number(row.caught_up),
  };
}

const spanned = `FROM reports r WHERE r.id > @after AND r.id <= @through AND r.authenticity <> 'failed'
  AND r.domain_id NOT IN (SELECT id FROM domains WHERE is_foreign)`;

function openArrivals(db: Connection): (span: ReportSpan) => Arrivals {
  const whole = db.prepare<[ReportSpan], Omit<Arrivals, 'domains' | 'reports'> & { reports: number }>(
    `SELECT count(*) AS reports, count(DISTINCT first_day) AS days,
            coalesce(min(first_day), 0) AS firstDay, coalesce(max(last_day), 0) AS lastDay ${spanned}`,
  );
  const domains = db.prepare<[ReportSpan], Arrivals['domains'][number]>(
    `SELECT d.name AS domain, r.messages, r.pass FROM
       (SELECT domain_id, sum(messages) AS messages, sum(pass) AS pass ${spanned} GROUP BY domain_id) r
     JOIN domains d ON d.id = r.domain_id ORDER BY r.messages DESC, d.name`,
  );
  return (span) => {
    const row = whole.get(span) ?? { reports: 0, days: 0, firstDay: 0, lastDay: 0 };
    return { ...row, domains: row.reports === 0 ? [] : domains.all(span) };
  };
}

/** Reads what the reports of a span say of some sources beside their counts, and what was before. */
function openPast(db: Connection): Pick<History, 'daysOfSpan' | 'passedIn' | 'failedBefore' | 'policy'> {
  type Of = ReportSpan & { readonly domain: number; readonly ids: string };
  const periods = db.prepare<[Of], Period>(
    `SELECT DISTINCT r.first_day AS first, r.last_day AS last FROM json_each(@ids) i
     CROSS JOIN records c ON c.source_id = i.value AND c.report > @after AND c.report <= @through
     CROSS JOIN reports r ON r.id = c.report
     WHERE r.domain_id = @domain AND r.authenticity <> 'failed' AND c.messages > 0`,
  );
  const passed = db.prepare<[Of], object>(
    `SELECT 1 FROM json_each(@ids) i
     CROSS JOIN records c ON c.source_id = i.value AND c.report > @after AND c.report <= @through
     CROSS JOIN reports r ON r.id = c.report
     WHERE r.domain_id = @domain AND r.authenticity <> 'failed' AND c.verdict <> 'fail' AND c.messages > 0 LIMIT 1`,
  );
  const failed = db.prepare<[Of], object>(
    `SELECT 1 FROM json_each(@ids) i
     CROSS JOIN records c INDEXED BY records_failing
       ON c.source_id = i.value AND c.report <= @after AND c.verdict = 'fail' AND c.messages > 0
     CROSS JOIN reports r ON r.id = c.report
     WHERE r.domain_id = @domain AND r.authenticity <> 'failed' LIMIT 1`,
  );
  const policy = db.prepare<[number], DomainPolicy>(
    `SELECT p, sp, pct, adkim, aspf FROM reports
     WHERE domain_id = ? AND p IS NOT NULL AND authenticity <> 'failed' ORDER BY last_day DESC, id DESC LIMIT 1`,
  );
  const of = (span: ReportSpan, { domainId, sourceIds }: Pick<Scope, 'domainId' | 'sourceIds'>): Of => ({
    ...span,
    domain: domainId,
    ids: JSON.stringify(sourceIds),
  });
  return {
    daysOfSpan: async (span, sources) => daysOf(periods.iterate(of(span, sources))),
    passedIn: async (span, sources) => passed.get(of(span, sources)) !== undefined,
    failedBefore: async (span, sources) => failed.get(of(span, sources)) !== undefined,
    policy: async (domainId) => policy.get(domainId) ?? null,
  };
}

interface Period {
  readonly first: number;
  readonly last: number;
}

function daysOf(periods: Iterable<Period>): number[] {
  const days = new Set<number>();
  for (const { first, last } of periods) for (let day = first; day <= last; day += daySeconds) days.add(day);
  return [...days].sort((one, other) => one - other);
}

function openNewDays(db: Connection): (span: ReportSpan, source: { domainId: number; sourceId: number }) => number[] {
  const spans = db.prepare<[ReportSpan & { domainId: number; sourceId: number }], Period>(
    `SELECT DISTINCT r.first_day AS first, r.last_day AS last
     FROM records c CROSS JOIN reports r ON r.id = c.report
     WHERE c.source_id = @sourceId AND c.report > @after AND c.report <= @through AND c.verdict = 'fail'
       AND c.messages > 0 AND r.domain_id = @domainId AND r.authenticity <> 'failed'`,
  );
  return (span, { domainId, sourceId }) => daysOf(spans.all({ ...span, domainId, sourceId }));
}

function byReporter(rows: readonly ReporterDay[]): ReporterDays[] {
  const reporters = new Map<number, ReporterDay[]>();
  for (const row of rows) {
    const own = reporters.get(row.reporterId);
    if (own === undefined) reporters.set(row.reporterId, [row]);
    else own.push(row);
  }
  return [...reporters].map(([reporterId, own]) => ({ reporterId, days: byDay(own) }));
}

function byDay(rows: readonly DayCount[]): DayCount[] {
  const days = new Map<number, DayCount>();
  for (const { day, messages, failed } of rows) {
    const sum = days.get(day);
    days.set(day, { day, messages: (sum?.messages ?? 0) + messages, failed: (sum?.failed ?? 0) + failed });
  }
  return [...days.values()].filter((each) => each.messages > 0).sort((one, other) => one.day - other.day);
}

function bySource(rows: readonly SourceDay[]): SourceTotal[] {
  const totals = new Map<number, SourceTotal>();
  for (const { sourceId, ip, day, messages, failed } of rows) {
    const sum = totals.get(sourceId) ?? { sourceId, ip, messages: 0, failed: 0, firstFailed: null };
    totals.set(sourceId, {
      ...sum,
      messages: sum.messages + messages,
      failed: sum.failed + failed,
      firstFailed: failed > 0 ? Math.min(day, sum.firstFailed ?? day) : sum.firstFailed,
    });
  }
  return [...totals.values()].sort((one, other) => other.failed - one.failed || one.sourceId - other.sourceId);
}
