import type { Clock } from './base/clock.js';
import type { Events } from './observe/events.js';

/** Wait after the last stored batch, so that mails that arrive together are judged together. */
const settleMs = 1_000;
/** Judge although a mailbox still has a backlog: the one-day promise must not hang on a mailbox that never empties. */
const longestHoldMs = 60 * 60 * 1000;
/** Judge without new data: findings resolve, the digest falls due. */
const idleMs = 60 * 60 * 1000;

/** Decides when an evaluation is due: soon after new data, but not in the middle of a backlog. */
export class WatchSchedule {
  readonly #clock: Clock;
  /** Sources that have not ended their first poll, or not drained their backlog. */
  readonly #busy: Map<string, 'starting' | 'backlog'>;
  #dirtySince: number | null;
  #lastStored: number;
  #lastRun: number;
  /** When something that waits is to be told. */
  #nextAt: number | null = null;
  #wake = new AbortController();

  constructor(clock: Clock, sources: readonly string[]) {
    this.#clock = clock;
    this.#busy = new Map(sources.map((source) => [source, 'starting']));
    this.#lastStored = clock.now();
    this.#lastRun = clock.now();
    this.#dirtySince = clock.now();
  }

  /** An Events that tells this schedule what it needs to know and passes everything on. */
  listening(events: Events): Events {
    return {
      ...events,
      backlog: (source, facts) => {
        if (facts.left > 0) this.#busy.set(source, 'backlog');
        events.backlog(source, facts);
      },
      batchStored: (source, facts) => {
        this.#lastStored = this.#clock.now();
        this.#dirtySince ??= this.#lastStored;
        events.batchStored(source, facts);
        // What is handed to us is followed by no poll.
        this.#wakeUp();
      },
      pollSucceeded: (source, facts) => {
        this.#busy.delete(source);
        events.pollSucceeded(source, facts);
        this.#wakeUp();
      },
      pollFailed: (source, facts) => {
        if (this.#busy.get(source) === 'starting') this.#busy.delete(source);
        events.pollFailed(source, facts);
        this.#wakeUp();
      },
    };
  }

  /** Milliseconds until the next look; 0 when an evaluation is due now. */
  due(): number {
    const now = this.#clock.now();
    this.#forgetFuture(now);
    if (this.#dirtySince === null) {
      const idle = this.#lastRun + idleMs;
      // At most once a second, however soon the next is due.
      const next = Math.max(this.#nextAt ?? idle, this.#lastRun + settleMs);
      return Math.max(0, Math.min(idle, next) - now);
    }
    if (this.#busy.size > 0) return Math.max(0, this.#dirtySince + longestHoldMs - now);
    return Math.max(0, this.#lastStored + settleMs - now);
  }

  /** A clock that was set back must not hold an alert until it has caught up. */
  #forgetFuture(now: number): void {
    this.#lastRun = Math.min(this.#lastRun, now);
    this.#lastStored = Math.min(this.#lastStored, now);
    if (this.#dirtySince !== null) this.#dirtySince = Math.min(this.#dirtySince, now);
  }

  /** Somebody changed what there is to tell. */
  nudge(): void {
    this.#nextAt = this.#clock.now();
    this.#wakeUp();
  }

  /** Runs `work` whenever it is due, until the signal is aborted. `work` says when it has something to tell, and does not throw. */
  async run(work: () => Promise<number | null>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const wait = this.due();
      if (wait > 0) {
        this.#wake = new AbortController();
        await this.#clock.sleep(wait, AbortSignal.any([signal, this.#wake.signal]));
        continue;
      }
      this.#dirtySince = null;
      this.#lastRun = this.#clock.now();
      this.#nextAt = null;
      const nextAt = await work();
      this.#nextAt = earlier(this.#nextAt, nextAt);
    }
  }

  #wakeUp(): void {
    this.#wake.abort();
  }
}

function earlier(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
