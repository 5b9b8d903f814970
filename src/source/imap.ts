import type { MailboxConfig } from '../config/config.js';
import { limits as defaultLimits } from '../config/limits.js';
import type { AfterActions } from './after-action.js';
import { afterActionsOf } from './after-action.js';
import { Backlog } from './backlog.js';
import { sameFolder } from './folder-name.js';
import { pollFailureOf } from './imap-fault.js';
import { pollFolder } from './imap-folder.js';
import { imapTimeouts, ImapSession } from './imap-session.js';
import type { ImapTimeouts } from './imap-session.js';
import { AccessTokens } from './oauth/access-tokens.js';
import { loggingIn } from './oauth/logging-in.js';
import { PollFailure } from './poll-failure.js';
import { runPolls } from './poll-loop.js';
import type { FolderState, Source, SourceDeps } from './port.js';
import { Suspects } from './suspects.js';

/**
 * Up to this interval the login is kept from poll to poll. A longer one logs out: an idle login takes a process and one of the
 * few connections that a provider allows, firewalls drop it silently, and a login every minute costs next to nothing.
 */
const keepLoginSeconds = 30;

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
        await runPolls({ name: mailbox.name, intervalMs, clock, events, poll: (each) => poller.poll(each) }, signal);
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
  readonly #suspects = new Suspects();
  #session: ImapSession | null = null;

  constructor(mailbox: MailboxConfig, deps: SourceDeps, open: Open) {
    this.#mailbox = mailbox;
    this.#deps = deps;
    this.#openSession = open;
    this.#actions = afterActionsOf(mailbox);
    this.#backlog = new Backlog(mailbox.name, deps.events);
  }

  /** Every folder once. One that fails does not keep the others; the poll then fails with the first failure. */
  async poll(signal: AbortSignal): Promise<number> {
    const failures: PollFailure[] = [];
    let mails = 0;
    for (const folder of foldersOf(this.#mailbox)) {
      if (signal.aborted) break;
      try {
        mails += await this.#pollFolder(folder, signal);
      } catch (error) {
        const failure = pollFailureOf(error, this.#mailbox);
        failures.push(failure);
        if (this.#session === null || failure.reason === 'store') break;
      }
    }
    const keep = failures.length === 0 && this.#mailbox.poll_seconds <= keepLoginSeconds && !signal.aborted;
    if (!keep) await this.close();
    const [first] = failures;
    if (first) throw withOthers(first, failures.length - 1);
    return mails;
  }

  async close(): Promise<void> {
    await this.#session?.logout(this.#deps.clock);
    this.#session = null;
  }

  async #pollFolder(folder: string, signal: AbortSignal): Promise<number> {
    const { intake, events, clock, limits = defaultLimits } = this.#deps;
    const session = await this.#open(signal);
    return pollFolder({
      mailbox: this.#mailbox,
      folder,
      session,
      actions: this.#actions,
      intake,
      events,
      clock,
      limits,
      backlog: this.#backlog,
      suspects: this.#suspects,
      signal,
    });
  }

  async #open(signal: AbortSignal): Promise<ImapSession> {
    if (this.#session?.usable) return this.#session;
    this.#session = null;
    this.#session = await this.#openSession(signal);
    return this.#session;
  }
}

function foldersOf({ folders }: MailboxConfig): readonly string[] {
  return folders.filter((folder, index) => folders.findIndex((other) => sameFolder(other, folder)) === index);
}

function withOthers(first: PollFailure, others: number): PollFailure {
  if (others === 0) return first;
  return new PollFailure(first.reason, `${first.message} (and ${others} more of its folders failed)`, first.hint);
}

async function probe(
  mailbox: MailboxConfig,
  { clock }: SourceDeps,
  open: Open,
  signal: AbortSignal,
): Promise<readonly FolderState[]> {
  let session: ImapSession | null = null;
  try {
    session = await open(signal);
    const states: FolderState[] = [];
    for (const folder of foldersOf(mailbox)) states.push(await probeFolder(session, folder, signal));
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
