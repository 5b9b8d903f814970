import { ImapFlow } from 'imapflow';
import type { FetchMessageObject, FetchQueryObject, ImapFlowOptions, Logger, SearchObject } from 'imapflow';
import type { Clock } from '../base/clock.js';
import { messageOf } from '../base/failure.js';
import type { Limits } from '../config/limits.js';
import { readAuthority } from './certificate-authority.js';
import { noFolder } from './folder-choice.js';
import { findFolder, isUse } from './folder-name.js';
import type { ListedFolder } from './folder-name.js';
import { isBusy, saidBy, tooSlow } from './imap-fault.js';
import type { Account } from './oauth/logging-in.js';
import { PollFailure } from './poll-failure.js';
import type { MailFacts } from './port.js';
import { refusalOf } from './server-answer.js';
import { uidSet } from './uid-set.js';

/** Bounds in milliseconds on a server that stalls. */
export interface ImapTimeouts {
  readonly connect: number;
  readonly greeting: number;
  /**
   * Silence while an answer is due; also the pace of the NOOPs that keep the session while mails are read, and the age of an
   * IDLE at which it is begun again: well before firewalls forget it and Gmail ends it after some 10 minutes.
   */
  readonly silence: number;
  /** One step, such as a login or a search, whether or not bytes still drip in. A transfer gets more, by its size. */
  readonly step: number;
}

export const imapTimeouts: ImapTimeouts = {
  connect: 30_000,
  greeting: 16_000,
  silence: 60_000,
  step: 180_000,
};

/** How far a mail may exceed the size that the server gave before the connection is given up for it. */
const literalSlack = 16 * 1024 * 1024;
/** Room for the lines around a mail in one answer. */
const answerRoom = 1024 * 1024;
/** One line without a literal: the answer to SEARCH ALL names every mail in up to 11 bytes, so a folder of 1.5 million mails. */
const longestLine = 16 * 1024 * 1024;

export interface OpenFolder {
  readonly uidValidity: number;
  readonly messages: number;
  /** UID that the next mail will get; null when the server does not say. */
  readonly uidNext: number | null;
}

/** One login. imapflow never reconnects, so a session that broke is thrown away. */
export class ImapSession {
  readonly #client: ImapFlow;
  readonly #mailbox: Account;
  readonly #timeouts: ImapTimeouts;
  #release = (): void => undefined;
  #told = (): void => undefined;
  /** The last error that the library only logged: it answers a refused command with a bare `false`. */
  #logged: unknown = null;
  /** Why the connection ended, when the library said so before it failed everything else. */
  #broken: unknown = null;

  private constructor(mailbox: Account, limits: Limits, timeouts: ImapTimeouts, ca: string | null) {
    this.#mailbox = mailbox;
    this.#timeouts = timeouts;
    this.#client = new ImapFlow({
      host: mailbox.host,
      port: mailbox.port,
      secure: mailbox.tls === 'tls',
      doSTARTTLS: mailbox.tls === 'starttls',
      auth: credentialsOf(mailbox),
      tls: ca === null ? {} : { ca },
      clientInfo: { name: 'ruawatch' },
      logger: this.#logger(),
      disableAutoIdle: true,
      disableAutoEnable: true,
      disableCompression: true,
      connectionTimeout: timeouts.connect,
      greetingTimeout: timeouts.greeting,
      socketTimeout: timeouts.silence,
      maxLiteralSize: limits.mailBytes + literalSlack,
      maxLineLength: longestLine,
      maxResponseSize: limits.mailBytes + literalSlack + answerRoom,
    });
    this.#client.on('exists', ({ count, prevCount }) => {
      if (count > prevCount) this.#told();
    });
    this.#client.on('error', (error: unknown) => {
      this.#broken ??= error;
    });
  }

  /** Logs in. Ends at once, with an error, when the signal is aborted meanwhile. */
  static async open(
    mailbox: Account,
    limits: Limits,
    timeouts: ImapTimeouts,
    signal: AbortSignal,
  ): Promise<ImapSession> {
    const session = new ImapSession(mailbox, limits, timeouts, await readAuthority(mailbox));
    try {
      await session.interruptible(signal, () => session.#client.connect());
      return session;
    } catch (error) {
      // The library leaves the connection open when the server refuses the login.
      session.close();
      throw error;
    }
  }

  get usable(): boolean {
    return this.#client.usable;
  }

  has(capability: string): boolean {
    return this.#client.capabilities.has(capability);
  }

  /** Runs commands that an abort may cut off by closing the connection. `moreMs`: time beyond that of a step. */
  async interruptible<T>(signal: AbortSignal, work: () => Promise<T>, moreMs = 0): Promise<T> {
    const close = (): void => this.close();
    if (signal.aborted) close();
    signal.addEventListener('abort', close, { once: true });
    try {
      return await this.#inTime(work, this.#timeouts.step + moreMs);
    } catch (error) {
      throw this.#broken ?? error;
    } finally {
      signal.removeEventListener('abort', close);
    }
  }

  /** Gives the connection up when the work takes longer: a server that drips bytes is never silent. */
  async #inTime<T>(work: () => Promise<T>, ms: number): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        this.#broken ??= tooSlow(this.#mailbox, ms);
        reject(asError(this.#broken));
        this.close();
      }, ms);
    });
    try {
      return await Promise.race([work(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** EXAMINE, or SELECT when the folder is to be changed; always asked anew, so that a new UIDVALIDITY is seen. EXAMINE keeps even \Recent. */
  async openFolder(name: string, { readOnly }: { readOnly: boolean }): Promise<OpenFolder> {
    this.leaveFolder();
    const opened = await this.#select(name, readOnly);
    if (typeof opened.uidValidity !== 'bigint' || opened.uidValidity <= 0n) {
      const message = `mailbox ${this.#mailbox.name}: the server gives folder ${name} no UIDVALIDITY, so its mails cannot be told apart`;
      throw new PollFailure('protocol', message, 'read these mails from a directory instead, or ask the provider');
    }
    // A held lock tells imapflow to keep a quiet connection alive by NOOP while a long report is being read.
    const lock = await this.#client.getMailboxLock(opened.path, { readOnly: opened.readOnly === true });
    this.#release = () => lock.release();
    const uidNext = opened.uidNext > 0 ? opened.uidNext : null;
    return { uidValidity: Number(opened.uidValidity), messages: opened.exists, uidNext };
  }

  leaveFolder(): void {
    this.#release();
    this.#release = () => undefined;
  }

  /** UIDs of every mail of the folder that fits, ascending. */
  async uids(wanted: SearchObject = { all: true }): Promise<readonly number[]> {
    return this.#answered(() => this.#client.search(wanted, { uid: true }));
  }

  /** Calls back whenever the server announces mails in the open folder. */
  set onMail(told: () => void) {
    this.#told = told;
  }

  /** Idles in the open folder until `endIdle`, old age or the end of the connection. False when the server refuses. */
  async idle(): Promise<boolean> {
    // The library's own timers wait for ever for a server that does not even answer the IDLE.
    const old = setTimeout(() => void this.endIdle(), this.#timeouts.silence);
    try {
      return (await this.#client.idle()) !== false;
    } finally {
      clearTimeout(old);
    }
  }

  /** Ends an IDLE; closes the connection when the server does not answer within 5 s. */
  async endIdle(): Promise<void> {
    await this.#inTime(() => this.#client.noop(), endIdleMs).catch(() => this.close());
  }

  /** Facts of those of the mails that are still there, in the order asked. */
  async facts(uids: readonly number[]): Promise<readonly MailFacts[]> {
    const found = new Map<number, MailFacts>();
    for (const { uid, size, internalDate } of await this.#fetch(uids, { size: true, internalDate: true })) {
      if (size === undefined && internalDate === undefined) continue;
      found.set(uid, { uid, size: size ?? null, receivedAt: secondsOf(internalDate) });
    }
    return uids.flatMap((uid) => found.get(uid) ?? []);
  }

  /** Whole mails by BODY.PEEK[], or their first `atMost` bytes; without those that are gone. */
  async bodies(uids: readonly number[], atMost: number | null): Promise<ReadonlyMap<number, Buffer>> {
    const found = new Map<number, Buffer>();
    const source = atMost === null ? true : { start: 0, maxLength: atMost };
    for (const mail of await this.#fetch(uids, { source })) if (mail.source) found.set(mail.uid, mail.source);
    return found;
  }

  async addFlag(uids: readonly number[], flag: string): Promise<void> {
    await this.#answered(() => this.#client.messageFlagsAdd(uidSet(uids), [flag], { uid: true, silent: true }));
  }

  /** \Deleted and UID EXPUNGE; only for a server that has UIDPLUS, else the mails of others would go as well. */
  async expunge(uids: readonly number[]): Promise<void> {
    await this.#answered(() => this.#client.messageDelete(uidSet(uids), { uid: true }));
  }

  async move(uids: readonly number[], folder: string): Promise<void> {
    await this.#answered(() => this.#client.messageMove(uidSet(uids), folder, { uid: true }));
  }

  async copy(uids: readonly number[], folder: string): Promise<void> {
    await this.#answered(() => this.#client.messageCopy(uidSet(uids), folder, { uid: true }));
  }

  /** The server's name of a folder, which is made when there is none. */
  async ensureFolder(name: string): Promise<string> {
    const listed = await this.folders();
    const found = findFolder(listed, name);
    if (found !== null) return found;
    if (isUse(name)) throw noFolder(this.#mailbox.name, `no folder that is marked ${name}`, listed);
    const flat = !listed.some(({ delimiter }) => delimiter);
    return (await this.#client.mailboxCreate(flat ? name : name.split('/'))).path;
  }

  async folders(): Promise<readonly ListedFolder[]> {
    return this.#client.list({ listOnly: true });
  }

  /** LOGOUT; the connection is closed whatever the server says, after 2 s at the latest. */
  async logout(clock: Clock): Promise<void> {
    this.leaveFolder();
    await this.finishing(AbortSignal.abort(), clock, () => this.#client.logout()).catch(() => undefined);
    this.close();
  }

  /** Runs commands to their end; once the signal is aborted they have 2 s left. */
  async finishing(signal: AbortSignal, clock: Clock, work: () => Promise<void>): Promise<void> {
    const finished = new AbortController();
    const hurry = (): void => void this.#closeLater(clock, finished.signal);
    if (signal.aborted) hurry();
    signal.addEventListener('abort', hurry, { once: true });
    try {
      await this.#inTime(work, this.#timeouts.step);
    } finally {
      finished.abort();
      signal.removeEventListener('abort', hurry);
    }
  }

  close(): void {
    this.#client.close();
  }

  /** Runs a command of those that the library answers with `false` when the server refuses; rejects with the refusal. */
  async #answered<T>(command: () => Promise<T | false | undefined>): Promise<T> {
    this.#logged = null;
    const answer = await command();
    if (answer !== false && answer !== undefined) return answer;
    throw asError(this.#broken ?? this.#logged ?? 'the server does not allow it in this folder');
  }

  async #closeLater(clock: Clock, finished: AbortSignal): Promise<void> {
    await clock.sleep(graceMs, finished);
    if (!finished.aborted) this.close();
  }

  async #fetch(uids: readonly number[], query: FetchQueryObject): Promise<readonly FetchMessageObject[]> {
    const asked = new Set(uids);
    const answers = await this.#client.fetchAll(uidSet(uids), query, { uid: true });
    return answers.filter(({ uid }) => asked.has(uid));
  }

  async #select(name: string, readOnly: boolean): ReturnType<ImapFlow['mailboxOpen']> {
    try {
      return await this.#client.mailboxOpen(name, { readOnly });
    } catch (error) {
      if (refusalOf(error) !== 'NO' || isBusy(error)) throw error;
      const listed = await this.folders();
      const found = findFolder(listed, name);
      if (found !== null && found !== name) return this.#client.mailboxOpen(found, { readOnly });
      throw this.#cannotOpen(name, found, listed, error);
    }
  }

  #cannotOpen(name: string, found: string | null, listed: readonly ListedFolder[], error: unknown): PollFailure {
    const { name: mailbox } = this.#mailbox;
    if (found !== null) {
      const message = `mailbox ${mailbox}: folder ${name} cannot be opened: ${saidBy(error, this.#mailbox)}`;
      return new PollFailure(
        'protocol',
        message,
        'check the rights of the user on this folder, or folders of the mailbox',
      );
    }
    return noFolder(mailbox, `no folder ${name}`, listed);
  }

  #logger(): Logger {
    const note = (entry: unknown): void => {
      if (typeof entry === 'object' && entry !== null && 'err' in entry) this.#logged = entry.err;
    };
    const drop = (): void => undefined;
    return { trace: drop, debug: drop, info: drop, warn: note, error: note, fatal: note };
  }
}

/** For the answer to the end of an IDLE. */
const endIdleMs = 5_000;
/** What is left to a server once the service is stopping. */
const graceMs = 2_000;

/** Mails that lack a flag, as a search. */
export function without(flag: string): SearchObject {
  switch (flag.toLowerCase()) {
    case '\\seen':
      return { seen: false };
    case '\\deleted':
      return { deleted: false };
    case '\\flagged':
      return { flagged: false };
    case '\\answered':
      return { answered: false };
    case '\\draft':
      return { draft: false };
    default:
      return { unKeyword: flag };
  }
}

function credentialsOf({ user, password, accessToken }: Account): ImapFlowOptions['auth'] {
  return accessToken === undefined ? { user, pass: password ?? '' } : { user, accessToken };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(messageOf(error));
}

function secondsOf(date: Date | string | undefined): number | null {
  if (date === undefined) return null;
  const ms = new Date(date).getTime();
  return Number.isNaN(ms) || ms < 0 ? null : Math.floor(ms / 1000);
}
