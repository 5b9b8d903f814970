import type { Problem } from './problem.js';

/** Absent is null, an empty element is "". Words of a closed list are folded to lower case; unknown words stay as they were. */
export interface PolicyPublished {
  readonly domain: string | null;
  readonly adkim: string | null;
  readonly aspf: string | null;
  readonly p: string | null;
  readonly sp: string | null;
  readonly np: string | null;
  readonly pct: number | null;
  readonly fo: string | null;
  readonly testing: string | null;
  readonly discoveryMethod: string | null;
}

/** Report metadata and published policy (RFC 7489 appendix C, RFC 9990 appendix A). Times are Unix seconds. */
export interface ReportHeader {
  readonly orgName: string | null;
  readonly email: string | null;
  readonly extraContactInfo: string | null;
  readonly reportId: string | null;
  readonly begin: number | null;
  readonly end: number | null;
  readonly generator: string | null;
  readonly errors: readonly string[];
  readonly policy: PolicyPublished;
}

export interface DkimResult {
  readonly domain: string | null;
  readonly selector: string | null;
  readonly result: string | null;
  readonly humanResult: string | null;
}

export interface SpfResult {
  readonly domain: string | null;
  readonly scope: string | null;
  readonly result: string | null;
  readonly humanResult: string | null;
}

export interface OverrideReason {
  readonly type: string | null;
  readonly comment: string | null;
}

/** One `<record>`: what one source IP sent, how often, and how it fared. */
export interface ReportRecord {
  /** Canonical text form: IPv4, or IPv6 per RFC 5952; IPv4-mapped IPv6 becomes IPv4. */
  readonly sourceIp: string;
  readonly count: number;
  readonly disposition: string | null;
  /** Aligned DKIM verdict of policy_evaluated. */
  readonly dkim: string | null;
  /** Aligned SPF verdict of policy_evaluated. */
  readonly spf: string | null;
  readonly reasons: readonly OverrideReason[];
  readonly headerFrom: string | null;
  readonly envelopeFrom: string | null;
  readonly envelopeTo: string | null;
  readonly auth: { readonly dkim: readonly DkimResult[]; readonly spf: readonly SpfResult[] };
}

export type Generation = 'rfc7489' | 'rfc9990' | 'draft';

export interface ReportTotals {
  readonly records: number;
  readonly messages: number;
  readonly dkimPass: number;
  readonly spfPass: number;
  readonly pass: number;
}

/** What a file turned out to be. */
export type FileOutcome =
  | 'report'
  | 'partial'
  | 'tls-report'
  | 'failure-report'
  | 'bounce'
  | 'error-notice'
  | 'not-a-report'
  | 'malformed'
  | 'oversized'
  | 'unsupported';

/** The end of reading one file. `header` is null unless the outcome is `report` or `partial`. */
export interface Reading {
  readonly outcome: FileOutcome;
  /** One sentence for people when the outcome is not `report`; else "". */
  readonly reason: string;
  readonly generation: Generation | null;
  readonly namespace: string | null;
  readonly header: ReportHeader | null;
  readonly totals: ReportTotals;
  readonly problems: readonly Problem[];
  /** SHA-256 of the unpacked bytes, hex. */
  readonly digest: string;
  /** Unpacked bytes read. */
  readonly bytes: number;
}

/** Takes records as they are read, in document order. */
export interface RecordSink {
  record(record: ReportRecord): void;
}

/** DMARC pass of a row: docs/architecture.md, rule 5. Both words are already folded. */
export function passes(record: Pick<ReportRecord, 'dkim' | 'spf'>): boolean {
  return record.dkim === 'pass' || record.spf === 'pass';
}

/** The four ways a row can end; a partition, so sums over it are meaningful. */
export type Verdict = 'pass_both' | 'pass_dkim' | 'pass_spf' | 'fail';

export const verdicts: readonly Verdict[] = ['pass_both', 'pass_dkim', 'pass_spf', 'fail'];

export function verdictOf(record: Pick<ReportRecord, 'dkim' | 'spf'>): Verdict {
  const dkim = record.dkim === 'pass';
  const spf = record.spf === 'pass';
  if (dkim && spf) return 'pass_both';
  if (dkim) return 'pass_dkim';
  return spf ? 'pass_spf' : 'fail';
}
