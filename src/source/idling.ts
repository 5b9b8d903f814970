import type { Clock } from '../base/clock.js';
import { backoffMs } from '../base/retry.js';
import type { ImapSession, OpenFolder } from './imap-session.js';

/** Polls that mails wake follow each other at this distance at least; it doubles while a server announces what is not there. */
const calmMs = 1_000;
/** Between two IDLEs, so that a server that ends each at once is not asked in a loop. */
const betweenMs = 1_000;
const firstRetryMs = 5_000;

export interface Rest {
  readonly session: ImapSession;
  readonly folder: string;
  /** The folder as the last poll opened it. */
  readonly state: OpenFolder;
  readonly clock: Clock;
  /** Longest rest. */
  readonly ms: number;
  /** Mails that the last poll found. */
  readonly mails: number;
}

/** How a time of idling ended: a mail came, the connection broke, the server has no use for IDLE, or it was over. */
type Ending = 'mail' | 'broken' | 'refused' | 'over';

/**
 * Rests between polls that end early when a mail comes into the folder. Polls stay the truth: a server that announces
 * nothing, too much or too often costs no mail, and no more than a poll a second.
 */
export class Idling {
  /** Rests in a row in which the connection broke. */
  #breaks = 0;
  /** Polls in a row that were woken for nothing. */
  #vain = 0;
  #woken = false;

  /** Resolves when the next poll is due. Never rejects; the session may be broken afterwards. */
  async rest(rest: Rest, signal: AbortSignal): Promise<void> {
    const { clock, ms, mails } = rest;
    const until = clock.now() + ms;
    this.#vain = this.#woken && mails === 0 ? this.#vain + 1 : 0;
    const calm = clock.now() + calmMs * 2 ** this.#vain;
    const ending = await idle(rest, signal);
    this.#woken = ending === 'mail';
    this.#breaks = ending === 'broken' ? this.#breaks + 1 : 0;
    if (signal.aborted || ending === 'over') return;
    const left = until - clock.now();
    if (ending === 'mail') return pause(clock, Math.min(left, calm - clock.now()), signal);
    const wait = ending === 'broken' ? backoffMs(this.#breaks, { firstMs: firstRetryMs, capMs: ms }) : left;
    await pause(clock, Math.min(left, wait), signal);
  }
}

async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0 && !signal.aborted) await clock.sleep(ms, signal);
}

/** Idles until something ends it. */
async function idle(rest: Rest, signal: AbortSignal): Promise<Ending> {
  const { session, clock, ms } = rest;
  const ended = new AbortController();
  let mail = false;
  const end = (): void => ended.abort();
  session.onMail = () => {
    mail = true;
    end();
  };
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  const sleeping = clock.sleep(ms, ended.signal).then(end);
  const ending = await keepIdling(rest, ended.signal, signal).catch(() => 'broken' as const);
  end();
  await sleeping;
  signal.removeEventListener('abort', end);
  session.onMail = () => undefined;
  if (mail || ending !== 'over') return mail ? 'mail' : ending;
  return session.usable ? 'over' : 'broken';
}

/** One IDLE after the other until the signal is aborted. Each ends when it is old; the session then proves by an answer that it lives. */
async function keepIdling(
  { session, folder, state, clock }: Rest,
  signal: AbortSignal,
  stopping: AbortSignal,
): Promise<Ending> {
  const wake = (): void => void session.endIdle();
  signal.addEventListener('abort', wake, { once: true });
  try {
    const now = await session.interruptible(stopping, () => session.openFolder(folder, { readOnly: true }));
    if (hasNews(state, now)) return 'mail';
    while (!signal.aborted) {
      const accepted = await session.idle();
      if (!session.usable) return 'broken';
      if (!accepted) return 'refused';
      await pause(clock, betweenMs, signal);
    }
    return 'over';
  } finally {
    signal.removeEventListener('abort', wake);
    session.leaveFolder();
  }
}

/** Whether a mail came between the poll and the IDLE, which announces only what comes later. */
function hasNews(before: OpenFolder, now: OpenFolder): boolean {
  if (now.uidValidity !== before.uidValidity) return true;
  return now.uidNext === null ? now.messages > before.messages : now.uidNext !== before.uidNext;
}
