import type { Clock } from '../base/clock.js';
import type { MailboxConfig } from '../config/config.js';
import type { Limits } from '../config/limits.js';
import type { RawMail } from '../model/raw-mail.js';
import type { Events } from '../observe/events.js';
import type { AfterActions } from './after-action.js';
import { hasActions } from './after-action.js';
import type { Backlog } from './backlog.js';
import { batchLimits, inBatches } from './batches.js';
import { asking, deliver, tellUnsettled, unsettledIn } from './delivery.js';
import { isBusy, pollFailureOf } from './imap-fault.js';
import type { ImapSession, OpenFolder } from './imap-session.js';
import { PollFailure } from './poll-failure.js';
import type { Intake, MailFacts } from './port.js';
import { atOnce, makeUp, settle } from './settle.js';
import type { Suspects } from './suspects.js';

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
  /** Folders whose settled mails all had their after-action, by place. */
  readonly tidy: Set<string>;
  readonly signal: AbortSignal;
}

/** A folder that is open. */
interface Opened extends FolderJob {
  readonly state: OpenFolder;
  readonly uidValidity: number;
  /** When this poll leaves the rest of the folder to the next, in milliseconds since the Unix epoch. */
  readonly until: number;
}

export interface PolledFolder {
  /** Mails delivered. */
  readonly mails: number;
  /** The folder as it was opened. */
  readonly state: OpenFolder;
}

/**
 * Delivers every mail of a folder that has no ledger line, oldest UID first, whatever its flags and wherever it appeared.
 * Then makes up for after-actions that are due. Stops between two batches when the signal is aborted or the folder's time is over.
 */
export async function pollFolder(job: FolderJob): Promise<PolledFolder> {
  const { opened, uids, unseen } = await openFolder(job);
  const place = placeOf(opened);
  // Until this poll is through nobody knows whether every action was done.
  const wasTidy = job.tidy.delete(place);
  const taken = await takeAll(opened, unseen);
  if (!isOver(opened) && job.session.usable) {
    const madeUp = wasTidy || (await makeUpIn(opened, uids));
    if (madeUp && taken.tidy) job.tidy.add(place);
  }
  job.session.leaveFolder();
  tellUnsettled(job.mailbox.name, taken.unsettled);
  return { mails: taken.delivered, state: opened.state };
}

interface Taken {
  readonly delivered: number;
  readonly unsettled: number;
  /** Whether every after-action was done. */
  readonly tidy: boolean;
}

async function takeAll(opened: Opened, unseen: readonly number[]): Promise<Taken> {
  const { session, backlog, folder, limits, suspects } = opened;
  const sum = { delivered: 0, unsettled: 0, tidy: true };
  let left = unseen.length;
  for (const group of suspects.groups(placeOf(opened), unseen, atOnce)) {
    if (isOver(opened)) break;
    const facts = await fetching(opened, group, () => session.facts(group));
    left -= group.length - facts.length;
    for (const batch of inBatches(facts, (mail) => weightOf(mail, limits))) {
      if (isOver(opened)) break;
      backlog.set(folder, left, oldestOf(batch));
      const taken = await takeBatch(opened, batch);
      sum.delivered += taken.delivered;
      sum.unsettled += taken.unsettled;
      sum.tidy &&= taken.tidy;
      left -= batch.length;
    }
  }
  backlog.set(folder, left, 0);
  return sum;
}

function isOver({ signal, clock, until }: Opened): boolean {
  return signal.aborted || clock.now() >= until;
}

async function makeUpIn(opened: Opened, uids: readonly number[]): Promise<boolean> {
  const { mailbox, folder, uidValidity, actions, intake, session, signal, clock } = opened;
  if (!hasActions(actions)) return true;
  const settled = asking(mailbox.name, () => intake.settledMails(mailbox.name, folder, uidValidity, uids));
  let done = true;
  await session.finishing(signal, clock, async () => {
    done = await makeUp(opened, settled);
  });
  return done;
}

async function openFolder(
  job: FolderJob,
): Promise<{ opened: Opened; uids: readonly number[]; unseen: readonly number[] }> {
  const { mailbox, folder, session, intake, signal, clock, limits } = job;
  const until = clock.now() + limits.folderPollSeconds * 1000;
  const readOnly = mailbox.dry_run || !hasActions(job.actions);
  const state = await session.interruptible(signal, () => session.openFolder(folder, { readOnly }));
  const { uidValidity } = state;
  const uids = await session.interruptible(signal, () => session.uids());
  const unseen = asking(mailbox.name, () => intake.unseenUids(mailbox.name, folder, uidValidity, uids));
  const news = new Set(unseen);
  const old = uids.filter((uid) => !news.has(uid));
  return { opened: { ...job, state, uidValidity, until }, uids: old, unseen };
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
async function fetching<T>(opened: Opened, uids: readonly number[], work: () => Promise<T>, bytes = 0): Promise<T> {
  const { session, signal, suspects, mailbox, folder, limits } = opened;
  try {
    return await session.interruptible(signal, work, (bytes / limits.fetchBytesPerSecond) * 1000);
  } catch (error) {
    if (signal.aborted || isBusy(error)) throw error;
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

async function takeBatch(opened: Opened, batch: readonly MailFacts[]): Promise<Taken> {
  const { intake, mailbox, session, clock, signal } = opened;
  const mails = await fetchMails(opened, batch);
  if (mails.length === 0) return { delivered: 0, unsettled: 0, tidy: true };
  const outcomes = await deliver(intake, mailbox.name, mails);
  const uids = mails.flatMap(({ origin: { uid } }) => uid ?? []);
  opened.suspects.cleared(placeOf(opened), uids);
  const settled = uids.flatMap((uid, index) => {
    const outcome = outcomes[index];
    return outcome ? [{ uid, outcome: outcome.outcome }] : [];
  });
  let tidy = true;
  await session.finishing(signal, clock, async () => {
    tidy = await settle(opened, settled);
  });
  const unsettled = unsettledIn(outcomes);
  return { delivered: mails.length - unsettled, unsettled, tidy };
}

/** A mail above the bound is known by its size and not downloaded; one that is gone meanwhile is left out. */
async function fetchMails(opened: Opened, batch: readonly MailFacts[]): Promise<readonly RawMail[]> {
  const { session, limits } = opened;
  const wanted = batch.filter(({ size }) => size === null || size <= limits.mailBytes).map(({ uid }) => uid);
  const bodies =
    wanted.length === 0
      ? new Map<number, Buffer>()
      : await fetching(opened, wanted, () => session.bodies(wanted, atMost(batch, limits)), bytesOf(batch, limits));
  return batch.flatMap((mail) => rawMail(opened, mail, bodies.get(mail.uid)) ?? []);
}

/** Bytes that may come: by the server's word, and the bound for what it gives no size. */
function bytesOf(batch: readonly MailFacts[], { mailBytes }: Limits): number {
  return batch.reduce((sum, { size }) => sum + Math.min(size ?? mailBytes, mailBytes), 0);
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
