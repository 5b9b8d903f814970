import { daySeconds } from '../base/clock.js';
import { countDays } from '../model/finding.js';
import type { ReporterDays } from '../model/history.js';
import type { DayCount, Evidence, RuleName, Severity } from '../model/finding.js';
import type { Counts } from './statistics.js';

/** Everything a rule may look at: one source IP of one policy domain. Days are ascending, Unix seconds. */
export interface SourceFacts {
  /** Days with messages, at least 180 before the first new day. */
  readonly days: readonly DayCount[];
  /** The same, by reporter. */
  readonly byReporter: readonly ReporterDays[];
  /** Event days of the reports that just came in which the source failed. */
  readonly newDays: readonly number[];
  /** It failed for this domain in a report evaluated before. */
  readonly failedBefore: boolean;
  /** Nothing was evaluated before: what fails now was failing already. */
  readonly firstLook: boolean;
}

/** A rule's answer about one source IP. */
export interface Hit {
  readonly from: number;
  readonly to: number;
  readonly baseline: Counts & { readonly days: number };
  readonly pValue: number | null;
  /** Later days show that it is over. */
  readonly recovered: boolean;
  /** Aligned passes that make the source known; messages 0 when it is not. */
  readonly known: { readonly messages: number; readonly days: number };
}

export interface Rule {
  readonly name: RuleName;
  /** Pure. */
  readonly find: (facts: SourceFacts) => Hit | null;
  /** How grave, and whether to tell at once: judged on the whole group of sources. */
  readonly weigh: (group: Weighed) => { readonly severity: Severity; readonly route: 'now' | 'digest' };
}

/** What `weigh` may look at. */
export interface Weighed {
  readonly evidence: Pick<Evidence, 'class' | 'window' | 'sources' | 'source_count' | 'late' | 'flapping'>;
  /** Every failing message was put down to forwarding. */
  readonly allForwarded: boolean;
  /** Failing messages that pass DKIM or SPF for a domain that is not aligned. */
  readonly unaligned: number;
  readonly failingDays: number;
  readonly failingReporters: number;
}

export const baselineDays = 28;
export const knownDays = 180;

/** Aligned passes of the 180 days before `before`: at least 5 messages on at least 2 days make a source known. */
export function knownBefore(days: readonly DayCount[], before: number): { messages: number; days: number } | null {
  const passing = days.filter(
    (each) => each.day < before && each.day >= before - knownDays * daySeconds && each.messages > each.failed,
  );
  const messages = passing.reduce((sum, each) => sum + each.messages - each.failed, 0);
  return messages >= 5 && passing.length >= 2 ? { messages, days: passing.length } : null;
}

/** The 28 days before `before`; 180 when those hold fewer than 10 messages. */
export function baselineBefore(days: readonly DayCount[], before: number): Counts & { readonly days: number } {
  const last = before - daySeconds;
  const short = countDays(days, before - baselineDays * daySeconds, last);
  if (short.messages >= 10) return { days: baselineDays, ...short };
  return { days: knownDays, ...countDays(days, before - knownDays * daySeconds, last) };
}
