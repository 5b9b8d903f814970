import type { MailboxConfig } from '../config/config.js';
import { limits as defaultLimits } from '../config/limits.js';
import type { Limits } from '../config/limits.js';
import type { AfterActions } from './after-action.js';
import { afterActionsOf } from './after-action.js';
import { Backlog } from './backlog.js';
import { chooseFolders, needsList, plainChoice } from './folder-choice.js';
import type { FolderChoice } from './folder-choice.js';
import type { ListedFolder } from './folder-name.js';
import { Idling } from './idling.js';
import { pollFailureOf } from './imap-fault.js';
import { pollFolder } from './imap-folder.js';
import { imapTimeouts, ImapSession } from './imap-session.js';
import type { ImapTimeouts, OpenFolder } from './imap-session.js';
import { AccessTokens } from './oauth/access-tokens.js';
import { loggingIn } from './oauth/logging-in.js';
import { BusyFailure, PollFailure } from './poll-failure.js';
import { runPolls } from './poll-loop.js';
import type { FolderState, Source, SourceDeps } from './port.js';
import { Retention } from './retention.js';
import { Suspects } from './suspects.js';

/**
 * Up to this interval the login is kept from poll to poll. A longer one logs out: an idle login takes a process and one of the
 * few connections that a provider allows, firewalls drop it silently, and a login every minute costs next to nothing.
 */
const keepLoginSeconds = 30;

/** A poll that is due sooner costs no more than an IDLE. */
const idleAboveSeconds = 10;

/** One IMAP mailbox, polled over one connection. */
export function imapSource(mailbox: MailboxConfig, deps: SourceDeps, timeouts: ImapTimeouts = imapTimeouts): Source {
  const open = opener(mailbox, deps, timeouts);
  return {
    name: mailbox.name,
    run: async (signal) => {
      const poller = new MailboxPoller(mailbox, deps, open);
      const { clock, events } = deps;
      const intervalMs = mailbox.poll_seconds * 1000;
      try {
        const poll = (each: AbortSignal): Promise<number> => poller.poll(each);
        const rest = (ms: number, each: AbortSignal): Promise<void> => poller.rest(ms, each);
        await runPolls({ name: mailbox.name, intervalMs, clock, events, poll, rest }, signal);
      } finally {
        await poller.close();
      }
    },
    probe: (signal) => probe(mailbox, deps, open, signal),
  };
}

/** Logs in once more. */
type Open = (signal: AbortSignal) => Promise<ImapSession>;

function opener(mailbox: MailboxConfig, deps: SourceDeps, timeouts: ImapTimeouts): Open {
  const { limits = defaultLimits } = deps;
  const tokens = mailbox.oauth && new AccessTokens(mailbox, mailbox.oauth, deps);
  return (signal) =>
    loggingIn(mailbox, tokens, signal, (account) => ImapSession.open(account, limits, timeouts, signal));
}

class MailboxPoller {
  readonly #mailbox: MailboxConfig;
  readonly #deps: SourceDeps;
  readonly #openSession: Open;
  readonly #actions: AfterActions;
  readonly #backlog: Backlog;
  readonly #limits: Limits;
  readonly #suspects = new Suspects();
  readonly #tidy = new Set<string>();
  readonly #idling = new Idling();
  readonly #retention = new Retention();
  /** Mails of the last poll. */
  #found = 0;
  /** The first folder, as it was when it was polled. */
  #watched: { readonly folder: string; readonly state: OpenFolder } | null = null;
  #session: ImapSession | null = null;

  constructor(mailbox: MailboxConfig, deps: SourceDeps, open: Open) {
    this.#mailbox = mailbox;
    this.#deps = deps;
    this.#limits = deps.limits ?? defaultLimits;
    this.#openSession = open;
    this.#actions = afterActionsOf(mailbox);
    this.#backlog = new Backlog(mailbox.name, deps.events, deps.clock);
  }

  /** Every folder once. One that fails does not keep the others; the poll then fails with the first failure. */
  async poll(signal: AbortSignal): Promise<number> {
    const failures: PollFailure[] = [];
    let mails = 0;
    this.#watched = null;
    for (const folder of await this.#folders(failures, signal)) {
      if (signal.aborted) break;
      try {
        mails += await this.#pollFolder(folder, signal);
      } catch (error) {
        const failure = pollFailureOf(error, this.#mailbox);
        failures.push(failure);
        if (this.#session === null || failure.reason === 'store' || failure instanceof BusyFailure) break;
      }
    }
    if (failures.length === 0 && !signal.aborted) await this.#removeOld(signal);
    const keep =
      failures.length === 0 && !signal.aborted && (this.#idles() || this.#mailbox.poll_seconds <= keepLoginSeconds);
    if (!keep) await this.close();
    const [first] = failures;
    if (first) throw withOthers(first, failures.length - 1);
    this.#found = mails;
    return mails;
  }

  /** The pause between two polls: idling where the server can, else plain waiting. */
  async rest(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    if (this.#session === null || this.#watched === null || !this.#idles()) return clock.sleep(ms, signal);
    await this.#idling.rest({ session: this.#session, ...this.#watched, clock, ms, mails: this.#found }, signal);
    if (!this.#session.usable) this.#session = null;
  }

  #idles(): boolean {
    return this.#mailbox.idle && this.#mailbox.poll_seconds > idleAboveSeconds && (this.#session?.has('IDLE') ?? false);
  }

  /** What is read. When the server is not there at all, the poll ends with that. */
  async #folders(failures: PollFailure[], signal: AbortSignal): Promise<readonly string[]> {
    try {
      const { folders, failures: wrong } = await foldersOf(this.#mailbox, this.#actions, this.#limits, async () => {
        const session = await this.#open(signal);
        return session.interruptible(signal, () => session.folders());
      });
      failures.push(...wrong);
      return folders;
    } catch (error) {
      failures.push(pollFailureOf(error, this.#mailbox));
      return [];
    }
  }

  async close(): Promise<void> {
    await this.#session?.logout(this.#deps.clock);
    this.#session = null;
  }

  async #pollFolder(folder: string, signal: AbortSignal): Promise<number> {
    const { intake, events, clock } = this.#deps;
    const session = await this.#open(signal);
    const { mails, state } = await pollFolder({
      mailbox: this.#mailbox,
      folder,
      session,
      actions: this.#actions,
      intake,
      events,
      clock,
      limits: this.#limits,
      backlog: this.#backlog,
      suspects: this.#suspects,
      tidy: this.#tidy,
      signal,
    });
    this.#watched ??= { folder, state };
    return mails;
  }

  async #removeOld(signal: AbortSignal): Promise<void> {
    const { intake, events, clock } = this.#deps;
    const [mailbox, session, actions, limits] = [this.#mailbox, this.#session, this.#actions, this.#limits];
    if (!session?.usable) return;
    await this.#retention.run({ mailbox, session, actions, intake, events, clock, limits, signal });
    if (!session.usable) await this.close();
  }

  async #open(signal: AbortSignal): Promise<ImapSession> {
    if (this.#session?.usable) return this.#session;
    this.#session = null;
    this.#session = await this.#openSession(signal);
    return this.#session;
  }
}

async function foldersOf(
  mailbox: MailboxConfig,
  actions: AfterActions,
  limits: Limits,
  list: () => Promise<readonly ListedFolder[]>,
): Promise<FolderChoice> {
  return needsList(mailbox, actions) ? chooseFolders(mailbox, actions, await list(), limits) : plainChoice(mailbox);
}

function withOthers(first: PollFailure, others: number): PollFailure {
  if (others === 0) return first;
  const Kind = first instanceof BusyFailure ? BusyFailure : PollFailure;
  return new Kind(first.reason, `${first.message} (and ${others} more of its folders failed)`, first.hint);
}

async function probe(
  mailbox: MailboxConfig,
  { clock, limits = defaultLimits }: SourceDeps,
  open: Open,
  signal: AbortSignal,
): Promise<readonly FolderState[]> {
  let session: ImapSession | null = null;
  try {
    const opened = await open(signal);
    session = opened;
    const { folders, failures } = await foldersOf(mailbox, afterActionsOf(mailbox), limits, () =>
      opened.interruptible(signal, () => opened.folders()),
    );
    if (failures[0]) throw withOthers(failures[0], failures.length - 1);
    const states: FolderState[] = [];
    for (const folder of folders) states.push(await probeFolder(opened, folder, signal));
    return states;
  } catch (error) {
    throw pollFailureOf(error, mailbox);
  } finally {
    await session?.logout(clock);
  }
}

async function probeFolder(session: ImapSession, folder: string, signal: AbortSignal): Promise<FolderState> {
  const { messages } = await session.interruptible(signal, () => session.openFolder(folder, { readOnly: true }));
  return { folder, messages };
}
