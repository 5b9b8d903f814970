import { daySeconds } from '../../base/clock.js';
import type { DayCount } from '../../model/finding.js';
import type { Scope } from '../../model/history.js';
import type { Connection } from '../database.js';
import { inReports, openBounded, scoped } from './history-scope.js';
import type { BoundedScope, ScopeParameters } from './history-scope.js';

/** Messages of a source IP on a day. */
export interface SourceDay {
  readonly sourceId: number;
  readonly ip: string;
  readonly day: number;
  readonly messages: number;
  readonly failed: number;
}

/** Messages of a scope's sources on a day, by one reporter's word. */
export interface ReporterDay extends DayCount {
  readonly reporterId: number;
}

interface ReportShare {
  readonly sourceId: number;
  readonly ip: string;
  readonly reporterId: number;
  readonly first: number;
  readonly last: number;
  readonly messages: number;
  readonly failed: number;
}

const fromTotals = (columns: string, group: string) => `SELECT ${columns}, t.day, sum(t.messages) AS messages,
    sum(iif(t.verdict = 'fail', t.messages, 0)) AS failed
  FROM json_each(@ids) i
  CROSS JOIN daily_totals t INDEXED BY daily_totals_by_source ON t.source_id = i.value AND t.domain_id = @domain AND t.day BETWEEN @from AND @to
  CROSS JOIN sources s ON s.id = t.source_id
  GROUP BY ${group}, t.day`;

const hasFailedReports = `SELECT 1 FROM reports
  WHERE domain_id = @domain AND last_day >= @from AND first_day <= @to AND authenticity = 'failed' LIMIT 1`;

const isInFailedReports = `SELECT 1 FROM json_each(@ids) i
  CROSS JOIN records c ON c.source_id = i.value AND c.report ${inReports} CROSS JOIN reports r ON r.id = c.report
  WHERE r.domain_id = @domain AND r.last_day >= @from AND r.first_day <= @to AND r.authenticity = 'failed' LIMIT 1`;

const fromRecords = `SELECT c.source_id AS sourceId, s.ip, r.reporter_id AS reporterId, r.first_day AS first, r.last_day AS last,
    sum(c.messages) AS messages, sum(iif(c.verdict = 'fail', c.messages, 0)) AS failed
  FROM json_each(@ids) i
  CROSS JOIN records c ON c.source_id = i.value AND c.report ${inReports} CROSS JOIN reports r ON r.id = c.report
  CROSS JOIN sources s ON s.id = c.source_id
  WHERE r.domain_id = @domain AND r.last_day >= @from AND r.first_day <= @to AND r.authenticity <> 'failed'
  GROUP BY c.source_id, r.id`;

/** Whether no report that failed authentication is in the totals of a scope. */
export function openIsClean(db: Connection): (parameters: ScopeParameters) => boolean {
  const someFailed = db.prepare<[ScopeParameters], number>(hasFailedReports);
  const theseFailed = db.prepare<[BoundedScope], number>(isInFailedReports);
  const bounded = openBounded(db);
  return (parameters) => someFailed.get(parameters) === undefined || theseFailed.get(bounded(parameters)) === undefined;
}

/** Daily messages of sources: from the totals, or from the records when a report that failed authentication is among them. */
export function openHistoryDays(db: Connection): {
  bySource(scope: Scope): SourceDay[];
  byReporter(scope: Scope): ReporterDay[];
} {
  const sources = db.prepare<[ScopeParameters], SourceDay>(fromTotals('t.source_id AS sourceId, s.ip', 't.source_id'));
  const reporters = db.prepare<[ScopeParameters], ReporterDay>(
    fromTotals('t.reporter_id AS reporterId', 't.reporter_id'),
  );
  const records = db.prepare<[BoundedScope], ReportShare>(fromRecords);
  const isClean = openIsClean(db);
  const bounded = openBounded(db);
  const shares = (scope: Scope) => records.all(bounded(scoped(scope))).flatMap((each) => spread(each, scope));
  return {
    bySource: (scope) => (isClean(scoped(scope)) ? sources.all(scoped(scope)) : shares(scope)),
    byReporter: (scope) => (isClean(scoped(scope)) ? reporters.all(scoped(scope)) : shares(scope)),
  };
}

/** A report of several days counts in equal shares, whole messages that add up exactly, as in the totals. */
function spread(share: ReportShare, scope: Scope): (SourceDay & ReporterDay)[] {
  const { sourceId, ip, reporterId, first, last } = share;
  const n = (last - first) / daySeconds + 1;
  const part = (total: number, i: number) => Math.floor((total * (i + 1)) / n) - Math.floor((total * i) / n);
  const days: (SourceDay & ReporterDay)[] = [];
  for (let i = 0; i < n; i++) {
    const day = first + i * daySeconds;
    const failed = part(share.failed, i);
    const messages = part(share.messages - share.failed, i) + failed;
    if (day >= scope.from && day <= scope.to) days.push({ sourceId, ip, reporterId, day, messages, failed });
  }
  return days;
}
