/** A header field as it was sent: DKIM signs its very bytes. */
export interface RawField {
  /** Lower case. */
  readonly name: string;
  /** Latin-1 view of name, colon and value; folds are CRLF, whatever they were. No line end behind. */
  readonly text: string;
}

export interface RawMessage {
  readonly fields: readonly RawField[];
  /** Where the body starts. */
  readonly bodyStart: number;
}

const fieldStart = /^([!-9;-~]+)[ \t]*:/;
const lf = 10;
const cr = 13;

/**
 * The header of a mail without any forgiveness, or null when it is longer than `maxBytes` or one of its lines is no
 * header line. What is read here and what other readers make of the same bytes must not differ.
 */
export function rawMessage(bytes: Buffer, maxBytes: number): RawMessage | null {
  const fields: { name: string; lines: string[] }[] = [];
  let position = bytes.toString('latin1', 0, 5) === 'From ' ? bytes.indexOf(lf) + 1 : 0;
  while (position < bytes.length) {
    const found = bytes.indexOf(lf, position);
    const next = found < 0 ? bytes.length : found + 1;
    if (next > maxBytes) return null;
    const end = found < 0 ? next : found > position && bytes[found - 1] === cr ? found - 1 : found;
    if (end === position) return { fields: fields.map(whole), bodyStart: next };
    if (!takeLine(fields, bytes.toString('latin1', position, end))) return null;
    position = next;
  }
  return { fields: fields.map(whole), bodyStart: bytes.length };
}

function takeLine(fields: { name: string; lines: string[] }[], line: string): boolean {
  const last = fields.at(-1);
  if (/^[ \t]/.test(line)) return last !== undefined && last.lines.push(line) > 0;
  const name = fieldStart.exec(line)?.[1];
  return name !== undefined && fields.push({ name: name.toLowerCase(), lines: [line] }) > 0;
}

function whole({ name, lines }: { name: string; lines: readonly string[] }): RawField {
  return { name, text: lines.join('\r\n') };
}
