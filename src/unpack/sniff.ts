import { constants, inflateRawSync } from 'node:zlib';
import { isHtml } from './markup.js';
import { unsupportedKind } from './unsupported.js';

/** What the first bytes say; names and declared types are never asked. */
export type Sniffed =
  | { readonly kind: 'gzip' | 'zip' | 'zlib' | 'deflate' | 'tar' | 'compound' | 'base64' | 'nothing' }
  /** XML or JSON, from byte `offset` on. */
  | { readonly kind: 'document'; readonly offset: number }
  /** Something that may hold a report but that we cannot open. */
  | { readonly kind: 'unsupported'; readonly reason: string };

/** Bytes that `sniff` wants to see. tar has its mark at 257; people put some lines before a pasted report. */
export const sniffBytes = 4096;
/** Shorter base64 cannot hold a report, but words of a text look like it. */
const leastBase64 = 16;

/** MS-CFB 2.2: what Office and Outlook wrote before they wrote zip files. */
const compoundMark = Buffer.from('d0cf11e0a1b11ae1', 'hex');
const tarMarkAt = 257;
/** What is inflated to see whether bytes without a mark are deflated XML. */
const deflateLookBytes = 512;

const nothing: Sniffed = { kind: 'nothing' };

export function sniff(head: Buffer): Sniffed {
  const direct = sniffBinary(head) ?? sniffText(head);
  if (direct.kind !== 'nothing') return direct;
  if (isBase64(head)) return { kind: 'base64' };
  return isDeflate(head) ? { kind: 'deflate' } : nothing;
}

function sniffBinary(head: Buffer): Sniffed | null {
  const [first, second, third, fourth] = head;
  if (first === 0x1f && second === 0x8b) return { kind: 'gzip' };
  if (first === 0x50 && second === 0x4b && third === 3 && fourth === 4) return { kind: 'zip' };
  if (first === 0x50 && second === 0x4b && third === 5 && fourth === 6) return { kind: 'zip' };
  if (isZlib(first, second)) return { kind: 'zlib' };
  if (head.subarray(0, compoundMark.length).equals(compoundMark)) return { kind: 'compound' };
  if (head.toString('latin1', tarMarkAt, tarMarkAt + 5) === 'ustar') return { kind: 'tar' };
  const reason = unsupportedKind(head);
  return reason === null ? null : { kind: 'unsupported', reason };
}

/** RFC 1950 section 2.2: deflate, 32 KiB window, no dictionary, and a header that is a multiple of 31. */
function isZlib(first: number | undefined, second: number | undefined): boolean {
  if (first !== 0x78 || second === undefined) return false;
  return [0x01, 0x5e, 0x9c, 0xda].includes(second) && (first * 256 + second) % 31 === 0;
}

function sniffText(head: Buffer): Sniffed {
  const wide = wideText(head);
  const text = wide ?? head.toString('latin1');
  const start = text.search(/[^\s\0\u00ef\u00bb\u00bf\ufeff]/);
  if (start < 0) return nothing;
  const body = text.slice(start);
  if (startsAsMarkup(body)) return isHtml(body) ? nothing : { kind: 'document', offset: 0 };
  if (/^\{\s*(?:["}]|$)/.test(body)) return { kind: 'document', offset: 0 };
  return wide === null && !body.startsWith('%PDF-') ? sniffInside(text) : nothing;
}

/** Texts start with `<` too: links, addresses, hearts. A name that the look ends in may go on as it likes. */
function startsAsMarkup(body: string): boolean {
  return /^<(?:[?]|!--|!\[CDATA\[|!doctype\b|[a-z_\u0080-\u00ff][\w.:\u0080-\u00ff-]{0,200}(?:[\s>]|\/>|$))/i.test(
    body,
  );
}

/** UTF-16 with a byte order mark, or without one but starting with `<`; null for anything else. */
function wideText(head: Buffer): string | null {
  const mark = head.length < 2 ? 0 : head.readUInt16BE(0);
  if (mark === 0xfffe || mark === 0x3c00) return head.toString('utf16le');
  if (mark !== 0xfeff && mark !== 0x003c) return null;
  return Buffer.from(head.subarray(0, head.length & ~1))
    .swap16()
    .toString('utf16le');
}

/** A report pasted under some lines of text. Binary data in front means that it is something else. */
function sniffInside(text: string): Sniffed {
  const offset = text.search(/<\?xml[\s]|<(?:[\w.-]{1,64}:)?feedback[\s>]/i);
  // eslint-disable-next-line no-control-regex -- control characters tell binary data from text
  if (offset < 0 || /[\0-\x08\x0e-\x1f]/.test(text.slice(0, offset)) || isHtml(text.slice(offset))) return nothing;
  return { kind: 'document', offset };
}

/** Letters that decode to something that is opened; what follows them, a footer of a mailing list, does not matter. */
function isBase64(head: Buffer): boolean {
  const letters = (/^[A-Za-z0-9+/\s]*/.exec(head.toString('latin1'))?.[0] ?? '').replace(/\s+/g, '');
  if (letters.length < leastBase64) return false;
  const inner = Buffer.from(letters.slice(0, letters.length - (letters.length % 4)), 'base64');
  return sniffBinary(inner) !== null || startsAsXml(inner) || /^\{\s*"[\x20-\x7e]/.test(inner.toString('latin1'));
}

/** Raw deflate (RFC 1951) has no mark: it is taken for one when XML comes out. */
function isDeflate(head: Buffer): boolean {
  // Packed bytes are of all kinds; trying to inflate the text of a mail costs more than reading it.
  if (/^[\t\n\r\x20-\x7e]*$/.test(head.toString('latin1', 0, deflateLookBytes))) return false;
  try {
    return startsAsXml(inflateRawSync(head.subarray(0, deflateLookBytes), { finishFlush: constants.Z_SYNC_FLUSH }));
  } catch {
    return false;
  }
}

/** Stricter than for bytes that came plain: letters of a text and noise, once decoded, start with `<` now and then. */
function startsAsXml(bytes: Buffer): boolean {
  return /^(?:\u00ef\u00bb\u00bf)?\s*<(?:\?xml\s|!--|(?:[\w.-]{1,64}:)?feedback[\s>])/.test(
    bytes.toString('latin1', 0, sniffBytes),
  );
}
