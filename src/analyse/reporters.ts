import { daySeconds } from '../base/clock.js';
import { countDays } from '../model/finding.js';
import type { DayCount } from '../model/finding.js';
import type { ReporterDays } from '../model/history.js';
import type { OpenCase } from './recovery.js';
import type { Counts } from './statistics.js';

/** What these reporters say together; days ascending. */
export function sumDays(reporters: readonly ReporterDays[]): DayCount[] {
  const sums = new Map<number, DayCount>();
  for (const { day, messages, failed } of reporters.flatMap((each) => each.days)) {
    const sum = sums.get(day);
    sums.set(day, { day, messages: (sum?.messages ?? 0) + messages, failed: (sum?.failed ?? 0) + failed });
  }
  return [...sums.values()].sort((one, other) => one.day - other.day);
}

/** Reporters with failing messages from `from` to `to`. */
export function failingFrom(byReporter: readonly ReporterDays[], from: number, to: number): readonly ReporterDays[] {
  return byReporter.filter((each) => countDays(each.days, from, to).failed > 0);
}

/** Fewer messages say too little of a reporter's own past. */
const enough = 10;

/**
 * The case as the reporters that showed it saw it, and their days: nobody else can end it. Their own past counts, or the
 * whole baseline when they said too little.
 */
export function caseOf(
  showed: readonly ReporterDays[],
  hit: { readonly from: number; readonly to: number; readonly baseline: Counts & { readonly days: number } },
): { readonly open: OpenCase; readonly days: readonly DayCount[] } {
  const { from, to, baseline } = hit;
  const days = sumDays(showed);
  const own = countDays(days, from - baseline.days * daySeconds, from - daySeconds);
  const window = countDays(days, from, to);
  return { open: { to, window, baseline: own.messages >= enough ? own : baseline }, days };
}
