import { daySeconds } from '../../base/clock.js';
import { countDays } from '../../model/finding.js';
import type { DayCount } from '../../model/finding.js';
import { baselineBefore, baselineDays, longDays } from './breaks.js';
import { isKnown } from './rule.js';
import type { Hit, SenderFacts } from './rule.js';
import { verdictDays } from './series.js';

/** The newest three new days with failures when the sender fails for the first time; null when it failed before. */
export function firstFailure(facts: SenderFacts): Hit | null {
  const all = verdictDays(facts.days);
  const fresh = new Set(facts.newDays);
  const window = all.filter((each) => each.failed > 0 && fresh.has(each.day)).slice(-3);
  const from = window[0]?.day;
  const to = window.at(-1)?.day;
  if (from === undefined || to === undefined) return null;
  if (isKnown(facts.sender) ? !isFirstOfKnown(facts, all, window, from) : facts.failedBefore) return null;
  return {
    mechanism: 'dmarc',
    from,
    to,
    baseline: baselineBefore(all, from),
    pValue: null,
    recovered: false,
    sourceIds: null,
  };
}

/** A known sender's failures are too few for a break: told of once in half a year, or in four weeks when most of a day fails. */
function isFirstOfKnown(
  facts: SenderFacts,
  all: readonly DayCount[],
  window: readonly DayCount[],
  from: number,
): boolean {
  const quietFor = (days: number) => countDays(all, from - days * daySeconds, from - daySeconds).failed === 0;
  if (quietFor(longDays)) return true;
  const last = window.at(-1);
  const mostFails = last !== undefined && last.failed * 2 >= last.messages;
  return mostFails && (facts.firstLook || quietFor(baselineDays));
}
