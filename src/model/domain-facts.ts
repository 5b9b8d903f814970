import type { Finding, RuleName, SeverityOf } from './finding.js';
import type { ReportSpan } from './history.js';
import type { Classified, KindDay } from './sender.js';

/** Rules about a policy domain as a whole, or about the service itself; the others are about senders. */
export const domainRuleNames: readonly RuleName[] = [
  'policy_weakened',
  'domain_alignment_drop',
  'spoofing_spike',
  'reports_missing',
  'reporter_missing',
  'new_subdomain',
  'unknown_domain',
  'volume_change',
  'mailbox_failing',
  'parse_failing',
];

/** The policy as a report published it (RFC 7489 section 6.3, RFC 9990 section 3.1.1.5); absent is null. */
export interface PublishedPolicy {
  readonly p: string | null;
  readonly sp: string | null;
  readonly np: string | null;
  readonly pct: number | null;
  readonly adkim: string | null;
  readonly aspf: string | null;
  readonly testing: string | null;
}

/** One report of a policy domain. Times and days are Unix seconds. */
export interface DomainReport extends PublishedPolicy {
  readonly reporterId: number;
  readonly reporter: string;
  readonly begin: number;
  readonly firstDay: number;
  readonly lastDay: number;
  readonly messages: number;
  readonly pass: number;
  readonly arrivedAt: number;
  readonly authenticity: 'verified' | 'unverified';
}

/** What a sender of a domain sent on a day. */
export interface SenderDay extends KindDay {
  readonly sender: string;
  readonly known: boolean;
  /** Ids of the reporters that said nothing but DNS errors of some of its messages (`error`). */
  readonly errorsBy: readonly number[];
}

/** A policy domain that the reports of a span name. */
export interface TouchedDomain {
  readonly domainId: number;
  readonly domain: string;
  /** None of ours: its reports are kept, and are in no total. */
  readonly foreign: boolean;
  readonly reports: number;
  readonly messages: number;
  /** First and last days of the span's reports, each once, ascending. */
  readonly days: readonly number[];
  readonly firstArrival: number;
}

/** A header_from below a policy domain that passed DMARC for the first time. */
export interface NewName {
  readonly name: string;
  readonly messages: number;
}

/** How the polls of a mailbox went. */
export interface MailboxPolls {
  readonly mailbox: string;
  /** In a row; 0 when the last poll was well. */
  readonly failures: number;
  /** Unix seconds. */
  readonly failingSince: number | null;
  readonly error: string;
}

/** What a poll of a mailbox came to; `error` null: it was well. Unix seconds. */
export interface PollOutcome {
  readonly mailbox: string;
  readonly at: number;
  readonly error: string | null;
}

/** The newest mails of the ledger by whether they could be read. */
export interface Readings {
  /** Mails that brought a report, also one that was there already. */
  readonly read: number;
  readonly failed: number;
  /** Of the failed ones, those from an address that brought a readable report before. */
  readonly failedOfKnown: number;
  /** Outcomes of the failed ones, the most frequent first. */
  readonly outcomes: readonly { readonly outcome: string; readonly mails: number }[];
  /** Addresses of the failed ones, the most frequent first, at most 10. */
  readonly from: readonly string[];
}

/** Which days (both included), and on whose word. */
export interface SenderScope {
  readonly domainId: number;
  readonly from: number;
  readonly to: number;
  readonly reporterIds: readonly number[];
  /** Unix seconds: what the operator said may be over. */
  readonly now: number;
}

/** What is known of policy domains as a whole, and of the service. Reports whose authenticity is `failed` are never in it. */
export interface Domains {
  touched(span: ReportSpan): Promise<readonly TouchedDomain[]>;
  /** Domains of ours whose newest report arrived after `after` and at or before `before` (Unix seconds). */
  quiet(
    after: number,
    before: number,
  ): Promise<readonly { readonly domainId: number; readonly domain: string; readonly arrivedAt: number }[]>;
  /** By begin, ascending: reports whose last event day is `from` or later. */
  reports(domainId: number, from: number): Promise<readonly DomainReport[]>;
  /** Messages by sender and day, by day; a sender that the operator called a threat or ignores is left out. */
  senderDays(scope: SenderScope): Promise<readonly SenderDay[]>;
  /** Names of passing mail in the span that are kept for no domain yet; at most 1,000 a domain, the most messages first. */
  newNames(span: ReportSpan): Promise<ReadonlyMap<number, readonly NewName[]>>;
  /** Arrival of the first report; null when there is none. */
  firstArrival(domainId: number): Promise<number | null>;
  /** Whether a domain is none of ours. */
  isForeign(domainId: number): Promise<boolean>;
  /** Since when the watch has looked without a pause of hours; remembers that it looks now. Unix seconds. */
  watchedSince(now: number): Promise<number>;
  polls(): Promise<readonly MailboxPolls[]>;
  /** Of mails processed after `since` (Unix seconds), the newest 2,000 at most; null when fewer than `leastFailed` could not be read. */
  readings(since: number, leastFailed: number): Promise<Readings | null>;
  /** Open findings of the rules about domains and the service. */
  open(): Promise<readonly Finding[]>;
}

/** What a rule about a domain or the service found. Days are Unix seconds. */
export type DomainCase = { [Name in RuleName]: CaseOf<Name> }[RuleName];

interface CaseOf<Name extends RuleName> {
  readonly rule: Name;
  /** What it is about beside the domain: a reporter, a name, a mailbox; '' when nothing. Part of the fingerprint. */
  readonly subject: string;
  readonly severity: SeverityOf<Name>;
  readonly route: 'now' | 'digest';
  readonly summary: string;
  readonly why: string;
  readonly nextSteps: readonly string[];
  readonly from: number;
  readonly to: number;
  readonly window: { readonly messages: number; readonly failed: number };
  readonly baseline: { readonly days: number; readonly messages: number; readonly failed: number };
  readonly pValue: number | null;
  /** Whose mail it is; absent where it is about no sender. */
  readonly classified?: Classified;
  /** What the end is judged by. */
  readonly about: Readonly<Record<string, string | number>>;
  readonly firstArrival: number;
}
