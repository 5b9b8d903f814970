import { countDays } from '../model/finding.js';
import type { DayCount } from '../model/finding.js';
import type { ReporterDays } from '../model/history.js';
import { recoveryOf } from './recovery.js';
import { caseOf, failingFrom } from './reporters.js';
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
  const last = facts.newDays.reduce<Hit | null>((hit, end) => next(hit, facts, end), null);
  return last !== null && isOver(last, facts.byReporter) ? { ...last, recovered: true } : last;
}

function next(hit: Hit | null, facts: SourceFacts, end: number): Hit | null {
  const until = { ...facts, days: upTo(facts.days, end), byReporter: reportedUpTo(facts.byReporter, end) };
  if (hit === null) return breakAt(until, end);
  if (!hit.recovered && !isOver(hit, until.byReporter)) return hit;
  return breakAt(until, end) ?? { ...hit, recovered: true };
}

function upTo(days: readonly DayCount[], end: number): readonly DayCount[] {
  return days.filter((each) => each.day <= end);
}

function reportedUpTo(byReporter: readonly ReporterDays[], end: number): readonly ReporterDays[] {
  return byReporter.map(({ reporterId, days }) => ({ reporterId, days: upTo(days, end) }));
}

function isOver(hit: Hit, byReporter: readonly ReporterDays[]): boolean {
  const { open, days } = caseOf(failingFrom(byReporter, hit.from, hit.to), hit);
  return recoveryOf(open, days) !== null;
}

/** Judged on all mail together, and on each reporter's own: what one claims cannot outweigh what another saw. */
function breakAt(facts: SourceFacts, end: number): Hit | null {
  const all = breakIn(facts.days, end, sure);
  if (all !== null) return all;
  const reporters = facts.byReporter.filter((each) => failedOn(each.days, end) > 0);
  if (reporters.length === 0 || facts.byReporter.length === 1) return null;
  for (const { days } of reporters) {
    const own = breakIn(days, end, surer / reporters.length, isGross);
    if (own !== null) return { ...own, ...wholePast(facts.days, own) };
  }
  return null;
}

function failedOn(days: readonly DayCount[], day: number): number {
  const last = days.at(-1);
  return last?.day === day ? last.failed : 0;
}

/** What a finding shows is about all mail, whoever showed the break. */
function wholePast(days: readonly DayCount[], own: Hit): Pick<Hit, 'baseline' | 'known'> {
  return { baseline: baselineBefore(days, own.from), known: knownBefore(days, own.from) ?? own.known };
}

/** One reporter's word alone must be about much of its mail, or about many messages. */
function isGross({ messages, failed }: Counts): boolean {
  return failed * 2 >= messages || failed >= 20;
}

const sure = 5e-4;
/** For one reporter's word: few messages, and many reporters to try. */
const surer = 5e-5;

function breakIn(
  days: readonly DayCount[],
  end: number,
  below: number,
  isEnough?: (window: Counts) => boolean,
): Hit | null {
  if (failedOn(days, end) === 0) return null;
  for (const length of [1, 2, 3]) {
    const hit = fast(days, length, below, isEnough);
    if (hit !== null) return hit;
  }
  return isEnough === undefined ? slow(days) : null;
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
function fast(
  days: readonly DayCount[],
  length: number,
  below: number,
  isEnough: (window: Counts) => boolean = () => true,
): Hit | null {
  const tried = trial(days, length);
  if (tried === null) return null;
  const { messages, failed } = tried.counts;
  const enough = failed >= 3 || (failed >= 2 && failed === messages);
  if (!enough || !isEnough(tried.counts) || !isWorse(tried.counts, tried.baseline)) return null;
  const pValue = surprise(tried.counts, tried.baseline);
  return pValue < below ? hitOf(tried, pValue) : null;
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
