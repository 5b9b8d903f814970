import type { MailClass } from '../model/part.js';
import { readHeader } from './header.js';
import { isFeedback } from './marks.js';

/** How much of a text is searched. Notices say what they are at their top, below a greeting or a disclaimer. */
const noticeBytes = 64 * 1024;
/** How much of a part is read as fields. Feedback and delivery fields come first in theirs. */
const fieldBytes = 8 * 1024;

/** What a text says that it is, or null. Tags of HTML count as line ends; what a bare report quotes is no notice. */
export function noticeIn(bytes: Buffer): MailClass | null {
  const head = bytes.toString('latin1', 0, noticeBytes);
  if (/^\s*<(?:\?xml|(?:\w{1,64}:)?feedback\b)/i.test(head)) return null;
  const text = head.replace(/<[^<>]*>/g, '\n');
  if (isSizeNotice(text)) return 'error-notice';
  if (isFailureText(text)) return 'failure-report';
  return isBounceText(text) ? 'bounce' : null;
}

/** A report was too large to be sent (RFC 7489 section 7.2.2). */
const isSizeNotice = (text: string): boolean =>
  /^[ \t]*Report-Domain[ \t]*:/im.test(text) && /^[ \t]*Report-Size[ \t]*:/im.test(text);

/** First sentences of failure reports: cPanel and other Exim hosts send nothing else, lists drop the parts behind it. */
const isFailureText = (text: string): boolean =>
  /^[ \t]{0,8}A message claiming to be from you has failed the published DMARC/im.test(text) ||
  /^[ \t]{0,8}This is an? (?:email abuse|[a-z/ ]{0,20}authentication[- ]failure) report for an email message/im.test(
    text,
  );

/** First sentences of Exim, qmail, Postfix, Sendmail and Exchange. */
const isBounceText = (text: string): boolean =>
  /^[ \t]{0,8}(?:This message was created automatically by mail delivery software|Hi\. This is the qmail-send program|This is the (?:mail system|Postfix program) at host|-{3,10} The following addresses had|Delivery has failed to these recipients|Your message to .{1,300} couldn't be delivered|This is an automatically generated Delivery Status Notification)/im.test(
    text,
  );

/** Fields that say what a part is, whatever its label: RFC 5965 and RFC 6591, RFC 3464, RFC 8098. */
export function classOfFields(bytes: Buffer): MailClass | null {
  const head = bytes.subarray(0, fieldBytes);
  const header = readHeader(head, head.length);
  if (isFeedback(header)) return 'failure-report';
  const names = new Set(header.fields.map(({ name }) => name));
  if (names.has('disposition') && names.has('final-recipient')) return 'auto-reply';
  const ofDelivery = names.has('final-recipient') || names.has('reporting-mta');
  return ofDelivery && /^Action[ \t]*:/im.test(head.toString('latin1')) ? 'bounce' : null;
}
