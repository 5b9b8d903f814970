import type { MailClass } from '../model/part.js';
import { fieldValue } from './header.js';
import type { Header } from './header.js';
import type { SeenNode } from './tree.js';

/** How much of a text is searched for the lines of a size notice. */
const noticeBytes = 64 * 1024;

/** What a mail is by its structure and content, never by its subject; the outer mail before mails inside it. */
export function classify(header: Header, nodes: readonly SeenNode[]): MailClass {
  const deepest = nodes.reduce((most, node) => Math.max(most, node.nesting), 0);
  for (let nesting = 0; nesting <= deepest; nesting += 1) {
    const level = nodes.filter((node) => node.nesting === nesting);
    const found = byReportType(level) ?? byMediaType(level) ?? byText(level);
    if (found !== null) return found;
    if (nesting === 0 && fieldValue(header, 'x-failed-recipients') !== null) return 'bounce';
    if (nesting === 0 && isAutoReply(header, nodes)) return 'auto-reply';
  }
  return 'not-a-report';
}

/** RFC 6522; feedback-report: RFC 5965, delivery-status: RFC 3464, tlsrpt: RFC 8460. */
function byReportType(nodes: readonly SeenNode[]): MailClass | null {
  for (const { type, reportType } of nodes) {
    if (type !== 'multipart/report') continue;
    if (reportType === 'feedback-report') return 'failure-report';
    if (reportType === 'delivery-status') return 'bounce';
    if (reportType === 'tlsrpt') return 'tls-report';
  }
  return null;
}

function byMediaType(nodes: readonly SeenNode[]): MailClass | null {
  const has = (wanted: RegExp): boolean => nodes.some(({ type }) => type !== null && wanted.test(type));
  if (has(/^message\/feedback-report$/)) return 'failure-report';
  if (has(/^message\/(?:global-)?delivery-status$/)) return 'bounce';
  return has(/^application\/tlsrpt(?:\+|$)/) ? 'tls-report' : null;
}

/** A report was too large to be sent (RFC 7489 section 7.2.2). */
function byText(nodes: readonly SeenNode[]): MailClass | null {
  return nodes.some(({ part, type }) => part !== null && isPlain(type) && isSizeNotice(part.content))
    ? 'error-notice'
    : null;
}

const isPlain = (type: string | null): boolean => type === null || type === 'text/plain';

function isSizeNotice(content: NonNullable<SeenNode['part']>['content']): boolean {
  if (content.kind !== 'bytes') return false;
  const text = content.bytes.toString('latin1', 0, noticeBytes);
  return /^Report-Domain[ \t]*:/im.test(text) && /^Report-Size[ \t]*:/im.test(text);
}

/** RFC 3834 section 5; Exchange marks its own automatic answers by a header of its own. */
function isAutoReply(header: Header, nodes: readonly SeenNode[]): boolean {
  const submitted = fieldValue(header, 'auto-submitted')?.toLowerCase() ?? '';
  const marked = submitted.startsWith('auto-replied') || fieldValue(header, 'x-auto-response-suppress') !== null;
  return marked && nodes.every(({ part }) => part === null || isBodyText(part.type, part.name));
}

const isBodyText = (type: string | null, name: string | null): boolean =>
  name === null && (type === null || type.startsWith('text/'));
