import { lineAt, lineEndByte } from './lines.js';

const dash = 0x2d;

/** The sections of a multipart body. */
export interface Sections {
  readonly parts: readonly Buffer[];
  /** Whether the closing delimiter was there. */
  readonly closed: boolean;
}

/** RFC 2046 section 5.1.1; delimiters after the closing one open parts as well. At most `max` parts; one pass over the bytes. */
export function splitSections(body: Buffer, boundary: string, max: number): Sections {
  const mark = Buffer.from(`--${boundary}`, 'latin1');
  const parts: Buffer[] = [];
  let open = -1;
  let closed = false;
  for (
    let at = findDelimiter(body, 0, mark);
    at !== null && parts.length < max;
    at = findDelimiter(body, at.next, mark)
  ) {
    if (open >= 0) parts.push(body.subarray(open, Math.max(open, beforeLineEnd(body, at.start))));
    open = at.closing ? -1 : at.next;
    closed = at.closing;
  }
  if (open >= 0 && parts.length < max) parts.push(body.subarray(open));
  return { parts, closed };
}

interface Delimiter {
  readonly start: number;
  /** Start of the line after it. */
  readonly next: number;
  readonly closing: boolean;
}

function findDelimiter(body: Buffer, from: number, mark: Buffer): Delimiter | null {
  let lineStart = true;
  for (let index = from; index < body.length; index += 1) {
    const byte = body[index];
    if (lineStart && byte === dash && body[index + 1] === dash) {
      const found = delimiterAt(body, index, mark);
      if (found !== null) return found;
    }
    lineStart = byte === 10 || byte === 13;
  }
  return null;
}

function delimiterAt(body: Buffer, start: number, mark: Buffer): Delimiter | null {
  for (let index = 2; index < mark.length; index += 1) if (body[start + index] !== mark[index]) return null;
  let end = start + mark.length;
  const closing = body[end] === dash && body[end + 1] === dash;
  if (closing) end += 2;
  while (body[end] === 32 || body[end] === 9) end += 1;
  if (end >= body.length) return { start, next: body.length, closing };
  if (body[end] === 13) return { start, next: end + (body[end + 1] === 10 ? 2 : 1), closing };
  return body[end] === 10 ? { start, next: end + 1, closing } : null;
}

/** The line end in front of a delimiter belongs to the delimiter. */
function beforeLineEnd(body: Buffer, start: number): number {
  if (body[start - 1] === 10) return body[start - 2] === 13 ? start - 2 : start - 1;
  return body[start - 1] === 13 ? start - 1 : start;
}

const guessBytes = 64 * 1024;

/** The boundary of a body whose header does not tell it: a line of dashes and a word, then a Content- field. */
export function guessBoundary(body: Buffer): string | null {
  const head = body.subarray(0, guessBytes);
  const lineEnd = lineEndByte(head);
  for (let position = 0; position < head.length;) {
    const line = lineAt(head, position, lineEnd);
    position = line.next;
    if (head[line.start] !== dash || head[line.start + 1] !== dash || line.end - line.start > 200) continue;
    const boundary = head.toString('latin1', line.start + 2, line.end).trimEnd();
    const follows = head.toString('latin1', line.next, line.next + 16);
    if (boundary !== '' && /^content-/i.test(follows)) return boundary;
  }
  return null;
}
