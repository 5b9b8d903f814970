import type { SourceClass } from './sender.js';

export type { SourceClass };

/** The rules, as they are named in findings, alerts and metric labels; the gravest first. */
export const ruleNames = [
  'known_sender_failing',
  'policy_weakened',
  'domain_alignment_drop',
  'mechanism_broken',
  'new_unaligned_sender',
  'spoofing_spike',
  'reports_missing',
  'mailbox_failing',
  'parse_failing',
  'new_failing_source',
  'reporter_missing',
  'new_subdomain',
  'unknown_domain',
  'volume_change',
] as const;

export type RuleName = (typeof ruleNames)[number];

/** What a rule judges, and how grave what it finds may be. */
export interface RuleScope {
  /** `service`: nothing of a policy domain of ours. */
  readonly about: 'domain' | 'service';
  readonly severities: readonly Severity[];
}

/** A sender of a domain that was just heard of is only noted, whatever its rule says. */
export const ruleScopes = {
  known_sender_failing: { about: 'domain', severities: ['critical', 'warning', 'info'] },
  policy_weakened: { about: 'domain', severities: ['critical', 'warning'] },
  domain_alignment_drop: { about: 'domain', severities: ['critical', 'warning'] },
  mechanism_broken: { about: 'domain', severities: ['warning', 'info'] },
  new_unaligned_sender: { about: 'domain', severities: ['warning', 'info'] },
  spoofing_spike: { about: 'domain', severities: ['warning', 'info'] },
  reports_missing: { about: 'domain', severities: ['warning'] },
  mailbox_failing: { about: 'service', severities: ['warning'] },
  parse_failing: { about: 'service', severities: ['warning', 'info'] },
  new_failing_source: { about: 'domain', severities: ['warning', 'info'] },
  reporter_missing: { about: 'domain', severities: ['info'] },
  new_subdomain: { about: 'domain', severities: ['info'] },
  unknown_domain: { about: 'service', severities: ['info'] },
  volume_change: { about: 'domain', severities: ['info'] },
} as const satisfies Readonly<Record<RuleName, RuleScope>>;

/** How grave a finding of this rule may be. */
export type SeverityOf<Name extends RuleName> = (typeof ruleScopes)[Name]['severities'][number];

/** Which part of DMARC a finding is about: the verdict, or one of its two legs. */
export type Mechanism = 'dmarc' | 'dkim' | 'spf';

export type Severity = 'critical' | 'warning' | 'info';

/**
 * `superseded`: the same source IPs are now in a finding of a graver rule. `accepted`: it lasts so long that it is no news any
 * more, or what it is about is none of ours any more. `manual`: a person said so.
 */
export type Resolution = 'recovered' | 'no_traffic' | 'superseded' | 'accepted' | 'manual';

/** Messages of one UTC day; `day` is Unix seconds at midnight. */
export interface DayCount {
  readonly day: number;
  readonly messages: number;
  readonly failed: number;
}

/** Event days from and to (both included, `2026-09-01`) and what they hold. */
export interface DayRange {
  readonly from: string;
  readonly to: string;
  readonly messages: number;
  readonly failed: number;
}

/** How a source authenticated: raw results, evidence and never the verdict. */
export interface AuthCounts {
  readonly dkim: readonly {
    readonly domain: string;
    readonly selector: string;
    readonly result: string;
    readonly messages: number;
  }[];
  readonly spf: readonly { readonly domain: string; readonly result: string; readonly messages: number }[];
}

export interface Dispositions {
  readonly none: number;
  readonly quarantine: number;
  readonly reject: number;
  readonly pass: number;
  readonly other: number;
}

/** What a finding rests on; kept as JSON with the finding and sent in the webhook's data under the same names. */
export interface Evidence {
  /** The days that showed the failure; frozen once somebody was told. */
  readonly window: DayRange;
  /** The `days` before the window; frozen while the finding is open. */
  readonly baseline: { readonly days: number; readonly messages: number; readonly failed: number };
  readonly p_value: number | null;
  /** From the first day of the window to the newest day with mail of these sources. */
  readonly latest: DayRange;
  readonly sources: readonly {
    readonly ip: string;
    readonly messages: number;
    readonly failed: number;
    readonly first_failed: string | null;
    readonly known: boolean;
  }[];
  readonly source_count: number;
  readonly reporters: readonly { readonly name: string; readonly messages: number; readonly failed: number }[];
  readonly reporter_count: number;
  /** What receivers did with the failing messages. */
  readonly disposition: Dispositions;
  /** `before`: of passing messages in the baseline; `after`: of failing ones in the window. */
  readonly auth: { readonly before: AuthCounts; readonly after: AuthCounts };
  readonly reasons: readonly { readonly type: string; readonly comment: string; readonly messages: number }[];
  readonly header_from: readonly { readonly domain: string; readonly messages: number }[];
  readonly class: SourceClass;
  readonly class_reason: string;
  /** Which of the ordered steps of docs/detection.md gave the class. */
  readonly class_step: number;
  readonly why: string;
  readonly next_steps: readonly string[];
  /** What receivers did with the failing messages, in a sentence; "" when there are none. */
  readonly handled: string;
  /** What fails: DMARC, or one of its legs while DMARC still passes. */
  readonly mechanism: Mechanism;
  /** The whole sender is judged; else only the source IPs that showed it. */
  readonly whole: boolean;
  /** The sender's name for people. */
  readonly title: string;
  /** Told by itself at once, or with the day's digest. */
  readonly route: 'now' | 'digest';
  /** The report came more than a week after the domain's newest event day. */
  readonly late: boolean;
  /** Failed again within a day of being resolved. */
  readonly flapping: boolean;
  /** As an alert of its own, as one of a digest's list, or only in a digest's count. */
  readonly told_as: 'alert' | 'listed' | 'counted' | null;
  /** Of a rule about a domain or the service: what its end is judged by. */
  readonly about?: Readonly<Record<string, string | number>>;
  /** The days that showed the recovery; data of these or older days does not open the finding again. */
  readonly recovery: DayRange | null;
}

/** Something worth telling, from opening to resolution: about a sender of a policy domain, a domain or the service. Times are Unix seconds. */
export interface Finding {
  /** `alert_id` outside. */
  readonly publicId: string;
  /** SHA-256 of rule|domain|sender|mechanism, hex. */
  readonly fingerprint: string;
  readonly rule: RuleName;
  readonly severity: Severity;
  readonly status: 'open' | 'resolved';
  /** 0, and `domain` empty: the service itself. */
  readonly domainId: number;
  readonly domain: string;
  /** Our grouping of source IPs: an organisational domain, else a network. Of a rule about a domain or the service: what it is about, or ''. */
  readonly sender: string;
  /** Rows of `sources`. */
  readonly sourceIds: readonly number[];
  readonly summary: string;
  readonly evidence: Evidence;
  /** Event days, Unix seconds at midnight UTC. */
  readonly firstDay: number;
  readonly lastDay: number;
  /** Arrival of the report that showed it. */
  readonly firstArrival: number;
  readonly openedAt: number;
  readonly updatedAt: number;
  readonly resolvedAt: number | null;
  readonly resolution: Resolution | null;
  readonly toldAt: number | null;
  /** Id of the message that told it; `none` when there was no channel. */
  readonly toldBy: string | null;
}

/** `2026-09-01` of Unix seconds. */
export function dayText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}

/** Unix seconds at midnight UTC of `2026-09-01`. */
export function dayOfText(text: string): number {
  return Date.parse(`${text}T00:00:00Z`) / 1000;
}

/** Messages and failures of the days from `from` to `to`, both included. */
export function countDays(days: readonly DayCount[], from: number, to: number): { messages: number; failed: number } {
  let messages = 0;
  let failed = 0;
  for (const each of days) {
    if (each.day < from || each.day > to) continue;
    messages += each.messages;
    failed += each.failed;
  }
  return { messages, failed };
}
