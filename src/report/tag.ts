/** Offsets of the parts of a tag that is whole. */
export interface Tag {
  /** First byte of the name, its prefix included, and of the local name. */
  readonly name: number;
  readonly local: number;
  readonly nameEnd: number;
  /** Offset of its `>`, or of what stands there instead. */
  readonly close: number;
  /** Offset of the first byte after it. */
  readonly end: number;
  /** Start tag: it has no content. End tag: its bracket is missing. */
  readonly bare: boolean;
}

/** `text`: no tag at all, the `<` means itself. `incomplete`: the bytes end first. */
export type TagScan = Tag | 'text' | 'incomplete';

const tab = 9;
const space = 32;
const doubleQuote = 34;
const singleQuote = 39;
const slash = 47;
const colon = 58;
const lessThan = 60;
const equals = 61;
const greaterThan = 62;

/** Reads the start tag whose `<` is at `at`. A `<` before its end, even in quotes, proves that it is none. */
export function scanStartTag(bytes: Buffer, at: number): TagScan {
  const nameEnd = endOfName(bytes, at + 1);
  if (nameEnd === at + 1) return nameEnd < bytes.length ? 'text' : 'incomplete';
  const delimiter = bytes[nameEnd];
  if (delimiter === undefined) return 'incomplete';
  if (delimiter === slash && (bytes[nameEnd + 1] ?? greaterThan) !== greaterThan) return 'text';
  if (delimiter !== slash && delimiter !== greaterThan && !isSpace(delimiter)) return 'text';
  const end = endOfStartTag(bytes, nameEnd);
  if (end < 0) return end === -1 ? 'incomplete' : 'text';
  const local = startOfLocal(bytes, at + 1, nameEnd);
  return { name: at + 1, local, nameEnd, close: end, end: end + 1, bare: bytes[end - 1] === slash };
}

/** Reads the end tag whose `<` is at `at`. Without its `>` it ends before the next `<`. */
export function scanEndTag(bytes: Buffer, at: number): TagScan {
  const nameEnd = endOfName(bytes, at + 2);
  if (nameEnd === at + 2) return nameEnd < bytes.length ? 'text' : 'incomplete';
  let end = nameEnd;
  while (end < bytes.length && bytes[end] !== greaterThan && bytes[end] !== lessThan) end++;
  if (end === bytes.length) return 'incomplete';
  const bare = bytes[end] === lessThan;
  const local = startOfLocal(bytes, at + 2, nameEnd);
  return { name: at + 2, local, nameEnd, close: end, end: bare ? end : end + 1, bare };
}

/** Offset behind the last colon of the name. */
function startOfLocal(bytes: Buffer, start: number, nameEnd: number): number {
  let local = nameEnd;
  while (local > start && bytes[local - 1] !== colon) local--;
  return local;
}

/** The name without its prefix. */
export function localName(qualified: string): string {
  return qualified.slice(qualified.lastIndexOf(':') + 1);
}

/** Offset of the `>`; -1: not there yet; -2: this is no tag. */
function endOfStartTag(bytes: Buffer, from: number): number {
  let quote = 0;
  let before = 0;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === lessThan) return -2;
    if (quote !== 0) {
      if (byte === quote) quote = 0;
    } else if (byte === greaterThan) return at;
    else if ((byte === doubleQuote || byte === singleQuote) && before === equals) quote = byte;
    if (!isSpace(byte)) before = byte;
  }
  return -1;
}

/** Offset of the first byte from `start` on that no name has; `start` itself when no name can start there. */
function endOfName(bytes: Buffer, start: number): number {
  let at = start;
  if (!isNameStart(bytes[at] ?? 0)) return at;
  while (isNameByte(bytes[at] ?? 0)) at++;
  return at;
}

function isNameStart(byte: number): boolean {
  return (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || byte === 95 || byte >= 128;
}

/** Letters, digits, `-`, `.`, `:`, `_` and everything that is not ASCII. */
function isNameByte(byte: number): boolean {
  return isNameStart(byte) || (byte >= 48 && byte <= 58) || byte === 45 || byte === 46;
}

/** White space, vertical tab and form feed included. */
export function isSpace(byte: number): boolean {
  return byte === space || (byte >= tab && byte <= 13);
}
