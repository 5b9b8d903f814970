import { countDays } from '../../model/finding.js';
import type { DayCount, Mechanism } from '../../model/finding.js';
import { recoveryOf } from '../recovery.js';
import { caseOf, failingFrom } from '../reporters.js';
import { baselineBefore, breakAt, pooled } from './breaks.js';
import type { Break } from './breaks.js';
import { legDays } from './series.js';
import type { Hit, Part, SenderFacts } from './rule.js';

/** One leg of a sender's mail: together, by reporter, by source IP. */
interface Leg {
  readonly mechanism: Mechanism;
  readonly days: readonly DayCount[];
  readonly byReporter: readonly Piece[];
  readonly bySource: readonly Piece[];
}

interface Piece {
  readonly id: number;
  readonly days: readonly DayCount[];
}

/** Fewer messages in the baseline say too little of one reporter, or of one source IP. */
const leastOfReporter = 20;
const leastOfSource = 10;

/** Walks through the new days; the baseline stays frozen from a break to its recovery, or a break would become normal. */
export function brokenLeg(facts: SenderFacts, mechanism: Mechanism): Hit | null {
  const leg: Leg = {
    mechanism,
    days: legDays(facts.days, mechanism),
    byReporter: pieces(facts.byReporter, mechanism),
    // One alone is the whole, which is judged already.
    bySource: facts.sources > 1 ? pieces(facts.bySource, mechanism) : [],
  };
  const failing = leg.days.filter((each) => each.failed > 0).map((each) => each.day);
  const first = facts.newDays.findIndex((day) => failing.includes(day));
  if (first < 0) return null;
  const last = facts.newDays.slice(first).reduce<Hit | null>((hit, end) => next(hit, leg, end), null);
  return last !== null && isOver(last, leg) ? { ...last, recovered: true } : last;
}

function pieces(parts: readonly Part[], mechanism: Mechanism): Piece[] {
  return parts.map(({ id, days }) => ({ id, days: legDays(days, mechanism) }));
}

function next(hit: Hit | null, leg: Leg, end: number): Hit | null {
  const until = upTo(leg, end);
  if (hit === null) return hitAt(until, end);
  if (!hit.recovered && !isOver(hit, until)) return hit;
  return hitAt(until, end) ?? { ...hit, recovered: true };
}

function upTo(leg: Leg, end: number): Leg {
  const cut = (days: readonly DayCount[]) => days.filter((each) => each.day <= end);
  const all = (list: readonly Piece[]) => list.map(({ id, days }) => ({ id, days: cut(days) }));
  return { ...leg, days: cut(leg.days), byReporter: all(leg.byReporter), bySource: all(leg.bySource) };
}

/** Judged by those who showed it: the reporters, or the source IPs. */
function isOver(hit: Hit, leg: Leg): boolean {
  if (hit.sourceIds !== null) {
    const days = leg.bySource.filter((each) => hit.sourceIds?.includes(each.id)).map((each) => each.days);
    return days.every((each) => recoveryOf({ ...hit, window: countDays(each, hit.from, hit.to) }, each) !== null);
  }
  const reporters = leg.byReporter.map(({ id, days }) => ({ reporterId: id, days }));
  const { open, days } = caseOf(failingFrom(reporters, hit.from, hit.to), hit);
  return recoveryOf(open, days) !== null;
}

/** All mail together; else the mail of one reporter, which no other can outvote; else that of single source IPs. */
function hitAt(leg: Leg, end: number): Hit | null {
  const whole = breakAt(leg.days, end, pooled);
  if (whole !== null) return hitOf(leg, whole, null);
  const reporter = leg.byReporter.length < 2 ? null : firstBreak(leg.byReporter, end, leastOfReporter);
  // What a finding shows is about all mail, whoever showed the break.
  if (reporter !== null) return hitOf(leg, { ...reporter, baseline: baselineBefore(leg.days, reporter.from) }, null);
  return brokenSources(leg, end);
}

function hitOf({ mechanism }: Leg, { from, to, baseline, pValue }: Break, sourceIds: Hit['sourceIds']): Hit {
  return { mechanism, from, to, baseline, pValue, recovered: false, sourceIds };
}

function failedOn({ days }: Piece, day: number): boolean {
  const last = days.at(-1);
  return last?.day === day && last.failed > 0;
}

/** The pieces with failures on the day and enough of a past. */
function judged(all: readonly Piece[], end: number, least: number): readonly Piece[] {
  return all.filter((each) => failedOn(each, end) && baselineBefore(each.days, end).messages >= least);
}

function firstBreak(all: readonly Piece[], end: number, least: number): Break | null {
  const tried = judged(all, end, least);
  for (const { days } of tried) {
    const found = breakAt(days, end, { parts: tried.length });
    if (found !== null) return found;
  }
  return null;
}

function brokenSources(leg: Leg, end: number): Hit | null {
  const tried = judged(leg.bySource, end, leastOfSource);
  const broken = tried.flatMap(({ id, days }) => {
    const found = breakAt(days, end, { parts: tried.length });
    return found === null ? [] : [{ id, found }];
  });
  const [first] = broken;
  if (first === undefined) return null;
  const sourceIds = broken.map((each) => each.id);
  return hitOf(
    leg,
    together(
      broken.map((each) => each.found),
      first.found,
    ),
    sourceIds,
  );
}

function together(all: readonly Break[], first: Break): Break {
  const sum = (pick: (each: Break) => number) => all.reduce((total, each) => total + pick(each), 0);
  return {
    from: Math.min(...all.map((each) => each.from)),
    to: first.to,
    counts: { messages: sum((each) => each.counts.messages), failed: sum((each) => each.counts.failed) },
    baseline: {
      days: Math.max(...all.map((each) => each.baseline.days)),
      messages: sum((each) => each.baseline.messages),
      failed: sum((each) => each.baseline.failed),
    },
    pValue: Math.min(...all.map((each) => each.pValue)),
  };
}
