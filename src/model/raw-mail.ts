import type { Content } from './content.js';

/** Where a mail was found. `uidValidity` and `uid` for IMAP, `path` for files. */
export interface MailOrigin {
  /** Configured name of the mailbox or directory; `ingest` for files that the command was given, `stdin` for its standard input, `http` and `smtp` for what is brought to the service. */
  readonly source: string;
  /** IMAP folder; the directory for files. */
  readonly folder: string;
  readonly uidValidity: number | null;
  readonly uid: number | null;
  /** The file; the digest of a mail that was handed to us. */
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
  /** What its sender calls a bare report file, where the origin's path is no file name. */
  readonly name?: string | null;
  /** Handed over by whoever came, with no server of ours between: nobody has removed forged Authentication-Results. */
  readonly fromStranger?: boolean;
}

/** Tells places apart, over restarts too: a mail has the same one each time that it is found. */
export function placeKey({ source, folder, uidValidity, uid, path }: MailOrigin): string {
  return JSON.stringify([source, folder, uidValidity, uid, path]);
}
