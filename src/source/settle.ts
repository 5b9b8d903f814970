import type { MailboxConfig } from '../config/config.js';
import type { MailOutcome, Settlement } from '../model/outcome.js';
import { settlementOf } from '../model/outcome.js';
import type { Events } from '../observe/events.js';
import type { AfterAction, AfterActions } from './after-action.js';
import { nameOfAction } from './after-action.js';
import { saidBy } from './imap-fault.js';
import type { ImapSession } from './imap-session.js';
import { refusalOf } from './server-answer.js';

export interface SettleJob {
  readonly mailbox: MailboxConfig;
  readonly folder: string;
  readonly session: ImapSession;
  readonly actions: AfterActions;
  readonly events: Events;
}

export interface SettledMail {
  readonly uid: number;
  readonly outcome: MailOutcome;
}

/** Does in the mailbox what is configured for mails whose outcomes are committed. An action that fails is told and left: the mail is settled. */
export async function settle(job: SettleJob, mails: readonly SettledMail[]): Promise<void> {
  for (const settlement of ['done', 'failed'] as const) {
    const uids = mails.filter((mail) => settlementOf(mail.outcome.outcome) === settlement).map(({ uid }) => uid);
    if (uids.length > 0) await settleAs(job, settlement, uids);
  }
}

async function settleAs(job: SettleJob, settlement: Settlement, uids: readonly number[]): Promise<void> {
  const action = job.actions[settlement];
  try {
    await act(job, action, uids);
  } catch (error) {
    job.events.afterActionFailed(job.mailbox.name, {
      folder: job.folder,
      action: nameOfAction(action),
      uids: uids.length,
      message: saidBy(error, job.mailbox),
    });
  }
}

async function act(job: SettleJob, action: AfterAction, uids: readonly number[]): Promise<void> {
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
    source: mailbox.name,
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
