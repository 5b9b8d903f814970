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

export const authenticities: readonly Authenticity[] = ['verified', 'unverified', 'failed'];

/** What shows that a mail is from a domain. */
export interface Proof {
  /** Organisational domain, lower case. */
  readonly domain: string;
  readonly by: ProofMeans;
}

/** By the word of a server of ours (RFC 8601), or by a DKIM signature that we checked (RFC 6376). */
export type ProofMeans = 'authentication_results' | 'dkim';

export const proofMeans: readonly ProofMeans[] = ['authentication_results', 'dkim'];

/** Whether a report is from the reporter that it names, and what its mail was proven to come from. */
export interface Provenance {
  readonly authenticity: Authenticity;
  readonly proof: Proof | null;
}

/** A mail taken apart. */
export interface ParsedMail {
  readonly messageId: string | null;
  readonly subject: string | null;
  /** Address in From, or null. */
  readonly from: string | null;
  /** Whether it is from the domain in From. */
  readonly authenticity: Authenticity;
  readonly proof: Proof | null;
  /** What the mail is if no part of it turns out to be an aggregate report. */
  readonly mailClass: MailClass;
  /** Leaves of the MIME tree that may be a report: not what a bounce returns, nor the mail that a failure report is about. */
  readonly parts: readonly Part[];
  readonly problems: readonly Problem[];
}
