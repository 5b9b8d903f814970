import { daySeconds, utcDay } from '../../base/clock.js';
import type { Connection } from '../database.js';
import { reportEnd } from '../report-end.js';
import { domainIds, scopeParameters } from './scope.js';
import type { Scope, ScopeParameters } from './scope.js';

/** How late the reports were that arrived on a day, and the alerts that were opened on it. */
export interface DayDelays {
  /** UTC day of arrival, Unix seconds at midnight. */
  readonly day: number;
  readonly reports: number;
  /** Whole hours from the end of the period that a report states to its arrival; null without reports. */
  readonly report_delay_p50_hours: number | null;
  readonly report_delay_p90_hours: number | null;
  readonly alerts: number;
  /** From the arrival of the report that showed it to the alert; null without alerts. */
  readonly alert_delay_max_seconds: number | null;
}

interface Late {
  readonly day: number;
  readonly hours: number;
  readonly reports: number;
}

interface Opened {
  readonly day: number;
  readonly alerts: number;
  readonly delay: number;
}

const late = `
SELECT r.arrived_at / ${daySeconds} * ${daySeconds} AS day, max(0, r.arrived_at - ${reportEnd}) / 3600 AS hours, count(*) AS reports
FROM reports r WHERE r.domain_id IN ${domainIds} AND r.arrived_at BETWEEN @from AND @to
GROUP BY 1, 2 ORDER BY 1, 2`;

/** Whole days of all domains, from `@begin` to before `@end`, out of their sums; the rest of the range out of the reports. */
const lateOverDomains = `
SELECT day, hours, sum(reports) AS reports FROM (
  SELECT day, hours, reports FROM late_days WHERE day >= @begin AND day < @end
  UNION ALL
  SELECT r.arrived_at / ${daySeconds} * ${daySeconds}, max(0, r.arrived_at - ${reportEnd}) / 3600, 1
  FROM reports r JOIN domains d ON d.id = r.domain_id
  WHERE (r.arrived_at BETWEEN @from AND @begin - 1 OR r.arrived_at BETWEEN @end AND @to) AND NOT d.is_foreign
) GROUP BY 1, 2 ORDER BY 1, 2`;

const opened = `
SELECT f.opened_at / ${daySeconds} * ${daySeconds} AS day, count(*) AS alerts, max(max(0, f.opened_at - f.first_arrival)) AS delay
FROM findings f WHERE (f.domain_id IN ${domainIds} OR (@domains IS NULL AND f.domain_id IS NULL))
  AND f.opened_at BETWEEN @from AND @to
GROUP BY 1`;

/** Oldest day first; days without either are left out. */
export function readDelays(db: Connection): (scope: Scope) => readonly DayDelays[] {
  const reports = db.prepare<ScopeParameters, Late>(late);
  const summed = db.prepare<ScopeParameters & WholeDays, Late>(lateOverDomains);
  const alerts = db.prepare<ScopeParameters, Opened>(opened);
  return (scope) => {
    const parameters = scopeParameters(scope);
    const whole = wholeDays(scope);
    const isSummed = scope.domains === null && whole.begin < whole.end;
    const arrived = byDay(isSummed ? summed.all({ ...parameters, ...whole }) : reports.all(parameters));
    const told = new Map(alerts.all(parameters).map((each) => [each.day, each]));
    return [...new Set([...arrived.keys(), ...told.keys()])]
      .sort((a, b) => a - b)
      .map((day) => delaysOf(day, arrived.get(day) ?? [], told.get(day)));
  };
}

/** The days that lie in a range as a whole. */
interface WholeDays {
  readonly begin: number;
  /** Not included. */
  readonly end: number;
}

function wholeDays({ from, to }: Scope): WholeDays {
  return { begin: utcDay(from + daySeconds - 1), end: utcDay(to + 1) };
}

function delaysOf(day: number, hours: readonly Late[], told: Opened | undefined): DayDelays {
  return {
    day,
    reports: hours.reduce((sum, { reports }) => sum + reports, 0),
    report_delay_p50_hours: quantile(hours, 0.5),
    report_delay_p90_hours: quantile(hours, 0.9),
    alerts: told?.alerts ?? 0,
    alert_delay_max_seconds: told?.delay ?? null,
  };
}

/** The fewest hours within which that share of the reports came. */
function quantile(hours: readonly Late[], share: number): number | null {
  const wanted = share * hours.reduce((sum, { reports }) => sum + reports, 0);
  let reached = 0;
  for (const each of hours) {
    reached += each.reports;
    if (reached >= wanted) return each.hours;
  }
  return null;
}

function byDay(rows: readonly Late[]): ReadonlyMap<number, readonly Late[]> {
  const days = new Map<number, Late[]>();
  for (const row of rows) days.set(row.day, [...(days.get(row.day) ?? []), row]);
  return days;
}
