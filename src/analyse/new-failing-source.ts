import { daySeconds } from '../base/clock.js';
import { countDays } from '../model/finding.js';
import type { DayCount } from '../model/finding.js';
import { baselineBefore, baselineDays, knownBefore } from './rule.js';
import type { Hit, Rule, SourceFacts, Weighed } from './rule.js';

/** A source IP that never failed for the domain fails: a sender nobody set up, a forwarder, or a spoofer. */
export const newFailingSource: Rule = {
  name: 'new_failing_source',
  find,
  weigh: (group) => (tellNow(group) ? { severity: 'warning', route: 'now' } : { severity: 'info', route: 'digest' }),
};

/** From one address on up to three days: more than the spray of a spoofer, and what a forgotten small server sends. */
const toldOnVolume = 10;

function find(facts: SourceFacts): Hit | null {
  const days = facts.days.filter((each) => facts.newDays.slice(-3).includes(each.day));
  const from = days.find((each) => each.failed > 0)?.day;
  const to = days.at(-1)?.day;
  if (from === undefined || to === undefined) return null;
  const known = knownBefore(facts.days, to + daySeconds);
  if (known === null ? facts.failedBefore : !isBroken(facts, days, from)) return null;
  return {
    from,
    to,
    baseline: baselineBefore(facts.days, from),
    pValue: null,
    recovered: false,
    known: known ?? { messages: 0, days: 0 },
  };
}

/** A source known to pass whose failures are too few for the rule of known senders still has to be told of once. */
function isBroken(facts: SourceFacts, window: readonly DayCount[], from: number): boolean {
  const last = window.findLast((each) => each.failed > 0);
  if (last === undefined || last.failed * 2 < last.messages) return false;
  return facts.firstLook || countDays(facts.days, from - baselineDays * daySeconds, from - daySeconds).failed === 0;
}

function tellNow(group: Weighed): boolean {
  const { evidence } = group;
  if (evidence.late || evidence.flapping || evidence.class === 'known' || group.allForwarded) return false;
  if (evidence.sources.some((source) => source.failed >= toldOnVolume)) return true;
  return group.unaligned > 0 && (group.unaligned >= 5 || group.failingDays >= 2 || group.failingReporters >= 2);
}
