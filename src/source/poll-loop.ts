import type { Clock } from '../base/clock.js';
import { Failure, messageOf } from '../base/failure.js';
import { backoffMs } from '../base/retry.js';
import type { Events } from '../observe/events.js';
import { BusyFailure, PollFailure } from './poll-failure.js';

const firstRetryMs = 5_000;
const longestRetryMs = 15 * 60_000;

export interface PollLoop {
  readonly name: string;
  /** Milliseconds between the end of a poll and the start of the next. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly events: Events;
  /** One poll; resolves with the number of mails delivered. */
  poll(signal: AbortSignal): Promise<number>;
  /** The pause after a successful poll of at most `ms`. Default: it lasts that long. */
  rest?(ms: number, signal: AbortSignal): Promise<void>;
}

/** Polls at once and then for ever; after a failure sooner or later than usual: from 5 s doubling to the interval, at most 15 min. */
export async function runPolls(loop: PollLoop, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const startedAt = loop.clock.now();
    let pause = (): Promise<void> => rest(loop, signal);
    try {
      const mails = await loop.poll(signal);
      failures = 0;
      if (!signal.aborted) loop.events.pollSucceeded(loop.name, { durationMs: loop.clock.now() - startedAt, mails });
    } catch (error) {
      failures += 1;
      const waitMs = retryWait(loop, failures, error);
      pause = () => loop.clock.sleep(waitMs, signal);
      if (!signal.aborted) tellFailure(loop, error, startedAt, waitMs);
    }
    if (!signal.aborted) await pause();
  }
}

function rest(loop: PollLoop, signal: AbortSignal): Promise<void> {
  return loop.rest ? loop.rest(loop.intervalMs, signal) : loop.clock.sleep(loop.intervalMs, signal);
}

/** A refused login and a server that asks for patience are not tried sooner than a poll is due: providers lock accounts that knock too often. */
function retryWait(loop: PollLoop, failures: number, error: unknown): number {
  const capMs = retryCap(loop.intervalMs);
  if (error instanceof BusyFailure || (error instanceof PollFailure && error.reason === 'auth')) return capMs;
  return backoffMs(failures, { firstMs: firstRetryMs, capMs });
}

function retryCap(intervalMs: number): number {
  return Math.min(Math.max(intervalMs, firstRetryMs), longestRetryMs);
}

function tellFailure(loop: PollLoop, error: unknown, startedAt: number, retryInMs: number): void {
  loop.events.pollFailed(loop.name, {
    durationMs: loop.clock.now() - startedAt,
    reason: error instanceof PollFailure ? error.reason : 'other',
    message: messageOf(error),
    hint: error instanceof Failure ? error.hint : '',
    retryInMs,
  });
}
