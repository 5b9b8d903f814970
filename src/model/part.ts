import type { Content } from './content.js';
import type { Problem } from './problem.js';

/** One leaf of a mail's MIME tree, transfer encoding removed. */
export interface Part {
  /** MIME part number, `1.2.1`; `0` for a bare file. */
  readonly number: string;
  /** File name the mail gives it: a hint for display, never a path to open. */
  readonly name: string | null;
  /** Declared media type, lower case: a hint, never a decision. */
  readonly type: string | null;
  readonly content: Content;
}

/** Mails that are not DMARC aggregate reports but that we can name. */
export type MailClass = 'tls-report' | 'failure-report' | 'bounce' | 'error-notice' | 'auto-reply' | 'not-a-report';

/** Is the report mail from whom it says: docs/architecture.md, rule 11. */
export type Authenticity = 'verified' | 'unverified' | 'failed';

/** A mail taken apart. */
export interface ParsedMail {
  readonly messageId: string | null;
  readonly subject: string | null;
  /** Address in From, or null. */
  readonly from: string | null;
  readonly authenticity: Authenticity;
  /** What the mail is if no part of it turns out to be an aggregate report. */
  readonly mailClass: MailClass;
  /** Leaves of the MIME tree that may be a report: not what a bounce returns, nor the mail that a failure report is about. */
  readonly parts: readonly Part[];
  readonly problems: readonly Problem[];
}
