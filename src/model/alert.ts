import type { DayRange, Dispositions, Evidence, Mechanism, RuleName, Severity, SourceClass } from './finding.js';

/** `dmarc.alert.updated` is reserved: published, not sent yet. */
export type MessageType =
  'dmarc.alert.opened' | 'dmarc.alert.updated' | 'dmarc.alert.resolved' | 'dmarc.digest.daily' | 'dmarc.test';

/** A message, its id and bytes frozen when it is written. */
export interface OutboxMessage {
  /** `webhook-id`. */
  readonly id: string;
  readonly type: MessageType;
  /** JSON, less than 20,000 bytes. */
  readonly body: string;
}

/** A message on its way out. */
export interface PendingMessage extends OutboxMessage {
  readonly channel: string;
  /** Attempts made so far. */
  readonly attempts: number;
}

/** The queue of messages, as the delivery loop sees it. Times are milliseconds since the epoch. */
export interface OutboxPort {
  /** Messages to send now, oldest first, and when the next one is due. */
  due(nowMs: number): Promise<{ readonly messages: readonly PendingMessage[]; readonly nextAt: number | null }>;
  delivered(id: string, atMs: number): Promise<void>;
  /** `nextAtMs` null: dropped. */
  failed(id: string, facts: { readonly error: string; readonly nextAtMs: number | null }): Promise<void>;
}

/** An alert in a digest. */
export interface AlertSummary {
  readonly alert_id: string;
  readonly fingerprint: string;
  readonly rule: RuleName;
  readonly severity: Severity;
  readonly status: 'open' | 'resolved';
  readonly resolution: string | null;
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
  readonly backlog?: BacklogData;
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

export type DigestKind = 'daily' | 'first_start' | 'backlog' | 'grouped';

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
  readonly links: { readonly dashboard: string };
}
