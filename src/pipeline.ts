import { open } from 'node:fs/promises';
import { plainText } from './base/text.js';
import type { Limits } from './config/limits.js';
import { limits as standardLimits } from './config/limits.js';
import { looksLikeMail, provenanceOf, readMail } from './mail/mail.js';
import type { MailOptions } from './mail/mail.js';
import { sizeOf } from './model/content.js';
import type { Content } from './model/content.js';
import type { MailOutcome, MailOutcomeKind } from './model/outcome.js';
import type { ParsedMail, Part, Provenance } from './model/part.js';
import type { Problem } from './model/problem.js';
import type { RawMail } from './model/raw-mail.js';
import type { FileOutcome, Reading, RecordSink } from './model/report.js';
import { readPeriodEnd, readReport } from './report/report.js';
import { nothingSpent, unpack } from './unpack/unpack.js';
import type { Tally } from './unpack/unpack.js';

export { openSenderCheck, senderCheckOf } from './mail/mail.js';
export type { Say, SenderCheck, SenderSettings } from './mail/mail.js';

/** Takes one file's records and then its end; gives back what became of it. */
export interface FileSink extends RecordSink {
  finish(reading: Reading, provenance: Provenance): FileEnd;
  /** The walk broke off: drop what was taken. */
  abandon(): void;
}

/** What became of one file, and the store's row if it has one. */
export interface FileEnd {
  readonly outcome: MailOutcomeKind;
  readonly reason: string;
  readonly reportId: number | null;
}

/** Who takes the files of a mail: the store, or the printer of `parse`. */
export interface FileHandler {
  open(file: FileOrigin): FileSink;
  /** A part or archive member that cannot be opened. */
  unreadable?(file: FileOrigin, outcome: FileOutcome, reason: string): void;
}

export interface FileOrigin {
  /** Null for a bare file. */
  readonly mail: ParsedMail | null;
  readonly part: Part;
  readonly members: readonly string[];
  /** Part name and archive members, for people. */
  readonly label: string;
}

/** The end of a mail's walk. */
export interface Walked {
  readonly mail: ParsedMail | null;
  readonly outcome: MailOutcome;
  readonly problems: readonly Problem[];
}

export interface WalkOptions extends MailOptions {
  readonly limits?: Limits;
}

/** Walks one mail, or one bare report file, through mail, unpack and report into the handler. Throws only what a machine's failure or the handler throws. */
export async function walkMail(raw: RawMail, handler: FileHandler, options: WalkOptions): Promise<Walked> {
  const limits = options.limits ?? standardLimits;
  if (!raw.content) return oversized(raw, limits);
  if (sizeOf(raw.content) === 0) return emptyMail;
  const isMail = looksLikeMail(await headOf(raw.content));
  if (isMail && sizeOf(raw.content) > limits.mailBytes) return oversized(raw, limits);
  const believed = raw.fromStranger === true ? [] : options.authservIds;
  const mail = isMail ? await readMail(raw.content, { ...options, authservIds: believed }, limits) : null;
  const parts = mail?.parts ?? [barePart(raw, raw.content)];
  const ends: FileEnd[] = [];
  const walk: Walk = { mail, handler, unpacked: nothingSpent() };
  for (const part of parts) ends.push(...(await walkPart(part, walk, withRoom(limits, ends))));
  const problems = mail?.problems ?? [];
  const unread = problems
    .filter(({ code }) => mailBounds.has(code))
    .map(({ detail }) => `the mail was not read to its end: ${detail}`);
  return { mail, outcome: outcomeOf(mail, ends, unread), problems };
}

/**
 * The latest end of the periods of the reports in a mail or bare file, Unix seconds; null when it has none. Reads no report further
 * than its period. Throws only what a machine's failure throws.
 */
export async function latestPeriodEnd(raw: RawMail, limits: Limits = standardLimits): Promise<number | null> {
  if (!raw.content) return null;
  const isMail = looksLikeMail(await headOf(raw.content));
  if (isMail && sizeOf(raw.content) > limits.mailBytes) return null;
  const parts = isMail
    ? (await readMail(raw.content, { authservIds: [] }, limits)).parts
    : [barePart(raw, raw.content)];
  const unpacked = nothingSpent();
  let latest: number | null = null;
  let files = 0;
  for (const part of parts) {
    for await (const file of unpack(part.content, limits, unpacked)) {
      files += 1;
      if (files > limits.mailFiles) return latest;
      const end = file.kind === 'file' ? await readPeriodEnd(file, limits, file.members.at(-1) ?? part.name) : null;
      if (end !== null) latest = Math.max(latest ?? end, end);
    }
  }
  return latest;
}

/** The limits with as many files left as the mail may still bring. */
function withRoom(limits: Limits, ends: readonly FileEnd[]): Limits {
  return { ...limits, mailFiles: limits.mailFiles - ends.length };
}

const emptyMail: Walked = {
  mail: null,
  outcome: { outcome: 'malformed', reason: 'the file is empty', reportIds: [] },
  problems: [],
};

function oversized(raw: RawMail, limits: Limits): Walked {
  const reason = `the mail has ${raw.size} bytes, more than the ${limits.mailBytes} that are read`;
  return { mail: null, outcome: { outcome: 'oversized', reason, reportIds: [] }, problems: [] };
}

function barePart(raw: RawMail, content: Content): Part {
  return { number: '0', name: raw.name === undefined ? raw.origin.path : raw.name, type: null, content };
}

/** Gateways put some KiB of fields of their own before the first one that every mail has. */
const headBytes = 64 * 1024;

async function headOf(content: Content): Promise<Buffer> {
  if (content.kind === 'bytes') return content.bytes.subarray(0, headBytes);
  const file = await open(content.path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

interface Walk {
  readonly mail: ParsedMail | null;
  readonly handler: FileHandler;
  /** By all parts together. */
  readonly unpacked: Tally;
}

async function walkPart(part: Part, { mail, handler, unpacked }: Walk, limits: Limits): Promise<FileEnd[]> {
  const ends: FileEnd[] = [];
  for await (const file of unpack(part.content, limits, unpacked)) {
    const label = [part.name ?? `part ${part.number}`, ...file.members].join(' > ');
    const origin = { mail, part, members: file.members, label };
    if (ends.length >= limits.mailFiles) {
      const reason = 'the mail brings more files than are read of one mail; the rest of this part was not read';
      handler.unreadable?.(origin, 'oversized', reason);
      return [...ends, { outcome: 'oversized', reason, reportId: null }];
    }
    if (file.kind === 'unreadable') {
      handler.unreadable?.(origin, file.outcome, file.reason);
      ends.push({ outcome: file.outcome, reason: `${plainText(label)}: ${file.reason}`, reportId: null });
      continue;
    }
    const sink = handler.open(origin);
    try {
      const fileName = file.members.at(-1) ?? part.name;
      const reading = await readReport(file, sink, limits, fileName);
      ends.push(sink.finish(reading, await provenanceOf(mail, reading.header, fileName)));
    } catch (error) {
      sink.abandon();
      throw error;
    }
  }
  return ends;
}

/** Which file speaks for the mail: one that brought rows before one that brought none, a failure before a file that is none of ours. */
const precedence: readonly MailOutcomeKind[] = [
  'report',
  'partial',
  'conflict',
  'duplicate',
  'failure-report',
  'tls-report',
  'bounce',
  'error-notice',
  'auto-reply',
  'oversized',
  'unsupported',
  'malformed',
  'not-a-report',
];

/** Bounds behind which files may be that nobody looked at. */
const mailBounds: ReadonlySet<string> = new Set(['mail-too-long', 'header-too-long', 'too-many-parts', 'too-deep']);

/** `unread`: what was not looked at, in words. */
function outcomeOf(mail: ParsedMail | null, ends: readonly FileEnd[], unread: readonly string[]): MailOutcome {
  const reportIds = ends.flatMap((end) => (end.reportId === null ? [] : [end.reportId]));
  const classed: FileEnd[] = mail ? [{ outcome: mail.mailClass, reason: mailReason(mail), reportId: null }] : [];
  const all = [...ends, ...classed].sort((a, b) => precedence.indexOf(a.outcome) - precedence.indexOf(b.outcome));
  const first = all[0];
  if (!first) return { outcome: 'not-a-report', reason: 'the file holds nothing that could be a report', reportIds };
  const besides = ends.filter((end) => end !== first && troubles.has(end.outcome)).map(({ reason }) => reason);
  const reasons = [first.reason, ...unread, ...besides.slice(0, troublesTold)].filter((reason) => reason !== '');
  return { outcome: first.outcome, reason: reasons.join('; '), reportIds };
}

/** What is told of a mail even if another file of it speaks for it: something may be missing. */
const troubles: ReadonlySet<MailOutcomeKind> = new Set([
  'partial',
  'conflict',
  'oversized',
  'unsupported',
  'malformed',
]);
const troublesTold = 3;

function mailReason(mail: ParsedMail): string {
  switch (mail.mailClass) {
    case 'tls-report':
      return 'an SMTP TLS report (RFC 8460)';
    case 'failure-report':
      return 'a DMARC failure report about a single message';
    case 'bounce':
      return 'a bounce; what it returns is not read';
    case 'error-notice':
      return 'a notice that a report was too large to send (RFC 7489 section 7.2.2)';
    case 'auto-reply':
      return 'an automatic reply';
    case 'not-a-report':
      return `none of its ${mail.parts.length} parts is an aggregate report`;
  }
}
