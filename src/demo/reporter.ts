import type { Node } from './mime.js';
import type { PolicyDomain } from './policy-domains.js';
import type { Random } from './random.js';

/** A mailbox provider that sends aggregate reports, with the habits of the real one. */
export interface Reporter {
  /** org_name. */
  readonly name: string;
  /** The receiver's name in subject and file name. */
  readonly submitter: string;
  /** Address in From and in the report. */
  readonly email: string;
  readonly extraContactInfo: string | null;
  /** Part of all mail that it receives. */
  readonly share: number;
  /** How often it reports on a day on which it received something. */
  readonly reliability: number;
  /** Minutes after midnight UTC at which it mails its reports; they spread over the next 40. */
  readonly mailsAt: number;
  /** Whether its report mails pass DMARC, as our mail server noted. */
  readonly authentic: boolean;
  readonly evidence: EvidenceHabits;
  readonly xml: XmlHabits;
  readonly mail: MailHabits;
  reportId(facts: ReportFacts, random: Random): string;
}

/** What a report is about. */
export interface ReportFacts {
  readonly domain: PolicyDomain;
  /** Midnight UTC, Unix seconds. */
  readonly day: number;
}

/** What a reporter writes into its records. */
export interface EvidenceHabits {
  readonly envelopeFrom: boolean;
  /** Splits its rows by recipient domain. */
  readonly envelopeTo: readonly [string, ...string[]] | null;
  readonly selector: boolean;
  readonly scope: 'mfrom' | null;
  readonly humanResult: '' | null;
  /** RFC 9990 words: disposition `pass`, `trusted_forwarder`, no sampling. */
  readonly modern: boolean;
  /** A reason on every record that has none of its own. */
  readonly standingReason: { readonly type: string; readonly comment: string } | null;
  /** Its reason for what a forwarder sent. */
  readonly forwardedAs: { readonly type: string; readonly comment: string | null };
  /** Up to this many alike messages are a row each, more are one row. 0: always one row. */
  readonly rowPerMessageUpTo: number;
}

export interface XmlHabits {
  readonly declaration: string | null;
  readonly namespace: string | null;
  /** Attributes of the root beside the namespace. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly version: string | null;
  /** One level; null: everything on one line. */
  readonly indent: string | null;
  readonly crlf: boolean;
  readonly spfFirst: boolean;
  readonly generator: string | null;
  /** Seconds from begin to end. */
  readonly window: number;
  /** The published policy as this reporter shows it, in its order. */
  published(domain: PolicyDomain): Readonly<Record<string, string>>;
}

export interface ReportSpan {
  readonly reportId: string;
  /** Unix seconds. */
  readonly begin: number;
  readonly end: number;
}

/** Everything known before the mail is made. */
export interface Dispatch {
  readonly reporter: Reporter;
  readonly domain: string;
  readonly header: ReportSpan;
  readonly xml: string;
  /** Unix seconds. */
  readonly sentAt: number;
  /** Sixteen hex digits that differ between two deliveries of one report. */
  readonly token: string;
}

export interface MailHabits {
  /** Raw header value, encoded and folded as this reporter does it. */
  subject(dispatch: Dispatch): string;
  /** Name of the attachment. */
  fileName(dispatch: Dispatch): string;
  readonly packing: 'gzip' | 'zip';
  /** Name of the file inside a zip. */
  memberName(dispatch: Dispatch): string;
  /** The mail's content, below the address headers. */
  compose(attachment: Attachment, dispatch: Dispatch): Node;
}

export interface Attachment {
  readonly fileName: string;
  readonly bytes: Uint8Array;
}
