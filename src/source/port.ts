import type { Clock } from '../base/clock.js';
import type { Limits } from '../config/limits.js';
import type { MailOutcome, MailOutcomeKind } from '../model/outcome.js';
import type { RawMail } from '../model/raw-mail.js';
import type { Events } from '../observe/events.js';

/** Somewhere that mails come from, polled for ever. */
export interface Source {
  /** Configured name. */
  readonly name: string;
  /** Polls until the signal is aborted; never rejects for a server's or network's fault (it backs off and tries again). */
  run(signal: AbortSignal): Promise<void>;
  /** One attempt to log in and look at every folder, for `check`. Rejects with a Failure that names the setting and the remedy. */
  probe(signal: AbortSignal): Promise<readonly FolderState[]>;
}

export interface FolderState {
  readonly folder: string;
  readonly messages: number;
}

/** Size in bytes and INTERNALDATE in Unix seconds, null when the server does not say. */
export interface MailFacts {
  readonly uid: number;
  readonly size: number | null;
  readonly receivedAt: number | null;
}

/** A mail whose report is stored: SHA-256 of its bytes in hexadecimal, with what makes it likely to be a mail that is found. */
export type StoredMail = Pick<MailFacts, 'size' | 'receivedAt'> & { readonly digest: string };

/** A mail with a ledger line. */
export interface SettledMail {
  readonly uid: number;
  readonly outcome: MailOutcomeKind;
}

/** What a source needs to know from the ledger, and where it delivers. */
export interface Intake {
  /** Which of these mails have no ledger line yet. `uids` ascending, so is the answer. */
  unseenUids(source: string, folder: string, uidValidity: number, uids: readonly number[]): readonly number[];
  /** What became of those of these mails that have a ledger line. `uids` ascending, so is the answer. */
  settledMails(source: string, folder: string, uidValidity: number, uids: readonly number[]): readonly SettledMail[];
  /** Mails of this source that were read before a time (Unix seconds) and whose report is stored, as far as one of these has their size and date. */
  storedMails(source: string, before: number, alike: readonly MailFacts[]): readonly StoredMail[];
  /** Whether a file of this path, size and modification time (Unix seconds) has a ledger line. */
  seenFile(source: string, path: string, size: number, modifiedAt: number): boolean;
  /**
   * Stores a batch and its ledger lines; resolves with an outcome for each mail, in order, null for one that could not be
   * stored and stays unsettled. Only a settled mail may be touched in the mailbox. Rejects when none could be stored.
   */
  deliver(mails: readonly RawMail[]): Promise<readonly (MailOutcome | null)[]>;
}

/** What every source is given. */
export interface SourceDeps {
  readonly intake: Intake;
  readonly events: Events;
  readonly clock: Clock;
  /** Default: `limits` of the configuration. */
  readonly limits?: Limits;
}
