import { daySeconds } from '../base/clock.js';
import { plainText } from '../base/text.js';
import { countDays, dayText } from '../model/finding.js';
import type { AuthCounts, DayRange, Evidence } from '../model/finding.js';
import type { AuthSet, History, RecordDetail, Scope, SourceTotal } from '../model/history.js';
import { classOf, diagnose } from './diagnose.js';
import { knownDays } from './rule.js';
import type { Weighed } from './rule.js';
import type { Past } from './summary.js';

/** What was decided about a finding before its evidence is gathered. Days are Unix seconds. */
export interface Frame {
  readonly domainId: number;
  readonly domain: string;
  readonly sender: string;
  readonly sourceIds: readonly number[];
  readonly from: number;
  readonly to: number;
  /** The window as it was told; null to count it from the data. */
  readonly frozen: DayRange | null;
  readonly baseline: Evidence['baseline'];
  readonly pValue: number | null;
  /** Why the sources are known, or null. */
  readonly knownReason: string | null;
  readonly late: boolean;
  readonly flapping: boolean;
  readonly toldAs: Evidence['told_as'];
  readonly newestDay: number;
  /** No report evaluated before names the domain: nobody is woken on the word of the first. */
  readonly newDomain: boolean;
}

/** Evidence that still lacks its route, and what the route is judged by. */
export interface Gathered {
  readonly evidence: Omit<Evidence, 'route'>;
  readonly weighed: Weighed;
  readonly firstFailed: number;
  readonly lastFailed: number;
  /** The past of the sources before the window, up to 180 days. */
  readonly past: Past;
}

const listed = 10;
const listedSources = 20;

/** Reads everything that a finding has to show. */
export async function gather(history: History, frame: Frame): Promise<Gathered> {
  const { domainId, sourceIds, from } = frame;
  const scope: Scope = { domainId, sourceIds, from, to: Math.max(frame.to, frame.newestDay) };
  const days = await history.days(scope);
  const failing = await history.authSets(scope, false);
  const passing = await history.authSets(
    { ...scope, from: from - frame.baseline.days * daySeconds, to: from - daySeconds },
    true,
  );
  const detail = await history.detail(scope);
  const totals = await history.sourceTotals(scope);
  const past = await history.days({ ...scope, from: from - knownDays * daySeconds, to: from - daySeconds });
  const failed = days.filter((each) => each.failed > 0).map((each) => each.day);
  const evidence = {
    ...framed(frame),
    window: frame.frozen ?? range(from, frame.to, days),
    latest: range(from, Math.max(frame.to, days.at(-1)?.day ?? 0), days),
    ...listOf(totals, frame),
    ...recorded(detail),
    auth: { before: authCounts(passing), after: authCounts(failing) },
    ...explained(frame, failing, passing, detail),
  };
  const weighed: Weighed = {
    evidence,
    allForwarded: detail.failed > 0 && detail.forwarded === detail.failed,
    unaligned: failing.filter(passesRaw).reduce((sum, set) => sum + set.messages, 0),
    failingDays: failed.length,
    failingReporters: detail.failingReporters,
  };
  return {
    evidence,
    weighed,
    firstFailed: failed[0] ?? from,
    lastFailed: failed.at(-1) ?? frame.to,
    past: pastOf(past),
  };
}

function pastOf(days: Parameters<typeof countDays>[0]): Past {
  const firstFailed = days.find((each) => each.failed > 0)?.day;
  return {
    messages: days.reduce((sum, each) => sum + each.messages, 0),
    firstFailed: firstFailed === undefined ? null : dayText(firstFailed),
  };
}

function framed(frame: Frame): Pick<Evidence, 'baseline' | 'p_value' | 'late' | 'flapping' | 'told_as' | 'recovery'> {
  return {
    baseline: frame.baseline,
    p_value: frame.pValue,
    late: frame.late,
    flapping: frame.flapping,
    told_as: frame.toldAs,
    recovery: null,
  };
}

export function range(from: number, to: number, days: Parameters<typeof countDays>[0]): DayRange {
  return { from: dayText(from), to: dayText(to), ...countDays(days, from, to) };
}

function passesRaw(set: AuthSet): boolean {
  return [...set.dkim, ...set.spf].some((each) => each.result === 'pass');
}

function listOf(totals: readonly SourceTotal[], frame: Frame): Pick<Evidence, 'sources' | 'source_count'> {
  const sources = totals.slice(0, listedSources).map((each) => ({
    ip: each.ip,
    messages: each.messages,
    failed: each.failed,
    first_failed: each.firstFailed === null ? null : dayText(each.firstFailed),
    known: frame.knownReason !== null,
  }));
  return { sources, source_count: frame.sourceIds.length };
}

function recorded(
  detail: RecordDetail,
): Pick<Evidence, 'reporters' | 'reporter_count' | 'disposition' | 'reasons' | 'header_from'> {
  return {
    reporters: detail.reporters.slice(0, listed).map((each) => ({ ...each, name: plainText(each.name, 80) })),
    reporter_count: detail.reporterCount,
    disposition: detail.disposition,
    reasons: detail.reasons
      .slice(0, listed)
      .map((each) => ({ ...each, type: plainText(each.type, 40), comment: plainText(each.comment, 80) })),
    header_from: detail.headerFrom.slice(0, listed).map((each) => ({ ...each, domain: plainText(each.domain, 100) })),
  };
}

function explained(
  frame: Frame,
  failing: readonly AuthSet[],
  passing: readonly AuthSet[],
  detail: RecordDetail,
): Pick<Evidence, 'class' | 'class_reason' | 'why' | 'next_steps'> {
  const diagnosis = diagnose({ domain: frame.domain, sender: frame.sender, failing, passing, detail });
  const judged = classOf(diagnosis.cause, failing);
  return {
    class: frame.knownReason === null ? judged.class : 'known',
    class_reason: frame.knownReason ?? judged.reason,
    why: diagnosis.why,
    next_steps: diagnosis.nextSteps,
  };
}

function authCounts(sets: readonly AuthSet[]): AuthCounts {
  const dkim = tally(sets, (set) =>
    set.dkim.map(({ domain, selector, result }) => ({
      domain: plainText(domain, 100),
      selector: plainText(selector, 64),
      result: plainText(result, 20),
    })),
  );
  const spf = tally(sets, (set) =>
    set.spf.map(({ domain, result }) => ({ domain: plainText(domain, 100), result: plainText(result, 20) })),
  );
  return { dkim, spf };
}

/** Each result once per set: a message with the same result twice is still one message. */
function tally<T extends object>(
  sets: readonly AuthSet[],
  results: (set: AuthSet) => readonly T[],
): (T & { messages: number })[] {
  const counts = new Map<string, T & { messages: number }>();
  for (const set of sets) {
    const unique = new Map(results(set).map((each) => [JSON.stringify(each), each]));
    for (const [key, each] of unique)
      counts.set(key, { ...each, messages: (counts.get(key)?.messages ?? 0) + set.messages });
  }
  return [...counts.values()].sort((one, other) => other.messages - one.messages).slice(0, listed);
}
