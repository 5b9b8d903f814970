import type { ChannelKind } from './channel.js';
import type { DayRange, Dispositions, Evidence, Mechanism, RuleName, Severity, SourceClass } from './finding.js';
import type { Change } from './telling.js';

export type MessageType =
  | 'dmarc.alert.opened'
  | 'dmarc.alert.updated'
  | 'dmarc.alert.reminder'
  | 'dmarc.alert.resolved'
  | 'dmarc.digest.daily'
  | 'dmarc.service.problem'
  | 'dmarc.test';

/** What `data` of a message holds. */
export type MessageData = AlertData | DigestData | ProblemData | TestData;

/** A message before anybody rendered it for a channel. */
export interface Message {
  /** The same on every channel and every attempt. */
  readonly id: string;
  readonly type: MessageType;
  /** When it was written, Unix seconds. */
  readonly at: number;
  readonly data: MessageData;
}

/** A message rendered for one channel; id and bytes are frozen. */
export interface OutboxMessage {
  readonly id: string;
  readonly channel: string;
  readonly kind: ChannelKind;
  readonly type: MessageType;
  /** Critical ones are sent in quiet hours too. */
  readonly severity: Severity;
  /** Messages of one subject reach a channel in the order they were written; null: in any order. */
  readonly subject: string | null;
  /** Until when quiet hours hold it, milliseconds since the epoch; null: as long as they last. */
  readonly lastCallMs: number | null;
  readonly body: string;
}

/** A message on its way out. */
export interface PendingMessage extends OutboxMessage {
  /** Attempts made so far. */
  readonly attempts: number;
}

/** Names one message of one channel. */
export type MessageKey = Pick<OutboxMessage, 'channel' | 'id'>;

/** An open finding that a channel was told of, as its message said it. */
export interface StandingAlert {
  readonly fingerprint: string;
  readonly severity: Severity;
  readonly body: string;
}

/** The queue of messages, as the delivery loops see it. Times are milliseconds since the epoch. */
export interface OutboxPort {
  /** Messages of a channel to send now, oldest first, and when its next one is due. `urgentOnly`: critical ones, and those past their last call; `overdueOnly`: the latter alone. */
  due(
    channel: string,
    now: { readonly ms: number; readonly urgentOnly: boolean; readonly overdueOnly?: boolean },
  ): Promise<{ readonly messages: readonly PendingMessage[]; readonly nextAt: number | null }>;
  delivered(message: MessageKey, atMs: number): Promise<void>;
  /** `nextAtMs` null: dropped. */
  failed(message: MessageKey, facts: { readonly error: string; readonly nextAtMs: number | null }): Promise<void>;
  /** The clock was set back: what waits in the channel for a later time is due at this one. */
  hasten(channel: string, atMs: number): Promise<void>;
  put(messages: readonly OutboxMessage[], atMs: number): Promise<void>;
  /** Drops what waits for channels that are not among these, or are of another kind by now. Says how many of each name. */
  keepOnly(
    channels: readonly { readonly name: string; readonly kind: ChannelKind }[],
  ): Promise<readonly { readonly channel: string; readonly messages: number }[]>;
  standing(channel: string): Promise<readonly StandingAlert[]>;
}

/** `data` of dmarc.service.problem. */
export interface ProblemData {
  readonly summary: string;
  /** What has the problem: `channel`. */
  readonly part: string;
  readonly name: string;
  readonly next_steps: readonly string[];
}

/** `data` of dmarc.test. */
export interface TestData {
  readonly summary: string;
}

/** An alert in a digest. */
export interface AlertSummary {
  readonly alert_id: string;
  readonly fingerprint: string;
  readonly rule: RuleName;
  readonly severity: Severity;
  readonly status: 'open' | 'resolved';
  readonly resolution: string | null;
  /** What there is to tell; absent where a message only lists what is. */
  readonly change?: Change;
  readonly domain: string;
  readonly source: {
    readonly group: string;
    readonly class: SourceClass;
    readonly class_reason: string;
    readonly ips: readonly string[];
    readonly ip_count: number;
  };
  readonly mechanism: Mechanism;
  readonly window: DayRange;
  readonly baseline: Evidence['baseline'];
  readonly p_value: number | null;
  readonly first_report_arrived_at: string;
  readonly late: boolean;
  readonly flapping: boolean;
  readonly summary: string;
  readonly why: string;
  readonly links: { readonly alert: string; readonly dashboard: string };
}

/** `data` of dmarc.alert.opened and dmarc.alert.resolved. */
export interface AlertData extends AlertSummary {
  readonly latest: DayRange;
  readonly recovery: DayRange | null;
  readonly disposition: Dispositions;
  /** What receivers did with the failing messages, in a sentence, or "". */
  readonly handled: string;
  readonly reporters: readonly string[];
  readonly reporter_counts: Evidence['reporters'];
  readonly sources: Evidence['sources'];
  readonly auth: Evidence['auth'];
  readonly reasons: Evidence['reasons'];
  readonly header_from: Evidence['header_from'];
  readonly next_steps: readonly string[];
}

/** What a first start or a backfill brought. */
export interface BacklogData {
  readonly reports: number;
  readonly domains: number;
  readonly first_day: string;
  readonly last_day: string;
  /** Failing source IPs beside those of the alert (or of the alerts listed). */
  readonly other_failing_sources: number;
  /** Failures that were over before the domain's newest three days: not alerts. */
  readonly past_failures: number;
}

/** `grouped` (of one policy domain) and `storm` (of all) are told at once; the others are digests. */
export type DigestKind = 'daily' | 'weekly' | 'first_start' | 'new_domain' | 'backlog' | 'grouped' | 'storm';

/** What a summary says of a policy domain. */
export interface DomainLook {
  readonly domain: string;
  readonly messages: number;
  readonly passed: number;
  readonly pass_rate: number | null;
  /** Failing senders by class, those with the most failing messages first; `more` are not named. */
  readonly senders: readonly {
    readonly class: SourceClass;
    readonly names: readonly string[];
    readonly more: number;
    readonly failed: number;
  }[];
  /** What fails most gravely, and the first thing to do about it; null when nothing fails. */
  readonly look_at_first: string | null;
}

/** What a weekly summary says. Days are `2026-09-01`, both included. */
export interface WeekData {
  readonly from: string;
  readonly to: string;
  readonly opened: number;
  readonly resolved: number;
  /** The week before, for the domains in `pass_rates`. */
  readonly pass_rates_before: DigestData['pass_rates'];
  readonly failing_senders: readonly {
    readonly domain: string;
    readonly sender: string;
    readonly class: SourceClass;
    readonly messages: number;
    readonly failed: number;
  }[];
  readonly reporters: readonly { readonly name: string; readonly reports: number; readonly before: number }[];
}

/** `data` of dmarc.digest.daily. */
export interface DigestData {
  readonly kind: DigestKind;
  readonly summary: string;
  readonly counts: {
    readonly alerts: number;
    readonly critical: number;
    readonly warning: number;
    readonly info: number;
    readonly resolved: number;
  };
  readonly alerts: readonly AlertSummary[];
  /** Alerts told by this message that are not in the list. */
  readonly more: number;
  readonly backlog?: BacklogData;
  readonly pass_rates?: readonly {
    readonly domain: string;
    readonly messages: number;
    readonly passed: number;
    readonly pass_rate: number | null;
  }[];
  /** In `first_start`, `new_domain` and `backlog`. */
  readonly domains?: readonly DomainLook[];
  /** In `weekly`. */
  readonly week?: WeekData;
  readonly links: { readonly dashboard: string };
}
