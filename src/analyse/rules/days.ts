import { daySeconds } from '../../base/clock.js';
import type { DomainReport } from '../../model/domain-facts.js';

/** Messages of a day. */
export interface Volume {
  readonly messages: number;
  readonly pass: number;
}

const none: Volume = { messages: 0, pass: 0 };

/** What reports say of each day; one of several days counts in equal shares. */
export function volumes(reports: readonly DomainReport[]): ReadonlyMap<number, Volume> {
  const days = new Map<number, Volume>();
  for (const { firstDay, lastDay, messages, pass } of reports) {
    const n = Math.round((lastDay - firstDay) / daySeconds) + 1;
    for (let day = firstDay; day <= lastDay; day += daySeconds) {
      const sum = days.get(day) ?? none;
      days.set(day, { messages: sum.messages + messages / n, pass: sum.pass + pass / n });
    }
  }
  return days;
}

export function volumeOn(days: ReadonlyMap<number, Volume>, day: number): Volume {
  return days.get(day) ?? none;
}

/** Reports of those that reported on that many days: what a reporter says that was never heard of before compares with nothing. */
export function regular(reports: readonly DomainReport[], leastDays: number): readonly DomainReport[] {
  const days = new Map<number, Set<number>>();
  for (const { reporterId, lastDay } of reports)
    days.set(reporterId, (days.get(reporterId) ?? new Set<number>()).add(lastDay));
  return reports.filter((each) => (days.get(each.reporterId)?.size ?? 0) >= leastDays);
}

/** The `count` days before `day`, ascending; none before `since`. */
export function daysBefore(day: number, count: number, since: number): number[] {
  const days = Array.from({ length: count }, (_, i) => day - (count - i) * daySeconds);
  return days.filter((each) => each >= since);
}

/** The value that half of them do not exceed; 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  const high = sorted[Math.floor(middle)] ?? 0;
  return Number.isInteger(middle) ? (high + (sorted[middle - 1] ?? 0)) / 2 : high;
}

/** The value that 95 % of them do not exceed (nearest rank); 0 of none. */
export function percentile95(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(sorted.length * 0.95) - 1)] ?? 0;
}

/** Longest usual time between arrivals (Unix seconds, ascending): of all gaps, 95 % are no longer. */
export function usualGap(arrivals: readonly number[]): number {
  return percentile95(gapsBetween(arrivals));
}

/** Seconds between arrivals (ascending); what arrives together has none. */
export function gapsBetween(arrivals: readonly number[]): number[] {
  return arrivals.slice(1).flatMap((each, i) => (each > (arrivals[i] ?? each) ? [each - (arrivals[i] ?? each)] : []));
}
