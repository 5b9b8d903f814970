import type { Clock } from '../base/clock.js';
import type { BacklogFacts } from './events.js';

/** How one mailbox or directory is doing. Times in Unix seconds; null before the first. */
export interface MailboxState {
  readonly name: string;
  readonly pollSeconds: number;
  /** Null before the first poll has ended. */
  readonly up: boolean | null;
  readonly lastPollAt: number | null;
  readonly lastSuccessAt: number | null;
  /** Last sign of progress: a poll that succeeded or, within a long first poll, a batch that was stored. */
  readonly lastProgressAt: number | null;
  readonly lastError: string | null;
  /** What waits, as it was told last. */
  readonly backlog: Omit<BacklogFacts, 'oldest'>;
}

/** What the service knows of its own health; kept in memory. */
export interface HealthProbe {
  /** Unix seconds. */
  readonly startedAt: number;
  mailboxes(): readonly MailboxState[];
  /** Why the store could not be written the last time; null when it could. */
  storeFault(): string | null;
}

/** The side that events write to. */
export interface HealthRecord extends HealthProbe {
  polled(mailbox: string, error: string | null): void;
  progressed(mailbox: string): void;
  left(mailbox: string, backlog: BacklogFacts): void;
  /** Null when the store was written. */
  stored(fault: string | null): void;
}

export function createHealth(
  mailboxes: readonly { readonly name: string; readonly pollSeconds: number }[],
  clock: Clock,
): HealthRecord {
  const now = () => Math.floor(clock.now() / 1000);
  const states = new Map<string, MailboxState>(mailboxes.map((each) => [each.name, { ...each, ...unknown }]));
  const change = (name: string, facts: Partial<MailboxState>) => {
    const state = states.get(name);
    if (state !== undefined) states.set(name, { ...state, ...facts });
  };
  let storeFault: string | null = null;
  return {
    startedAt: now(),
    storeFault: () => storeFault,
    stored: (fault) => (storeFault = fault),
    mailboxes: () => [...states.values()],
    polled: (name, error) => {
      const at = now();
      const success = error === null ? { lastSuccessAt: at, lastProgressAt: at } : {};
      change(name, { up: error === null, lastPollAt: at, lastError: error, ...success });
    },
    progressed: (name) => {
      change(name, { lastProgressAt: now() });
    },
    left: (name, backlog) => {
      change(name, { backlog });
    },
  };
}

const unknown = {
  up: null,
  lastPollAt: null,
  lastSuccessAt: null,
  lastProgressAt: null,
  lastError: null,
  backlog: { left: 0, done: 0, perSecond: null, secondsLeft: 0 },
} as const;
