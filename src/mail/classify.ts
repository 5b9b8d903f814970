import type { MailClass, Part } from '../model/part.js';
import { classOfFields, noticeIn } from './notices.js';
import type { SeenMessage, SeenNode, Tree } from './tree.js';

/** What a mail is, and what of it may be a report. */
export interface Sorted {
  readonly mailClass: MailClass;
  /** Without what a bounce returns, and without the mail that a failure report is about. */
  readonly parts: readonly Part[];
}

/** What a mail is by its structure and content, never by its subject; the outer mail before mails inside it. */
export function sortOut(tree: Tree): Sorted {
  const classes = new Map(tree.messages.map((message) => [message, classOf(message)]));
  const outerFirst = [...tree.messages].sort((a, b) => a.nesting - b.nesting);
  const mailClass = outerFirst.map((message) => classes.get(message)).find(isClass);
  const parts = tree.leaves.filter(({ message }) => mayBeReport(message, classes)).map(({ part }) => part);
  return { mailClass: mailClass ?? 'not-a-report', parts };
}

const isClass = (found: MailClass | null | undefined): found is MailClass => found !== null && found !== undefined;

/** A report that came back is one that we sent, and one inside a failure report is evidence: neither is about our mail. */
function mayBeReport(message: SeenMessage, classes: ReadonlyMap<SeenMessage, MailClass | null>): boolean {
  if (classes.get(message) === 'bounce') return false;
  for (let outer = message.around; outer !== null; outer = outer.around) {
    const found = classes.get(outer);
    if (found === 'bounce' || found === 'failure-report') return false;
  }
  return true;
}

function classOf(message: SeenMessage): MailClass | null {
  const { marks, nodes } = message;
  const found = byReportType(nodes) ?? byMediaType(nodes) ?? (marks.feedback ? 'failure-report' : byContent(message));
  if (found !== null) return found;
  if (marks.failedRecipients) return 'bounce';
  return marks.automatic && nodes.every(isBodyNode) ? 'auto-reply' : null;
}

const reportTypes: ReadonlyMap<string | null, MailClass> = new Map([
  ['feedback-report', 'failure-report'],
  ['delivery-status', 'bounce'],
  ['tlsrpt', 'tls-report'],
  ['disposition-notification', 'auto-reply'],
]);

/** RFC 6522; feedback-report: RFC 5965, delivery-status: RFC 3464, tlsrpt: RFC 8460, disposition-notification: RFC 8098. */
function byReportType(nodes: readonly SeenNode[]): MailClass | null {
  const found = nodes.map(({ type, reportType }) =>
    type === 'multipart/report' ? reportTypes.get(reportType) : undefined,
  );
  return found.find(isClass) ?? null;
}

function byMediaType(nodes: readonly SeenNode[]): MailClass | null {
  const has = (wanted: RegExp): boolean => nodes.some(({ type }) => type !== null && wanted.test(type));
  if (has(/^message\/feedback-report$/)) return 'failure-report';
  if (has(/^message\/(?:global-)?delivery-status$/)) return 'bounce';
  if (has(/^application\/tlsrpt(?:\+|$)/)) return 'tls-report';
  return has(/^message\/(?:global-)?disposition-notification$/) ? 'auto-reply' : null;
}

/** People quote bounces: a text is one only when it comes from a mail system. */
function byContent({ marks, nodes }: SeenMessage): MailClass | null {
  for (const { type, part } of nodes) {
    if (part?.content.kind !== 'bytes') continue;
    const { bytes } = part.content;
    const found = classOfFields(bytes) ?? (isText(type) ? noticeIn(bytes) : null);
    if (found !== null && (found !== 'bounce' || marks.fromMailSystem)) return found;
  }
  return null;
}

const isText = (type: string | null): boolean => type === null || type === 'text/plain' || type === 'text/html';

/** A body to be read, and the pictures of its signature; nothing that could be a report. */
function isBodyNode({ type, part }: SeenNode): boolean {
  if (part === null || type?.startsWith('image/') === true) return true;
  return part.name === null && (type === null || type.startsWith('text/'));
}
