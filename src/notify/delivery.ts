import type { Clock } from '../base/clock.js';
import { messageOf } from '../base/failure.js';
import type { OutboxPort, PendingMessage } from '../model/alert.js';
import type { Events } from '../observe/events.js';
import type { Bell } from './bell.js';
import { waitAfter } from './schedule.js';
import { hostOf, post } from './webhook.js';
import type { Attempt, WebhookTarget } from './webhook.js';

/** What the delivery loop needs. */
export interface DeliveryDeps {
  readonly outbox: OutboxPort;
  readonly webhook: WebhookTarget;
  readonly events: Pick<Events, 'notificationDelivered' | 'notificationFailed' | 'storeError' | 'warn'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Rung when messages were put into the outbox. */
  readonly bell: Bell;
  /** 0 to 1; Math.random outside tests. */
  readonly random: () => number;
  /** Time-out of one attempt; 15 s unless told. */
  readonly timeoutMs?: number;
}

/** The outbox is looked at this often even when nobody rings. */
const idleMs = 60_000;

/**
 * Sends what the outbox holds until the signal is aborted: one message at a time, at least once, with the same id and bytes on
 * every attempt. What is under way when the signal comes stays in the outbox and is sent after the next start.
 */
export async function runDelivery(deps: DeliveryDeps): Promise<void> {
  while (!deps.signal.aborted) {
    const wait = await round(deps);
    if (wait > 0) await deps.bell.wait(deps.clock, wait, deps.signal);
  }
}

/** One look at the outbox; milliseconds until the next. */
async function round(deps: DeliveryDeps): Promise<number> {
  try {
    const { messages, nextAt } = await deps.outbox.due(deps.clock.now());
    for (const message of messages) {
      if (deps.signal.aborted) return 0;
      await deliver(deps, message);
    }
    if (messages.length > 0) return 0;
    return nextAt === null ? idleMs : Math.min(idleMs, Math.max(1, nextAt - deps.clock.now()));
  } catch (error) {
    deps.events.storeError('write', `the outbox: ${messageOf(error)}`);
    return idleMs;
  }
}

async function deliver(deps: DeliveryDeps, message: PendingMessage): Promise<void> {
  const startedMs = deps.clock.now();
  const attempt = await post(deps.webhook, message, deps);
  if (attempt.kind === 'aborted') return;
  if (attempt.kind === 'failed') return failed(deps, message, attempt);
  const now = deps.clock.now();
  await deps.outbox.delivered(message.id, now);
  deps.events.notificationDelivered(message.channel, {
    id: message.id,
    type: message.type,
    attempt: message.attempts + 1,
    durationMs: now - startedMs,
  });
}

async function failed(
  deps: DeliveryDeps,
  message: PendingMessage,
  attempt: Extract<Attempt, { kind: 'failed' }>,
): Promise<void> {
  const made = message.attempts + 1;
  const wait = attempt.reason === 'gone' ? null : waitAfter(made, deps.random, attempt.retryAfterMs);
  const nextAtMs = wait === null ? null : deps.clock.now() + wait;
  await deps.outbox.failed(message.id, { error: attempt.message, nextAtMs });
  deps.events.notificationFailed(message.channel, {
    id: message.id,
    attempt: made,
    reason: attempt.reason,
    message: attempt.message,
    retryInMs: wait,
  });
  if (wait === null) warnDropped(deps, message, attempt.reason);
}

function warnDropped(deps: DeliveryDeps, message: PendingMessage, reason: string): void {
  const host = hostOf(deps.webhook);
  const text =
    reason === 'gone'
      ? `the webhook at ${host} says that it is gone (410): message dropped; correct or remove webhook.url`
      : `the webhook at ${host} did not take a message in any attempt: dropped; it is in the API all the same`;
  deps.events.warn(text, { id: message.id, type: message.type });
}
