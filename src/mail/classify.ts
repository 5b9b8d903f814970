import type { MailClass, Part } from '../model/part.js';
import { classOfFields, noticeIn } from './notices.js';
import type { Leaf, SeenMessage, SeenNode, Tree } from './tree.js';

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
  const parts = tree.leaves.filter((leaf) => mayBeReport(leaf, classes)).map(({ part }) => part);
  return { mailClass: mailClass ?? 'not-a-report', parts };
}

const isClass = (found: MailClass | null | undefined): found is MailClass => found !== null && found !== undefined;

/** A report that came back is one that we sent, and one inside a failure report is evidence: neither is about our mail. */
function mayBeReport({ message, part }: Leaf, classes: ReadonlyMap<SeenMessage, MailClass | null>): boolean {
  const own = classes.get(message);
  if (own === 'bounce' || (own === 'failure-report' && (hasFeedback(message) || isEvidence(part)))) return false;
  for (let outer = message.around; outer !== null; outer = outer.around) {
    const found = classes.get(outer);
    if (found === 'bounce' || found === 'failure-report') return false;
  }
  return true;
}

/** A failure report by its structure. One that is known by a sentence alone may be somebody's words about the reports beside them. */
const hasFeedback = ({ marks, nodes }: SeenMessage): boolean =>
  marks.feedback || (byReportType(nodes) ?? byMediaType(nodes)) === 'failure-report';

/** What a stranger wrote, as a receiver returns it. */
const isEvidence = ({ type }: Part): boolean => type !== null && /^(?:message\/|text\/)/.test(type);

function classOf(message: SeenMessage): MailClass | null {
  const { marks, nodes } = message;
  const found = byReportType(nodes) ?? byMediaType(nodes) ?? (marks.feedback ? 'failure-report' : byContent(message));
  if (found !== null) return found;
  if (marks.failedRecipients || (marks.fromMailer && message.returns)) return 'bounce';
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

/** People quote bounces: a text is one only when it comes from a mail system, and alone. */
function byContent({ marks, nodes }: SeenMessage): MailClass | null {
  for (const { type, part } of nodes) {
    if (part?.content.kind !== 'bytes') continue;
    const { bytes } = part.content;
    const found = classOfFields(bytes);
    if (found !== null && (found !== 'bounce' || marks.fromMailSystem)) return found;
    const said = isText(type) ? noticeIn(bytes) : null;
    if (said !== null && (said !== 'bounce' || (marks.fromMailSystem && nodes.every(isBodyNode)))) return said;
  }
  return null;
}

const isText = (type: string | null): boolean => type === null || type === 'text/plain' || type === 'text/html';

/** A body to be read, and the pictures of its signature; nothing that could be a report. */
function isBodyNode({ type, part }: SeenNode): boolean {
  if (part === null || type?.startsWith('image/') === true) return true;
  return part.name === null && (type === null || type.startsWith('text/'));
}
