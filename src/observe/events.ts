/** Why a poll failed: closed list, a metric label. */
export type PollFailureReason = 'auth' | 'connect' | 'tls' | 'timeout' | 'protocol' | 'store' | 'other';

/** Mails of one mailbox that wait, and how they become fewer. */
export interface BacklogFacts {
  readonly left: number;
  /** Arrival of the oldest, Unix seconds; 0 when none waits or it is not known. */
  readonly oldest: number;
  /** Mails done since mails began to wait; 0 again at the first look that finds none. */
  readonly done: number;
  /** Mails done a second, of late; null when that is not known. */
  readonly perSecond: number | null;
  readonly secondsLeft: number | null;
}

/** Everything that happens in the service and is worth a log line and a number; one function writes both. None of them throws. */
export interface Events {
  pollSucceeded(source: string, facts: { readonly durationMs: number; readonly mails: number }): void;
  pollFailed(
    source: string,
    facts: {
      readonly durationMs: number;
      readonly reason: PollFailureReason;
      readonly message: string;
      readonly hint: string;
      readonly retryInMs: number;
    },
  ): void;
  backlog(source: string, facts: BacklogFacts): void;
  /** A mailbox action after commit failed; the mail is settled all the same. */
  afterActionFailed(
    source: string,
    facts: { readonly folder: string; readonly action: string; readonly uids: number; readonly message: string },
  ): void;
  /** A batch was committed. */
  batchStored(
    source: string,
    facts: { readonly mails: number; readonly reports: number; readonly durationMs: number },
  ): void;
  mailProblem(
    source: string,
    facts: { readonly where: string; readonly outcome: string; readonly reason: string },
  ): void;
  evaluated(facts: { readonly durationMs: number; readonly opened: number; readonly resolved: number }): void;
  evaluationFailed(message: string): void;
  /** Seconds from a report's arrival to the moment its finding was queued for telling. */
  findingQueued(facts: {
    readonly rule: string;
    readonly severity: string;
    readonly domain: string;
    readonly summary: string;
    readonly delaySeconds: number;
  }): void;
  notificationDelivered(
    channel: string,
    facts: { readonly id: string; readonly type: string; readonly attempt: number; readonly durationMs: number },
  ): void;
  notificationFailed(
    channel: string,
    facts: {
      readonly id: string;
      readonly attempt: number;
      readonly reason: string;
      readonly message: string;
      readonly retryInMs: number | null;
    },
  ): void;
  storeError(operation: 'read' | 'write' | 'migrate' | 'maintenance', message: string): void;
  info(message: string, facts?: Readonly<Record<string, unknown>>): void;
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void;
}
