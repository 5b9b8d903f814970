import { countDays } from '../model/finding.js';
import type { DayCount } from '../model/finding.js';
import { recoveryOf } from './recovery.js';
import { baselineBefore, knownBefore } from './rule.js';
import type { Hit, Rule, SourceFacts } from './rule.js';
import { rateOf, surprise } from './statistics.js';
import type { Counts } from './statistics.js';

/** A source IP that used to pass now fails more than chance explains. */
export const knownSenderFailing: Rule = {
  name: 'known_sender_failing',
  find,
  weigh: ({ evidence }) => ({
    severity: 'critical',
    route: evidence.late || evidence.flapping ? 'digest' : 'now',
  }),
};

/** Walks through the new days; the baseline stays frozen from a break to its recovery, or a break would become normal. */
function find(facts: SourceFacts): Hit | null {
  const last = facts.newDays.reduce<Hit | null>((hit, end) => next(hit, facts.days, end), null);
  return last !== null && isOver(last, facts.days, facts.days) ? { ...last, recovered: true } : last;
}

function next(hit: Hit | null, days: readonly DayCount[], end: number): Hit | null {
  const until = days.filter((each) => each.day <= end);
  if (hit === null) return breakAt(until);
  if (!hit.recovered && !isOver(hit, days, until)) return hit;
  return breakAt(until) ?? { ...hit, recovered: true };
}

function isOver(hit: Hit, days: readonly DayCount[], until: readonly DayCount[]): boolean {
  const open = { to: hit.to, window: countDays(days, hit.from, hit.to), baseline: hit.baseline };
  return recoveryOf(open, until) !== null;
}

function breakAt(days: readonly DayCount[]): Hit | null {
  if ((days.at(-1)?.failed ?? 0) === 0) return null;
  return fast(days, 1) ?? fast(days, 2) ?? fast(days, 3) ?? slow(days);
}

interface Trial {
  readonly window: readonly DayCount[];
  readonly from: number;
  readonly to: number;
  readonly counts: Counts;
  readonly baseline: Hit['baseline'];
  readonly known: Hit['known'];
}

/** The newest `length` days with messages against what came before; null when the source is not known or too little is. */
function trial(days: readonly DayCount[], length: number): Trial | null {
  const window = days.slice(-length);
  const from = window[0]?.day;
  const to = window.at(-1)?.day;
  if (window.length < length || from === undefined || to === undefined) return null;
  const known = knownBefore(days, from);
  const baseline = baselineBefore(days, from);
  if (known === null || baseline.messages < 10) return null;
  return { window, from, to, counts: countDays(window, from, to), baseline, known };
}

/** One to three days that fail beyond chance. */
function fast(days: readonly DayCount[], length: number): Hit | null {
  const tried = trial(days, length);
  if (tried === null) return null;
  const { messages, failed } = tried.counts;
  const enough = failed >= 3 || (failed >= 2 && failed === messages);
  if (!enough || !isWorse(tried.counts, tried.baseline)) return null;
  const pValue = surprise(tried.counts, tried.baseline);
  return pValue < 5e-4 ? hitOf(tried, pValue) : null;
}

/** Part of the mail fails, day after day: three of the last five days. */
function slow(days: readonly DayCount[]): Hit | null {
  const tried = trial(days, 5);
  if (tried === null) return null;
  const bad = tried.window.filter((day) => isWorse(day, tried.baseline) && surprise(day, tried.baseline) < 0.05);
  return bad.length >= 3 ? hitOf(tried, surprise(tried.counts, tried.baseline)) : null;
}

function isWorse(window: Counts, baseline: Counts): boolean {
  return rateOf(window) - rateOf(baseline) >= 0.05;
}

function hitOf(tried: Trial, pValue: number): Hit {
  const { from, to, baseline, known } = tried;
  return { from, to, baseline, pValue, recovered: false, known };
}
