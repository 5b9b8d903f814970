import { open } from 'node:fs/promises';
import { Failure, messageOf } from '../base/failure.js';
import { limits as defaultLimits } from '../config/limits.js';
import type { Limits } from '../config/limits.js';
import { sizeOf } from '../model/content.js';
import type { Content } from '../model/content.js';
import type { ParsedMail } from '../model/part.js';
import { arrivalOf } from './arrival.js';
import { authenticityOf } from './authenticity.js';
import type { MailAuthenticity } from './authenticity.js';
import { sortOut } from './classify.js';
import { fieldValue, readHeader } from './header.js';
import { problemList } from './problems.js';
import { readTree } from './tree.js';
import { displayText, oneAddress } from './words.js';

export { mostlyAltered } from './altered.js';
export type { TxtResolver } from './dkim-keys.js';
export { looksLikeMail } from './looks.js';
export { splitMbox } from './mbox.js';
export type { ByteRange, MboxMail } from './mbox.js';
export { provenanceOf } from './provenance.js';
export { openSenderCheck } from './sender-check.js';
export type { SenderCheck } from './sender-check.js';
export { alteredRemedy, senderCheckOf, silence } from './sender-settings.js';
export type { Say, SenderSettings } from './sender-settings.js';

const subjectChars = 500;
/** RFC 5322 section 2.1.1: longest line. */
const messageIdChars = 998;

export interface MailOptions {
  /** authserv-ids of our own border servers; empty: nothing is believed. */
  readonly authservIds: readonly string[];
  /** What its DKIM signatures say, if they were checked; counts where no server of ours said anything. */
  readonly signed?: MailAuthenticity | null;
  /** What an earlier reading of the mail had shown: it stands, whatever can be shown today. */
  readonly earlier?: MailAuthenticity | null;
}

/**
 * Takes a mail apart: the leaves of its MIME tree with the transfer encoding removed and nothing else changed. Never
 * rejects for what is in the mail; rejects with a Failure when a file cannot be read. Of a mail over `mailBytes` only
 * that much is read, and noted.
 */
export async function readMail(
  content: Content,
  options: MailOptions,
  limits: Limits = defaultLimits,
): Promise<ParsedMail> {
  const problems = problemList(limits.problems);
  const size = sizeOf(content);
  if (size > limits.mailBytes) problems.note('mail-too-long', '0', `${size} bytes, ${limits.mailBytes} are read`);
  const tree = readTree(await firstBytes(content, limits.mailBytes), limits, problems);
  const { header } = tree;
  const subject = fieldValue(header, 'subject');
  const messageId = fieldValue(header, 'message-id');
  const told = await authenticityOf(header, options.authservIds);
  return {
    messageId: messageId === null ? null : displayText(messageId, messageIdChars),
    subject: subject === null ? null : displayText(subject, subjectChars),
    from: oneAddress(fieldValue(header, 'from') ?? ''),
    ...(options.earlier ?? (told.authenticity === 'unverified' ? (options.signed ?? told) : told)),
    ...sortOut(tree),
    problems: problems.list(),
  };
}

/**
 * When a mail arrived by what its header says, Unix seconds: the topmost Received field, else Date; null when neither can be
 * true, none later than `latest`. Rejects with a Failure when a file cannot be read.
 */
export async function mailArrival(
  content: Content,
  latest: number,
  limits: Limits = defaultLimits,
): Promise<number | null> {
  const head = await firstBytes(content, limits.mailHeaderBytes);
  return arrivalOf(readHeader(head, limits.mailHeaderBytes), latest);
}

async function firstBytes(content: Content, max: number): Promise<Buffer> {
  if (content.kind === 'bytes') return content.bytes.subarray(0, max);
  try {
    const file = await open(content.path, 'r');
    try {
      return await readUpTo(file, Math.min(content.size, max));
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new Failure(`cannot read the mail ${content.path}: ${messageOf(error)}`, {
      hint: 'check that the file still exists and may be read, and that the disk is healthy',
      cause: error,
    });
  }
}

async function readUpTo(file: Awaited<ReturnType<typeof open>>, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let position = 0;
  while (position < length) {
    const { bytesRead } = await file.read(bytes, position, length - position, position);
    if (bytesRead === 0) break;
    position += bytesRead;
  }
  return bytes.subarray(0, position);
}
