import { daySeconds } from '../../base/clock.js';
import { countDays } from '../../model/finding.js';
import type { DayCount } from '../../model/finding.js';
import { capacity, dayEquivalents, rateOf, surprise } from '../statistics.js';
import type { Counts } from '../statistics.js';

/** The `days` before a window and what they hold. */
export type Baseline = Counts & { readonly days: number };

/** Days that fail beyond chance. `from` and `to` are Unix seconds, both included. */
export interface Break {
  readonly from: number;
  readonly to: number;
  readonly counts: Counts;
  readonly baseline: Baseline;
  readonly pValue: number;
}

/** Windows of the fast rule: how many days, and the probability that theirs must be under. */
const windows = [
  { days: 1, below: 3e-4 },
  { days: 2, below: 1e-3 },
  { days: 3, below: 6e-3 },
] as const;

/** How sure a break has to be: all mail of a sender together, or one of `parts` parts of it (a reporter, a source IP). */
export interface Demand {
  readonly parts: number | null;
}

export const pooled: Demand = { parts: null };

/** Many parts are tried, and each may be one mail's claim: ten times as sure, and about much of its mail or many messages. */
function isEnough({ parts }: Demand, { messages, failed }: Counts): boolean {
  return parts === null || failed * 2 >= messages || failed >= 20;
}

export const baselineDays = 28;
export const longDays = 180;
const leastBaseline = 10;
/** Fewer points than that are no break, however sure. */
const leastRise = 0.05;

/** The 28 days before `before`; 180 when those hold fewer than 10 messages. `days` ascending. */
export function baselineBefore(days: readonly DayCount[], before: number): Baseline {
  const last = before - daySeconds;
  const short = countDays(days, before - baselineDays * daySeconds, last);
  if (short.messages >= leastBaseline) return { days: baselineDays, ...short };
  return { days: longDays, ...countDays(days, before - longDays * daySeconds, last) };
}

/** The break that the newest of `days` (ascending, with messages) shows; its newest day has to be `end` and to have failures. */
export function breakAt(days: readonly DayCount[], end: number, demand: Demand): Break | null {
  const last = days.at(-1);
  if (last?.day !== end || last.failed === 0) return null;
  for (const window of windows) {
    const found = fast(days, window, demand);
    if (found !== null) return found;
  }
  return demand.parts === null ? slow(days) : null;
}

interface Trial {
  readonly window: readonly DayCount[];
  readonly from: number;
  readonly to: number;
  readonly counts: Counts;
  readonly baseline: Baseline;
  /** Messages that the baseline counts for. */
  readonly weight: number;
}

/** The newest `length` days against what came before; null when too little did. */
function trial(days: readonly DayCount[], length: number): Trial | null {
  const window = days.slice(-length);
  const from = window[0]?.day;
  const to = window.at(-1)?.day;
  if (window.length < length || from === undefined || to === undefined) return null;
  const baseline = baselineBefore(days, from);
  if (baseline.messages < leastBaseline) return null;
  const weight = capacity(days.filter((each) => each.day < from && each.day >= from - longDays * daySeconds));
  return { window, from, to, counts: countDays(window, from, to), baseline, weight };
}

/** One to three days, each of them worse, that together fail beyond chance. */
function fast(
  days: readonly DayCount[],
  { days: length, below }: (typeof windows)[number],
  demand: Demand,
): Break | null {
  const tried = trial(days, length);
  if (tried === null || !tried.window.every((day) => isWorse(day, tried.baseline))) return null;
  const { messages, failed } = tried.counts;
  const enough = failed >= 3 || (failed >= 2 && failed === messages);
  if (!enough || !isEnough(demand, tried.counts)) return null;
  const pValue = surprise(tried.counts, tried.baseline, tried.weight * dayEquivalents(tried.window));
  return pValue < below / (demand.parts === null ? 1 : 10 * demand.parts) ? breakOf(tried, pValue) : null;
}

/** Part of the mail fails, day after day: three of the last five days. */
function slow(days: readonly DayCount[]): Break | null {
  const tried = trial(days, 5);
  if (tried === null) return null;
  const bad = tried.window.filter(
    (day) => isWorse(day, tried.baseline) && surprise(day, tried.baseline, tried.weight) < 0.05,
  );
  return bad.length >= 3 ? breakOf(tried, surprise(tried.counts, tried.baseline, tried.weight)) : null;
}

function isWorse(window: Counts, baseline: Counts): boolean {
  return rateOf(window) - rateOf(baseline) >= leastRise;
}

function breakOf({ from, to, counts, baseline }: Trial, pValue: number): Break {
  return { from, to, counts, baseline, pValue };
}
