import { createHash } from 'node:crypto';
import type { Clock } from '../base/clock.js';
import { daySeconds } from '../base/clock.js';
import type { MailboxConfig } from '../config/config.js';
import type { Limits } from '../config/limits.js';
import type { Events } from '../observe/events.js';
import type { AfterActions } from './after-action.js';
import { moveTargets } from './after-action.js';
import { inBatches } from './batches.js';
import { asking } from './delivery.js';
import { findFolder } from './folder-name.js';
import { saidBy } from './imap-fault.js';
import type { ImapSession } from './imap-session.js';
import type { Intake, MailFacts } from './port.js';
import { atOnce, tellOnly } from './settle.js';

export interface RetentionJob {
  readonly mailbox: MailboxConfig;
  readonly session: ImapSession;
  readonly actions: AfterActions;
  readonly intake: Intake;
  readonly events: Events;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly signal: AbortSignal;
}

/** In a folder that mails are moved to. */
interface FolderRound extends RetentionJob {
  readonly folder: string;
  /** Mails read before this time may go, Unix seconds. */
  readonly before: number;
  /** When the rest is left to the next poll, in milliseconds since the Unix epoch. */
  readonly until: number;
}

const roundMs = daySeconds * 1000;
const retryMs = 60 * 60 * 1000;

/**
 * Deletes old mails in the folders that after-actions move mails to: once a day, and only mails whose very bytes the ledger knows as read
 * in this mailbox, long enough ago, with their report stored. What anybody else put there stays, whatever its Message-ID says.
 */
export class Retention {
  /** When to look again, counted from `#last`: a clock that was set back must not hold it. */
  #waitMs = 0;
  #last = 0;

  /** Never rejects: what fails is told and tried again later. */
  async run(job: RetentionJob): Promise<void> {
    const { mailbox, clock, limits, events } = job;
    const started = clock.now();
    if (mailbox.keep_days === 0 || Math.abs(started - this.#last) < this.#waitMs) return;
    const before = Math.floor(started / 1000) - mailbox.keep_days * daySeconds;
    const until = started + limits.folderPollSeconds * 1000;
    this.#last = started;
    try {
      this.#waitMs = (await removeOld({ ...job, before, until })) ? roundMs : 0;
    } catch (error) {
      this.#waitMs = retryMs;
      if (job.signal.aborted) return;
      const message = saidBy(error, mailbox);
      events.warn('old mails could not be deleted; it is tried again in an hour', { mailbox: mailbox.name, message });
    }
  }
}

/** Resolves with whether it came to its end. */
async function removeOld(job: Omit<FolderRound, 'folder'>): Promise<boolean> {
  const { session, signal, mailbox, actions, events } = job;
  if (!session.has('UIDPLUS')) {
    const source = mailbox.name;
    events.warn('the server has no UIDPLUS, so keep_days does nothing: other mails could be deleted as well', {
      source,
    });
    return true;
  }
  const listed = await session.interruptible(signal, () => session.folders());
  const folders = new Set(moveTargets(actions).flatMap((name) => findFolder(listed, name) ?? []));
  for (const folder of folders) if (!(await removeIn({ ...job, folder }))) return false;
  return true;
}

async function removeIn(round: FolderRound): Promise<boolean> {
  const { session, signal, folder, mailbox, before } = round;
  await session.interruptible(signal, () => session.openFolder(folder, { readOnly: mailbox.dry_run }));
  try {
    // Servers compare days, each in its own time zone.
    const search = { before: new Date((before + 2 * daySeconds) * 1000) };
    const uids = await session.interruptible(signal, () => session.uids(search));
    for (let start = 0; start < uids.length; start += atOnce) {
      if (isOver(round)) return false;
      await removeSome(round, uids.slice(start, start + atOnce));
    }
    return !isOver(round);
  } finally {
    session.leaveFolder();
  }
}

function isOver({ signal, clock, until }: FolderRound): boolean {
  return signal.aborted || clock.now() >= until;
}

async function removeSome(round: FolderRound, uids: readonly number[]): Promise<void> {
  const { session, signal, intake, mailbox, before } = round;
  const facts = await session.interruptible(signal, () => session.facts(uids));
  const stored = asking(mailbox.name, () => intake.storedMails(mailbox.name, before, facts));
  const like = new Set(stored.map(likeness));
  const digests = new Set(stored.map(({ digest }) => digest));
  const alike = facts.filter((mail) => like.has(likeness(mail)));
  for (const batch of inBatches(alike, ({ size }) => size ?? 0)) {
    if (isOver(round)) return;
    const ours = await known(round, batch, digests);
    if (ours.length > 0) await remove(round, ours);
  }
}

function likeness({ size, receivedAt }: Pick<MailFacts, 'size' | 'receivedAt'>): string {
  return `${size ?? ''} ${receivedAt ?? ''}`;
}

/** Those whose bytes are the ones that were read. */
async function known(
  { session, signal, limits }: FolderRound,
  batch: readonly MailFacts[],
  digests: ReadonlySet<string>,
): Promise<readonly number[]> {
  const bytes = batch.reduce((sum, { size }) => sum + (size ?? 0), 0);
  const uids = batch.map(({ uid }) => uid);
  const moreMs = (bytes / limits.fetchBytesPerSecond) * 1000;
  const bodies = await session.interruptible(signal, () => session.bodies(uids, null), moreMs);
  return uids.filter((uid) => {
    const body = bodies.get(uid);
    return body !== undefined && digests.has(createHash('sha256').update(body).digest('hex'));
  });
}

async function remove(round: FolderRound, uids: readonly number[]): Promise<void> {
  const { session, signal, clock, mailbox, folder, events } = round;
  if (mailbox.dry_run) return tellOnly(round, 'delete', uids);
  await session.finishing(signal, clock, () => session.expunge(uids));
  const facts = { mailbox: mailbox.name, folder, mails: uids.length, keep_days: mailbox.keep_days };
  events.info('old mails are deleted', facts);
}
