import type { Clock } from '../base/clock.js';
import { messageOf } from '../base/failure.js';
import type { ChannelConfig } from '../config/config.js';
import type { OutboxPort, PendingMessage } from '../model/alert.js';
import type { Events } from '../observe/events.js';
import type { Bell } from './bell.js';
import { channelTypes } from './channels/channels.js';
import type { Attempt } from './post.js';
import { isQuiet } from './quiet.js';
import { waitAfter } from './schedule.js';

/** What the delivery loop of one channel needs. */
export interface DeliveryDeps {
  readonly channel: ChannelConfig;
  readonly outbox: OutboxPort;
  readonly events: Pick<Events, 'notificationDelivered' | 'notificationFailed' | 'storeError' | 'warn'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Rung when messages were put into the outbox. */
  readonly bell: Bell;
  /** 0 to 1; Math.random outside tests. */
  readonly random: () => number;
  /** Tells somebody else that this channel does not work. */
  readonly tellElsewhere: (trouble: Trouble) => Promise<void>;
  /** Time-out of one attempt. */
  readonly timeoutMs?: number;
}

/** `gone`: the receiver says so (410), nothing is tried until a restart. `dropped`: a message did not arrive in any attempt. */
export type Trouble = 'gone' | 'dropped';

/** The outbox is looked at this often even when nobody rings. */
const idleMs = 60_000;
/** However long the receiver asks to be left alone, it is asked again after this. */
const longestRestMs = 24 * 60 * 60 * 1000;
/** What is still open is said this often, where the receiver forgets. */
const repeatMs = 60_000;

/** Less than this is the ordinary work of a time server. */
const setBackMs = 60_000;

interface State {
  /** The last look at the outbox. */
  lookedAt: number;
  /** The receiver asked to be left alone from then. */
  restFrom: number;
  restUntil: number;
  repeatAt: number;
  repeatFails: boolean;
  isGone: boolean;
  /** Somebody was told that messages are dropped, and none was delivered since. */
  isDropping: boolean;
  /** Notes in the outbox what was delivered, when that failed: without it the message would be sent again. */
  note: (() => Promise<void>) | null;
}

/**
 * Sends what the outbox holds for one channel until the signal is aborted: one message at a time, at least once, with the
 * same id and bytes on every attempt. What is under way when the signal comes stays in the outbox and is sent after the next
 * start. A receiver that is gone (410) ends the loop; its messages stay.
 */
export async function runDelivery(deps: DeliveryDeps): Promise<void> {
  const now = deps.clock.now();
  const calm = { isGone: false, isDropping: false, repeatFails: false };
  const state: State = { ...calm, lookedAt: now, restFrom: now, restUntil: now, repeatAt: now, note: null };
  while (!deps.signal.aborted && !state.isGone) {
    const wait = await round(deps, state);
    if (wait > 0 && !state.isGone) await deps.bell.wait(deps.clock, wait, deps.signal);
  }
}

/** One look at the outbox; milliseconds until the next. */
async function round(deps: DeliveryDeps, state: State): Promise<number> {
  try {
    const { channel, clock } = deps;
    await noteDelivered(state);
    await catchUp(deps, state);
    if (isResting(state, clock.now())) return Math.min(idleMs, state.restUntil - clock.now());
    await repeat(deps, state);
    const urgentOnly = isQuiet(channel.quiet_hours, clock.now());
    const overdueOnly = urgentOnly && !channel.critical_in_quiet_hours;
    const { messages, nextAt } = await deps.outbox.due(channel.name, { ms: clock.now(), urgentOnly, overdueOnly });
    for (const message of messages) {
      if (deps.signal.aborted || state.isGone || isResting(state, clock.now())) return 0;
      await deliver(deps, state, message);
    }
    if (messages.length > 0) return 0;
    return nextAt === null ? idleMs : Math.min(idleMs, Math.max(1, nextAt - clock.now()));
  } catch (error) {
    deps.events.storeError('write', `the outbox: ${messageOf(error)}`);
    return idleMs;
  }
}

/** Waits were set by the clock of before: after it was set back they would last so much longer. */
async function catchUp({ channel, clock, outbox }: DeliveryDeps, state: State): Promise<void> {
  const now = clock.now();
  if (now < state.lookedAt - setBackMs) await outbox.hasten(channel.name, now);
  state.lookedAt = now;
}

/** A time before the rest began means that the clock was set back: it would be too long. */
function isResting({ restFrom, restUntil }: State, now: number): boolean {
  return restFrom <= now && now < restUntil;
}

async function noteDelivered(state: State): Promise<void> {
  await state.note?.();
  state.note = null;
}

async function deliver(deps: DeliveryDeps, state: State, message: PendingMessage): Promise<void> {
  const { channel, clock, events } = deps;
  const type = channelTypes[channel.type];
  const startedMs = clock.now();
  const attempt = await type.send(message, channel, deps);
  if (attempt.kind === 'aborted') return;
  if (attempt.kind === 'failed') return failed(deps, state, message, attempt);
  const now = clock.now();
  state.note = () => deps.outbox.delivered(message, now);
  await noteDelivered(state);
  state.isDropping = false;
  const facts = { id: message.id, type: message.type, attempt: message.attempts + 1, durationMs: now - startedMs };
  events.notificationDelivered(channel.name, facts);
  if (attempt.warning !== undefined) events.warn(`the channel ${channel.name}: ${attempt.warning}`, { id: message.id });
  if (type.spacingMs !== undefined) await clock.sleep(type.spacingMs, deps.signal);
}

async function failed(
  deps: DeliveryDeps,
  state: State,
  message: PendingMessage,
  attempt: Extract<Attempt, { kind: 'failed' }>,
): Promise<void> {
  const { reason, retryAfterMs, hint } = attempt;
  const said = hint === undefined ? attempt.message : `${attempt.message}: ${hint}`;
  const made = message.attempts + 1;
  const isGone = reason === 'gone';
  // A message to a receiver that is gone waits for the next start, whatever attempt it was.
  const wait = isGone ? 0 : waitAfter(made, deps.random, retryAfterMs);
  if (reason === 'rate_limited') rest(state, deps.clock.now(), retryAfterMs ?? idleMs);
  await deps.outbox.failed(message, {
    error: said,
    nextAtMs: wait === null ? null : deps.clock.now() + wait,
  });
  deps.events.notificationFailed(deps.channel.name, {
    id: message.id,
    attempt: made,
    reason,
    message: said,
    retryInMs: wait,
  });
  state.isGone = isGone;
  if (isGone) await trouble(deps, 'gone', message);
  if (wait === null && !state.isDropping) {
    state.isDropping = true;
    await trouble(deps, 'dropped', message);
  }
}

function rest(state: State, now: number, ms: number): void {
  state.restFrom = now;
  state.restUntil = now + Math.min(ms, longestRestMs);
}

async function trouble(deps: DeliveryDeps, what: Trouble, message: PendingMessage): Promise<void> {
  const { name } = deps.channel;
  const text =
    what === 'gone'
      ? `the channel ${name} says that it is gone (410): its messages wait until it is corrected and ruawatch started again`
      : `the channel ${name} did not take a message in any attempt: dropped; it is in the API all the same`;
  deps.events.warn(text, { id: message.id, type: message.type });
  // Two channels that both fail must not go on telling of each other.
  if (message.type !== 'dmarc.service.problem') await deps.tellElsewhere(what);
}

async function repeat(deps: DeliveryDeps, state: State): Promise<void> {
  const { channel, clock, outbox, events } = deps;
  const again = channelTypes[channel.type].repeat;
  const wait = state.repeatAt - clock.now();
  // A longer wait means that the clock was set back.
  if (again === undefined || (wait > 0 && wait <= repeatMs)) return;
  const attempt = await again(await outbox.standing(channel.name), channel, deps);
  state.repeatAt = clock.now() + repeatMs;
  if (attempt !== null && !state.repeatFails) {
    events.warn(`the channel ${channel.name} cannot be told what is still open: ${attempt.message}`);
  }
  state.repeatFails = attempt !== null;
}
