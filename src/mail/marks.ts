import { fieldValue } from './header.js';
import type { Header } from './header.js';

/** What the header of a mail says about its kind. The header itself may be large, and mails inside a mail are many. */
export interface HeaderMarks {
  readonly feedback: boolean;
  readonly fromMailSystem: boolean;
  /** From a program that only delivers mail: what it returns is a bounce, whatever its words. */
  readonly fromMailer: boolean;
  readonly failedRecipients: boolean;
  readonly automatic: boolean;
}

export function marksOf(header: Header): HeaderMarks {
  return {
    feedback: isFeedback(header),
    fromMailSystem: isFromMailSystem(header),
    fromMailer: /(?:^|[<\s"])mailer-daemon(?:[@>\s]|$)/i.test(fromOf(header)),
    failedRecipients: fieldValue(header, 'x-failed-recipients') !== null,
    automatic: isAutomatic(header),
  };
}

const feedbackFields = 'auth-failure reported-domain identity-alignment original-mail-from delivery-result'.split(' ');

/** RFC 5965 section 3.1 demands Feedback-Type; where it is missing, two other fields of failure reports stand for it. */
export const isFeedback = (header: Header): boolean =>
  fieldValue(header, 'feedback-type') !== null ||
  feedbackFields.filter((name) => fieldValue(header, name) !== null).length >= 2;

/** The null sender or a name that mail systems give themselves. */
function isFromMailSystem(header: Header): boolean {
  if (fieldValue(header, 'return-path') === '<>') return true;
  const from = fromOf(header);
  return (
    from === '' ||
    from === '<>' ||
    /(?:^|[<\s"])(?:mailer-daemon|postmaster|microsoftexchange\w{1,40})(?:[@>\s]|$)/i.test(from)
  );
}

const fromOf = (header: Header): string => fieldValue(header, 'from')?.slice(0, 998) ?? '';

/** RFC 3834 section 5, and what Exchange and older programs write in its place. */
function isAutomatic(header: Header): boolean {
  const submitted = fieldValue(header, 'auto-submitted')?.toLowerCase() ?? '';
  const marks = ['x-auto-response-suppress', 'x-autoreply', 'x-autorespond'];
  return submitted.startsWith('auto-replied') || marks.some((name) => fieldValue(header, name) !== null);
}
