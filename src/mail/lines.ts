const lf = 10;
const cr = 13;
/** How far to look for a line feed before lines are taken to end in bare carriage returns. */
const lookBytes = 64 * 1024;

/** One line: `end` is before its line end, `next` behind it. */
export interface Line {
  readonly start: number;
  readonly end: number;
  readonly next: number;
}

/** Bare CR ends lines only where there is no LF at all: else a CR inside a header would forge header lines. */
export function lineEndByte(bytes: Buffer): number {
  const head = bytes.subarray(0, lookBytes);
  return head.includes(lf) || !head.includes(cr) ? lf : cr;
}

/** The line that starts at `start`; lines end in CRLF or LF, or in CR when `lineEnd` says so. */
export function lineAt(bytes: Buffer, start: number, lineEnd: number): Line {
  const found = bytes.indexOf(lineEnd, start);
  if (found < 0) return { start, end: bytes.length, next: bytes.length };
  const crlf = lineEnd === lf && found > start && bytes[found - 1] === cr;
  return { start, end: crlf ? found - 1 : found, next: found + 1 };
}
