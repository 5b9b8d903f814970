import type { DomainCase, DomainReport, MailboxPolls, NewName, Readings, SenderDay } from '../../model/domain-facts.js';
import type { Finding, Resolution, RuleName } from '../../model/finding.js';

/** Everything that a rule about a policy domain may look at. Times and days are Unix seconds. */
export interface DomainFacts {
  readonly now: number;
  readonly domain: string;
  /** Of the six weeks before the newest event day, by begin. Never empty. */
  readonly reports: readonly DomainReport[];
  /** The newest event day that is not in the future. */
  readonly newestDay: number;
  /** Event days of the new reports that are at most a week (in a backlog: three days) older than the newest, ascending. */
  readonly newDays: readonly number[];
  /** By day, ascending; empty when the reports give no reason to look at senders. */
  readonly senderDays: readonly SenderDay[];
  /** Names that are new; none in a backlog and in a domain's first week. */
  readonly names: readonly NewName[];
  /** The newest published policy asks receivers to quarantine or reject. */
  readonly enforced: boolean;
  /** Since when the watch looks without a pause; null while a mailbox fails: silence says nothing then. */
  readonly watchedSince: number | null;
  /** Days come all at once: nothing is said about the past. */
  readonly backlog: boolean;
  /** Open findings about the domain as a whole. */
  readonly open: readonly Finding[];
  /** Senders that have an open finding of their own because they fail, other than by forwarding. */
  readonly failing: ReadonlySet<string>;
  /** Arrival of the first new report; `now` when there is none. */
  readonly firstArrival: number;
}

/** Everything that a rule about the service may look at. */
export interface ServiceFacts {
  readonly now: number;
  readonly polls: readonly MailboxPolls[];
  /** Of the last day. */
  /** Null: too few mails could not be read to say anything. */
  readonly readings: Readings | null;
}

/** A rule over facts: pure. `Facts` are of one domain, or of the service. */
export interface RuleOver<Facts> {
  readonly name: RuleName;
  /** What holds now. An open finding of the same subject stays open. */
  readonly find: (facts: Facts) => readonly DomainCase[];
  /** Why an open finding that is not found any more is over; null when it is not. */
  readonly end: (facts: Facts, open: Finding) => Resolution | null;
}

export type DomainRule = RuleOver<DomainFacts>;
export type ServiceRule = RuleOver<ServiceFacts>;
