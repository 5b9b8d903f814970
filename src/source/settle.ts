import type { MailboxConfig } from '../config/config.js';
import { settlementOf } from '../model/outcome.js';
import type { Events } from '../observe/events.js';
import type { AfterAction, AfterActions } from './after-action.js';
import { nameOfAction } from './after-action.js';
import { inBatches } from './batches.js';
import { saidBy } from './imap-fault.js';
import { without } from './imap-session.js';
import type { ImapSession } from './imap-session.js';
import type { SettledMail } from './port.js';
import { refusalOf } from './server-answer.js';
import { uidSet } from './uid-set.js';

export interface SettleJob {
  readonly mailbox: MailboxConfig;
  readonly folder: string;
  readonly session: ImapSession;
  readonly actions: AfterActions;
  readonly events: Events;
}

/**
 * Does in the mailbox what is configured for mails whose outcomes are committed. An action that fails is told and left: the
 * mail is settled. Resolves with whether all was done.
 */
export async function settle(job: SettleJob, mails: readonly SettledMail[]): Promise<boolean> {
  let done = true;
  for (const [action, uids] of byAction(job.actions, mails)) {
    if (!(await settleAs(job, action, () => act(job, action, uids), uids.length))) done = false;
  }
  return done;
}

/**
 * The same for mails that were settled earlier: makes up for actions that were refused, or lost when the service or the
 * connection ended before them. Doing it again changes nothing.
 */
export async function makeUp(job: SettleJob, mails: readonly SettledMail[]): Promise<boolean> {
  let done = true;
  for (const [action, uids] of byAction(job.actions, mails)) {
    const work = async (): Promise<void> => {
      const left = await undone(job.session, action, uids);
      for (const some of inBatches(left, () => 0, { mails: atOnce, bytes: 1 })) await act(job, action, some);
    };
    if (!(await settleAs(job, action, work, uids.length))) done = false;
  }
  return done;
}

/** Mails named in one command: a line of at most 5.5 KB, within the 8000 octets that servers take (RFC 7162 section 4). */
export const atOnce = 500;

/** Mails of several outcomes that get one action share its command. */
function byAction(
  actions: AfterActions,
  mails: readonly SettledMail[],
): Iterable<readonly [AfterAction, readonly number[]]> {
  const groups = new Map<string, readonly [AfterAction, number[]]>();
  for (const { uid, outcome } of mails) {
    const action = actions[settlementOf(outcome)];
    if (action.kind === 'nothing') continue;
    const name = nameOfAction(action);
    const group = groups.get(name) ?? ([action, []] as const);
    group[1].push(uid);
    groups.set(name, group);
  }
  return groups.values();
}

/** What a person or an earlier copy has marked \Deleted is not copied once more. */
async function undone(session: ImapSession, action: AfterAction, uids: readonly number[]): Promise<readonly number[]> {
  const lacking = flagThatTells(session, action);
  if (lacking === null) return uids;
  const found = new Set(await session.uids(without(lacking)));
  return uids.filter((uid) => found.has(uid));
}

/** The flag that a mail has once the action is done; null when the mail would be gone. */
function flagThatTells(session: ImapSession, action: AfterAction): string | null {
  if (action.kind === 'flag') return action.flag;
  return session.has(action.kind === 'move' ? 'MOVE' : 'UIDPLUS') ? null : '\\Deleted';
}

async function settleAs(
  job: SettleJob,
  action: AfterAction,
  work: () => Promise<void>,
  uids: number,
): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    job.events.afterActionFailed(job.mailbox.name, {
      folder: job.folder,
      action: nameOfAction(action),
      uids,
      message: saidBy(error, job.mailbox),
    });
    return false;
  }
}

async function act(job: SettleJob, action: AfterAction, uids: readonly number[]): Promise<void> {
  if (job.mailbox.dry_run) return tellOnly(job, nameOfAction(action), uids);
  switch (action.kind) {
    case 'nothing':
      return;
    case 'flag':
      return job.session.addFlag(uids, action.flag);
    case 'delete':
      return remove(job, uids);
    case 'move':
      return move(job, uids, action.folder);
  }
}

/** Says what would be done with mails, and does nothing. */
export function tellOnly(
  { mailbox, folder, events }: Pick<SettleJob, 'mailbox' | 'folder' | 'events'>,
  would: string,
  uids: readonly number[],
): void {
  const facts = { mailbox: mailbox.name, folder, would, uids: uidSet(uids) };
  events.info('dry run: nothing is done in the mailbox', facts);
}

/** MOVE (RFC 6851) where there is one; else a copy, and the original removed only after the copy is there. */
async function move(job: SettleJob, uids: readonly number[], folder: string): Promise<void> {
  const { session } = job;
  if (session.has('MOVE')) return intoFolder(session, folder, (target) => session.move(uids, target));
  await intoFolder(session, folder, (target) => session.copy(uids, target));
  await remove(job, uids);
}

/** Without UIDPLUS (RFC 4315) EXPUNGE would also remove what others have marked, so the mails are only marked. */
async function remove({ session, mailbox, folder, events }: SettleJob, uids: readonly number[]): Promise<void> {
  if (session.has('UIDPLUS')) return session.expunge(uids);
  await session.addFlag(uids, '\\Deleted');
  events.warn('the server has no UIDPLUS: mails are marked \\Deleted but not removed', {
    mailbox: mailbox.name,
    folder,
    mails: uids.length,
  });
}

/** The usual case costs one command; only a refusal asks for the folder's real name or makes it. */
async function intoFolder(
  session: ImapSession,
  folder: string,
  transfer: (target: string) => Promise<void>,
): Promise<void> {
  try {
    await transfer(folder);
  } catch (error) {
    if (refusalOf(error) !== 'NO') throw error;
    await transfer(await session.ensureFolder(folder));
  }
}
