import type { FileOutcome } from './report.js';

/** How a mail ended in the ledger. `duplicate` and `conflict` are decided by the store; `failed` is a mail that our own code could not survive. */
export type MailOutcomeKind = FileOutcome | 'duplicate' | 'conflict' | 'auto-reply' | 'failed';

export const mailOutcomes: readonly MailOutcomeKind[] = [
  'report',
  'duplicate',
  'conflict',
  'partial',
  'tls-report',
  'failure-report',
  'bounce',
  'error-notice',
  'auto-reply',
  'not-a-report',
  'malformed',
  'oversized',
  'unsupported',
  'failed',
];

/** What became of one mail: stored in the ledger, counted, shown. */
export interface MailOutcome {
  readonly outcome: MailOutcomeKind;
  /** Why, in one sentence. */
  readonly reason: string;
  /** Ids (store rows) of the reports it brought. */
  readonly reportIds: readonly number[];
  /** The mail had its line in the ledger before; it was not read again. */
  readonly known?: true;
}

/** Whether the mail brought rows into the store. */
export function isReportOutcome(outcome: MailOutcomeKind): boolean {
  return outcome === 'report' || outcome === 'partial';
}

/** Which of the mailbox's settings decides what is done with the mail: `after_` and this word. */
export type Settlement = 'done' | 'duplicate' | 'not_a_report' | 'failed';

export function settlementOf(outcome: MailOutcomeKind): Settlement {
  switch (outcome) {
    case 'malformed':
    case 'oversized':
    case 'unsupported':
    case 'partial':
    case 'conflict':
    case 'failed':
      return 'failed';
    case 'duplicate':
      return 'duplicate';
    case 'report':
      return 'done';
    default:
      return 'not_a_report';
  }
}
