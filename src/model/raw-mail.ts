import type { Content } from './content.js';

/** Where a mail was found. `uidValidity` and `uid` for IMAP, `path` for files. */
export interface MailOrigin {
  /** Configured name of the mailbox or directory; `ingest` for the command. */
  readonly source: string;
  /** IMAP folder; the directory for files. */
  readonly folder: string;
  readonly uidValidity: number | null;
  readonly uid: number | null;
  readonly path: string | null;
}

/** The bytes of one mail (or of one bare report file) as received. */
export interface RawMail {
  readonly origin: MailOrigin;
  /** `null`: larger than the limit and not downloaded. */
  readonly content: Content | null;
  /** Size in bytes, as the source says. */
  readonly size: number;
  /** IMAP INTERNALDATE or the file's modification time, Unix seconds. */
  readonly receivedAt: number | null;
}
