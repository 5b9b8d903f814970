import type { Evidence, Mechanism, RuleName, SeverityOf } from '../../model/finding.js';
import type { KindDay, Sender } from '../../model/sender.js';
import type { Baseline } from './breaks.js';

/** The days of one reporter or one source IP, ascending. */
export interface Part {
  readonly id: number;
  readonly days: readonly KindDay[];
}

/** Everything a rule may look at: one sender of one policy domain. Days are ascending, Unix seconds. */
export interface SenderFacts {
  readonly sender: Sender;
  /** Days with messages of all its source IPs, at least 180 before the first new day. */
  readonly days: readonly KindDay[];
  readonly byReporter: readonly Part[];
  /** The source IPs that the new reports give reason to look at, of `sources` in all. */
  readonly bySource: readonly Part[];
  readonly sources: number;
  /** Event days of the new reports that name it, with messages. */
  readonly newDays: readonly number[];
  /** It failed for this domain in a report evaluated before. */
  readonly failedBefore: boolean;
  /** Nothing was evaluated before: what fails now was failing already. */
  readonly firstLook: boolean;
}

/** A rule's answer about one sender. */
export interface Hit {
  readonly mechanism: Mechanism;
  readonly from: number;
  readonly to: number;
  readonly baseline: Baseline;
  readonly pValue: number | null;
  /** Later days show that it is over. */
  readonly recovered: boolean;
  /** The source IPs that show it when the sender's other mail does not; null: the whole sender. */
  readonly sourceIds: readonly number[] | null;
}

export type Rule = { [Name in RuleName]: RuleOf<Name> }[RuleName];

interface RuleOf<Name extends RuleName> {
  readonly name: Name;
  /** Pure. One hit a mechanism at most. */
  readonly find: (facts: SenderFacts) => readonly Hit[];
  /** How grave, and whether to tell at once. Pure. */
  readonly weigh: (group: Weighed) => Weight<Name>;
}

export interface Weight<Name extends RuleName> {
  readonly severity: SeverityOf<Name>;
  readonly route: 'now' | 'digest';
}

/** What `weigh` may look at. */
export interface Weighed {
  readonly evidence: Pick<Evidence, 'class' | 'window' | 'late' | 'flapping'>;
  /** Every failing message was put down to forwarding. */
  readonly allForwarded: boolean;
  /** Every failing message is one whose reporter could not ask DNS, or told no results. */
  readonly onlyErrors: boolean;
  /** What passes looks passed on, and a lesser part of it was changed on its way: a forwarder's picture. */
  readonly relays: boolean;
  /** Failing messages that pass DKIM or SPF for a domain that is not aligned. */
  readonly unaligned: number;
  readonly failingDays: number;
  readonly failingReporters: number;
  /** The newest published policy asks receivers to quarantine or reject. */
  readonly enforced: boolean;
  /** The operator called the sender a threat. */
  readonly threat: boolean;
}

export function isKnown({ known, decision }: Sender): boolean {
  return decision?.kind === 'known' || (known !== null && decision?.kind !== 'threat');
}

/** What breaks has to be known, and what fails for the first time did not fail before: of any other sender nothing need be read. */
export function canHit(sender: Sender, failedBefore: boolean): boolean {
  return isKnown(sender) || !failedBefore;
}
