import type { DayCount } from '../model/finding.js';
import { rateOf, wilson } from './statistics.js';
import type { Counts } from './statistics.js';

/** A failure that may be over: its window ends at `to` (Unix seconds) and held `window` messages; `baseline` is frozen. */
export interface OpenCase {
  readonly to: number;
  readonly window: Counts;
  readonly baseline: Counts;
}

/**
 * The days that show a recovery, or null: at least 2 later days up to the newest, and at least 5 messages and half of the
 * window's, whose failure rate is (95 %, Wilson) at most 5 points above the baseline. Harder to leave than to enter.
 */
export function recoveryOf(
  open: OpenCase,
  days: readonly DayCount[],
): (Counts & { readonly from: number; readonly to: number }) | null {
  const later = days.filter((each) => each.day > open.to);
  const to = later.at(-1)?.day;
  if (to === undefined) return null;
  const needed = Math.max(5, open.window.messages / 2);
  const bound = rateOf(open.baseline) + 0.05;
  let recovery: ReturnType<typeof recoveryOf> = null;
  let [messages, failed] = [0, 0];
  for (const [i, { day: from, ...day }] of later.toReversed().entries()) {
    messages += day.messages;
    failed += day.failed;
    if (i > 0 && messages >= needed && wilson(failed, messages).high <= bound)
      recovery = { from, to, messages, failed };
  }
  return recovery;
}
