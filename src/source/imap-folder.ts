import type { Clock } from '../base/clock.js';
import type { MailboxConfig } from '../config/config.js';
import type { Limits } from '../config/limits.js';
import type { RawMail } from '../model/raw-mail.js';
import type { Events } from '../observe/events.js';
import type { AfterActions } from './after-action.js';
import { needsWriting } from './after-action.js';
import type { Backlog } from './backlog.js';
import { batchLimits, inBatches } from './batches.js';
import { asking, deliver, tellUnsettled, unsettledIn } from './delivery.js';
import { pollFailureOf } from './imap-fault.js';
import type { ImapSession, MailFacts } from './imap-session.js';
import { PollFailure } from './poll-failure.js';
import type { Intake } from './port.js';
import { settle } from './settle.js';
import type { Suspects } from './suspects.js';

/** Mails whose size and date are asked for at once: a command line of at most 5.5 KB, within the 8000 octets that servers take (RFC 7162 section 4). */
const factsAtOnce = 500;

export interface FolderJob {
  readonly mailbox: MailboxConfig;
  readonly folder: string;
  readonly session: ImapSession;
  readonly actions: AfterActions;
  readonly intake: Intake;
  readonly events: Events;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly backlog: Backlog;
  readonly suspects: Suspects;
  readonly signal: AbortSignal;
}

/** A folder that is open. */
interface Opened extends FolderJob {
  readonly uidValidity: number;
}

/**
 * Delivers every mail of a folder that has no ledger line, oldest UID first, whatever its flags and wherever it appeared.
 * Resolves with how many were delivered. Stops between two batches when the signal is aborted.
 */
export async function pollFolder(job: FolderJob): Promise<number> {
  const { opened, unseen } = await openFolder(job);
  let delivered = 0;
  let unsettled = 0;
  let left = unseen.length;
  for (const group of job.suspects.groups(placeOf(opened), unseen, factsAtOnce)) {
    if (job.signal.aborted) return delivered;
    const facts = await fetching(opened, group, () => job.session.facts(group));
    left -= group.length - facts.length;
    for (const batch of inBatches(facts, (mail) => weightOf(mail, job.limits))) {
      if (job.signal.aborted) return delivered;
      job.backlog.set(job.folder, left, oldestOf(batch));
      const taken = await takeBatch(opened, batch);
      delivered += taken.delivered;
      unsettled += taken.unsettled;
      left -= batch.length;
    }
  }
  job.backlog.set(job.folder, 0, 0);
  job.session.leaveFolder();
  tellUnsettled(job.mailbox.name, unsettled);
  return delivered;
}

async function openFolder(job: FolderJob): Promise<{ opened: Opened; unseen: readonly number[] }> {
  const { mailbox, folder, session, intake, signal } = job;
  const readOnly = !needsWriting(job.actions);
  const { uidValidity } = await session.interruptible(signal, () => session.openFolder(folder, { readOnly }));
  const uids = await session.interruptible(signal, () => session.uids());
  const unseen = asking(mailbox.name, () => intake.unseenUids(mailbox.name, folder, uidValidity, uids));
  return { opened: { ...job, uidValidity }, unseen };
}

/** Bytes that a mail takes in memory; a mail of unknown size travels alone. */
function weightOf({ size }: MailFacts, { mailBytes }: Limits): number {
  if (size === null) return Infinity;
  return size > mailBytes ? 0 : size;
}

function oldestOf(mails: readonly MailFacts[]): number {
  const dates = mails.flatMap(({ receivedAt }) => receivedAt ?? []);
  return dates.length === 0 ? 0 : Math.min(...dates);
}

function placeOf({ folder, uidValidity }: Opened): string {
  return `${uidValidity} ${folder}`;
}

/** Fetches something of some mails, and remembers them when it ends badly. */
async function fetching<T>(opened: Opened, uids: readonly number[], work: () => Promise<T>): Promise<T> {
  const { session, signal, suspects, mailbox, folder } = opened;
  try {
    return await session.interruptible(signal, work);
  } catch (error) {
    if (signal.aborted) throw error;
    suspects.lost(placeOf(opened), uids);
    if (!suspects.blames(placeOf(opened), uids)) throw error;
    const { reason, message } = pollFailureOf(error, mailbox);
    throw new PollFailure(
      reason,
      `${message}, each time that the mail with UID ${uids[0] ?? 0} of ${folder} is asked for`,
      'all other mails are read; repair this mail on the server, or move it to another folder',
    );
  }
}

async function takeBatch(
  opened: Opened,
  batch: readonly MailFacts[],
): Promise<{ delivered: number; unsettled: number }> {
  const { intake, mailbox, session, clock, signal } = opened;
  const mails = await fetchMails(opened, batch);
  if (mails.length === 0) return { delivered: 0, unsettled: 0 };
  const outcomes = await deliver(intake, mailbox.name, mails);
  const uids = mails.flatMap(({ origin: { uid } }) => uid ?? []);
  opened.suspects.cleared(placeOf(opened), uids);
  const settled = uids.flatMap((uid, index) => {
    const outcome = outcomes[index];
    return outcome ? [{ uid, outcome }] : [];
  });
  await session.finishing(signal, clock, () => settle(opened, settled));
  const unsettled = unsettledIn(outcomes);
  return { delivered: mails.length - unsettled, unsettled };
}

/** A mail above the bound is known by its size and not downloaded; one that is gone meanwhile is left out. */
async function fetchMails(opened: Opened, batch: readonly MailFacts[]): Promise<readonly RawMail[]> {
  const { session, limits } = opened;
  const wanted = batch.filter(({ size }) => size === null || size <= limits.mailBytes).map(({ uid }) => uid);
  const bodies =
    wanted.length === 0
      ? new Map<number, Buffer>()
      : await fetching(opened, wanted, () => session.bodies(wanted, atMost(batch, limits)));
  return batch.flatMap((mail) => rawMail(opened, mail, bodies.get(mail.uid)) ?? []);
}

/** Servers' sizes may be wrong or missing. A mail that travels alone is therefore cut just above the bound instead of breaking the connection. */
function atMost(batch: readonly MailFacts[], { mailBytes }: Limits): number | null {
  const [only] = batch;
  if (batch.length > 1 || only === undefined) return null;
  const known = only.size !== null && only.size <= Math.min(batchLimits.bytes, mailBytes / 2);
  return known ? null : mailBytes + 1;
}

function rawMail(opened: Opened, { uid, size, receivedAt }: MailFacts, body: Buffer | undefined): RawMail | null {
  const { mailbox, folder, uidValidity, limits } = opened;
  const origin = { source: mailbox.name, folder, uidValidity, uid, path: null };
  if (body === undefined) {
    return size !== null && size > limits.mailBytes ? { origin, content: null, size, receivedAt } : null;
  }
  if (body.length > limits.mailBytes)
    return { origin, content: null, size: Math.max(size ?? 0, body.length), receivedAt };
  return { origin, content: { kind: 'bytes', bytes: body }, size: body.length, receivedAt };
}
