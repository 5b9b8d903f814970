import type { Account, Mailbox, Message } from './mailbox.js';
import { inSet, parseSet } from './sequence-set.js';
import { textOf, type Value } from './syntax.js';

/** The end of a command: its tagged response. */
export interface Reply {
  readonly status: 'OK' | 'NO' | 'BAD';
  /** With its response code in brackets where it has one. */
  readonly text: string;
  readonly next?: undefined;
}

/** The command goes on with the client's next line. */
export interface Continuation {
  /** After `+ `. */
  readonly prompt: string;
  next(line: string): Reply;
}

export const ok = (text: string): Reply => ({ status: 'OK', text });
export const no = (text: string): Reply => ({ status: 'NO', text });
export const bad = (text: string): Reply => ({ status: 'BAD', text });

/** A message with its number in the session's view. */
export interface Numbered {
  readonly number: number;
  readonly message: Message;
}

interface Selection {
  readonly mailbox: Mailbox;
  readonly readOnly: boolean;
  /** What the client believes the folder holds. */
  view: readonly Message[];
  /** The folder's revision that `view` shows. */
  revision: number;
}

/** One client's state (RFC 3501 section 3) and the way back to it. */
export class Session {
  readonly account: Account;
  /** Writes an untagged response; resolves when the client keeps up. */
  readonly send: (response: string | Buffer) => Promise<void>;
  authenticated = false;
  loggedOut = false;
  /** What to undo when the client hangs up in the middle of a command. */
  onClose: (() => void) | null = null;
  #selection: Selection | null = null;

  constructor(account: Account, send: (response: string | Buffer) => Promise<void>) {
    this.account = account;
    this.send = send;
  }

  get selected(): Mailbox | null {
    return this.#selection?.mailbox ?? null;
  }

  get readOnly(): boolean {
    return this.#selection?.readOnly ?? true;
  }

  /** By ascending number. */
  get view(): readonly Numbered[] {
    return (this.#selection?.view ?? []).map((message, index) => ({ number: index + 1, message }));
  }

  select(mailbox: Mailbox, readOnly: boolean): void {
    this.#selection = { mailbox, readOnly, view: mailbox.messages, revision: mailbox.revision };
  }

  unselect(): void {
    this.#selection = null;
  }

  /** The messages that a set names, by UID or by number; null when it is no set. */
  pick(set: Value | undefined, byUid: boolean): readonly Numbered[] | null {
    const view = this.#selection?.view ?? [];
    const largest = byUid ? (view.at(-1)?.uid ?? 0) : view.length;
    const ranges = parseSet(textOf(set) ?? '', largest);
    return (
      ranges &&
      view.flatMap((message, index) =>
        inSet(ranges, byUid ? message.uid : index + 1) ? [{ number: index + 1, message }] : [],
      )
    );
  }

  /** Tells what has gone and what has come since the client last heard (RFC 3501 section 7.4.1). */
  async announce(): Promise<void> {
    const selection = this.#selection;
    if (!selection || selection.revision === selection.mailbox.revision) return;
    const { mailbox, view } = selection;
    const gone = view.flatMap((message, index) => (mailbox.holds(message) ? [] : [index + 1]));
    const now = mailbox.messages;
    selection.view = now;
    selection.revision = mailbox.revision;
    const news = gone.reverse().map((number) => `* ${number} EXPUNGE`);
    if (now.length > view.length - gone.length) news.push(`* ${now.length} EXISTS`);
    // One write: news that overtakes other news would number the wrong messages
    if (news.length > 0) await this.send(news.join('\r\n'));
  }
}
