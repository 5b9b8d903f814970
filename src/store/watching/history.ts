import { daySeconds } from '../../base/clock.js';
import type { Arrivals, DomainPolicy, History, Progress, ReportSpan, Scope } from '../../model/history.js';
import type { Connection } from '../database.js';
import { openFailingReporters } from './failing-reporters.js';
import { openSignedElsewhere } from './signed-elsewhere.js';
import { openDetail } from './history-records.js';
import { openGroups } from './history-groups.js';
import { openKindDays } from './history-kinds.js';
import { openTouched, sourceBounds } from './history-touched.js';

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
  const detail = openDetail(db);
  const failingReporters = openFailingReporters(db);
  const arrivals = openArrivals(db);
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
    touched: async (span, options) => touched(span, options),
    kindDays: async (scope) => kindDays(scope),
    groups: async (scope, passing) => groups(scope, passing),
    ...past,
    signedElsewhere: async (scope, keys) => signedElsewhere(scope, keys),
    failingReporters: async (scope, arrivedBy) => failingReporters(scope, arrivedBy),
    detail: async (scope) => detail(scope),
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
