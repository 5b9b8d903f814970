import { lineAt, lineEndByte } from './lines.js';
import type { Line } from './lines.js';

export interface HeaderField {
  /** Lower case. */
  readonly name: string;
  /** Latin-1 view of the bytes, unfolded, outer blanks removed. */
  readonly value: string;
}

export interface Header {
  readonly fields: readonly HeaderField[];
  /** Where the body starts in the node's bytes. */
  readonly bodyStart: number;
  /** Lines that are no header lines and were passed over. */
  readonly badLines: number;
  readonly tooLong: boolean;
}

/** A name of any length: other readers set no bound, and a line that only we take for no field would end the header for us alone. */
const fieldLine = /^([!-9;-~]+)[ \t]*:/;

/** The value of the first field of that name, or null. */
export function fieldValue(header: Header, name: string): string | null {
  return header.fields.find((field) => field.name === name)?.value ?? null;
}

interface Draft {
  readonly name: string;
  readonly pieces: string[];
}

interface Reading {
  readonly bytes: Buffer;
  readonly lineEnd: number;
  readonly drafts: Draft[];
  badLines: number;
}

/**
 * The header block of a message or body part (RFC 5322 section 2.2), at most `maxBytes` of it. Forgives an mbox line in
 * front, parameters on lines that are not indented, stray lines, and a missing blank line.
 */
export function readHeader(bytes: Buffer, maxBytes: number): Header {
  const reading: Reading = { bytes, lineEnd: lineEndByte(bytes), drafts: [], badLines: 0 };
  let position = 0;
  while (position < bytes.length) {
    const line = lineAt(bytes, position, reading.lineEnd);
    if (line.end === line.start) return finished(reading, line.next, false);
    if (line.end > maxBytes) return finished(reading, blankLineAfter(reading, position), true);
    if (!takeLine(reading, line)) return finished(reading, line.start, false);
    position = line.next;
  }
  return finished(reading, bytes.length, false);
}

/** False when the line belongs to the body already. */
function takeLine(reading: Reading, line: Line): boolean {
  const text = reading.bytes.toString('latin1', line.start, line.end);
  const current = reading.drafts.at(-1);
  if (current !== undefined && /^[ \t]/.test(text)) {
    current.pieces.push(text);
    return true;
  }
  const name = fieldLine.exec(text)?.[1];
  if (name !== undefined) {
    reading.drafts.push({ name: name.toLowerCase(), pieces: [text.slice(text.indexOf(':') + 1)] });
    return true;
  }
  if (line.start === 0 && /^>?From /.test(text)) return true;
  if (text.startsWith('--') || current === undefined) return false;
  if (isOpen(current)) {
    current.pieces.push(' ' + text);
    return true;
  }
  reading.badLines += 1;
  return fieldFollows(reading, line.next);
}

/** Only MIME fields may go on without indentation: the others are evidence, or for display. */
function isOpen(draft: Draft): boolean {
  if (!draft.name.startsWith('content')) return false;
  const last = draft.pieces.at(-1) ?? '';
  return /[;=]\s*$/.test(last) || (last.split('"').length - 1) % 2 === 1;
}

function fieldFollows(reading: Reading, position: number): boolean {
  const line = lineAt(reading.bytes, position, reading.lineEnd);
  return fieldLine.test(reading.bytes.toString('latin1', line.start, line.end));
}

function blankLineAfter(reading: Reading, position: number): number {
  const { bytes, lineEnd } = reading;
  for (
    let line = lineAt(bytes, position, lineEnd);
    line.next < bytes.length;
    line = lineAt(bytes, line.next, lineEnd)
  ) {
    if (line.end === line.start) return line.next;
  }
  return bytes.length;
}

function finished(reading: Reading, bodyStart: number, tooLong: boolean): Header {
  const fields = reading.drafts.map(({ name, pieces }) => ({ name, value: pieces.join('').trim() }));
  return { fields, bodyStart, badLines: reading.badLines, tooLong };
}
