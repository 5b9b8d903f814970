import { createReadStream } from 'node:fs';
import { Failure, messageOf } from '../base/failure.js';
import { limits as defaultLimits } from '../config/limits.js';
import type { Limits } from '../config/limits.js';
import type { Content } from '../model/content.js';

const chunkBytes = 64 * 1024;
const lf = 10;

/** Bytes of a file, `end` not included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** One mail of an mbox file. */
export interface MboxMail {
  /** Byte offset of its `From ` line in the file. */
  readonly offset: number;
  /** Bytes of the mail, its `From ` line not counted. */
  readonly size: number;
  /** Null when the mail is larger than the limit. */
  readonly content: Content | null;
}

/**
 * The mails of an mbox file (RFC 4155), one at a time; memory holds one mail of at most `mailBytes`. `>From ` quoting
 * is undone. A file without a `From ` line is one mail. `range`: only that part of the file; offsets count from its start. Rejects
 * with a Failure when the file cannot be read.
 */
export async function* splitMbox(
  path: string,
  limits: Limits = defaultLimits,
  range: ByteRange | null = null,
): AsyncGenerator<MboxMail> {
  let draft: Draft | null = null;
  let afterBlank = true;
  for await (const line of linesOf(path, range)) {
    if (draft === null && isBlank(line.bytes)) continue;
    if (line.first && afterBlank && isFromLine(line.bytes)) {
      if (draft !== null) yield finished(draft, limits.mailBytes);
      draft = newDraft(line.offset);
      afterBlank = false;
      continue;
    }
    draft ??= newDraft(line.offset);
    add(draft, line.first ? unquoted(line.bytes) : line.bytes, limits.mailBytes);
    afterBlank = line.first && isBlank(line.bytes);
  }
  if (draft !== null) yield finished(draft, limits.mailBytes);
}

/** Lines that are joined into one buffer: a mail of empty lines would else cost a hundred times its size. */
const joinLines = 4096;

interface Draft {
  readonly offset: number;
  size: number;
  blocks: Buffer[];
  lines: Buffer[];
}

const newDraft = (offset: number): Draft => ({ offset, size: 0, blocks: [], lines: [] });

function add(draft: Draft, bytes: Buffer, max: number): void {
  draft.size += bytes.length;
  if (draft.size > max) {
    draft.blocks = [];
    draft.lines = [];
    return;
  }
  draft.lines.push(bytes);
  if (draft.lines.length < joinLines) return;
  draft.blocks.push(Buffer.concat(draft.lines));
  draft.lines = [];
}

function finished(draft: Draft, max: number): MboxMail {
  const fits = draft.size <= max;
  const content: Content | null = fits
    ? { kind: 'bytes', bytes: Buffer.concat([...draft.blocks, ...draft.lines]) }
    : null;
  return { offset: draft.offset, size: draft.size, content };
}

/** `From sender date`, with a time or a year: a sentence that starts with "From " is none. */
function isFromLine(bytes: Buffer): boolean {
  if (bytes.length > 1000 || bytes.toString('latin1', 0, 5) !== 'From ') return false;
  const text = bytes.toString('latin1', 5);
  return /^\S/.test(text) && /\d:\d{2}|\b(?:19|20)\d{2}\b/.test(text);
}

function unquoted(bytes: Buffer): Buffer {
  return bytes[0] === 0x3e && /^>+From /.test(bytes.toString('latin1', 0, 100)) ? bytes.subarray(1) : bytes;
}

/** A byte order mark. */
const hasMark = (bytes: Buffer): boolean => bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;

const isBlank = (bytes: Buffer): boolean => bytes[0] === lf || (bytes[0] === 13 && bytes[1] === lf);

interface FileLine {
  readonly offset: number;
  /** With its line end. */
  readonly bytes: Buffer;
  /** False for the later pieces of a line that is longer than a chunk. */
  readonly first: boolean;
}

async function* linesOf(path: string, range: ByteRange | null): AsyncGenerator<FileLine> {
  let carry: Buffer = Buffer.alloc(0);
  let offset = 0;
  let first = true;
  for await (const chunk of chunksOf(path, range)) {
    const bytes = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
    let start = offset === 0 && hasMark(bytes) ? 3 : 0;
    for (let end = bytes.indexOf(lf); end >= 0; end = bytes.indexOf(lf, start)) {
      yield { offset: offset + start, bytes: bytes.subarray(start, end + 1), first };
      first = true;
      start = end + 1;
    }
    carry = bytes.subarray(start);
    if (carry.length >= chunkBytes) {
      yield { offset: offset + start, bytes: carry, first };
      first = false;
      start = bytes.length;
      carry = Buffer.alloc(0);
    }
    offset += start;
  }
  if (carry.length > 0) yield { offset, bytes: carry, first };
}

async function* chunksOf(path: string, range: ByteRange | null): AsyncGenerator<Buffer> {
  try {
    const part = range ? { start: range.start, end: range.end - 1 } : {};
    yield* createReadStream(path, { highWaterMark: chunkBytes, ...part }) as AsyncIterable<Buffer>;
  } catch (error) {
    throw new Failure(`cannot read the mbox file ${path}: ${messageOf(error)}`, {
      hint: 'check that the file exists and may be read',
      cause: error,
    });
  }
}
