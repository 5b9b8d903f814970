/** A body without its transfer encoding (RFC 2045 section 6), and what was odd about it. */
export interface Decoded {
  readonly bytes: Buffer;
  readonly oddity: string | null;
}

export type Encoding = 'identity' | 'base64' | 'quoted-printable' | 'unknown';

/** The encoding that the field values name; of several the first that changes anything. */
export function encodingOf(values: readonly string[]): Encoding {
  const known = values.map(oneEncoding);
  return known.find((encoding) => encoding === 'base64' || encoding === 'quoted-printable') ?? known[0] ?? 'identity';
}

function oneEncoding(value: string): Encoding {
  const word = /[a-z0-9-]+/i.exec(value.replace(/^\s*\([^)]*\)/, ''))?.[0]?.toLowerCase() ?? '';
  if (/^base-?64$/.test(word)) return 'base64';
  if (/^quoted-?printable$/.test(word)) return 'quoted-printable';
  return /^(7-?bit|8-?bit|binary|)$/.test(word) ? 'identity' : 'unknown';
}

export function decodeTransfer(body: Buffer, encoding: Encoding): Decoded {
  if (encoding === 'base64') return decodeBase64(body);
  if (encoding === 'quoted-printable') return { bytes: decodeQuotedPrintable(body), oddity: null };
  return { bytes: body, oddity: encoding === 'unknown' ? 'unknown transfer encoding, taken as it is' : null };
}

function decodeBase64(body: Buffer): Decoded {
  if (isPlain(body)) return { bytes: body, oddity: 'says base64 but is not encoded' };
  const text = body.toString('latin1');
  const pure = /^[A-Za-z0-9+/=\s]*$/.test(text);
  const first = text.indexOf('=');
  if (first < 0) return { bytes: Buffer.from(text, 'base64'), oddity: pure ? null : 'characters outside base64' };
  if (pure && !/=\s*[A-Za-z0-9+/]/.test(text.slice(first, first + 80)))
    return { bytes: Buffer.from(text, 'base64'), oddity: null };
  if (pure) return joinRuns(text);
  const rest = text.slice(first).replace(/^[=\s]+/, '');
  return {
    bytes: Buffer.from(text.slice(0, first), 'base64'),
    oddity: rest === '' ? 'characters outside base64' : 'text after the base64',
  };
}

/** Some mailers encode piece by piece, each with its own padding. There may be millions of pieces: one pass, one buffer. */
function joinRuns(text: string): Decoded {
  const bytes = Buffer.allocUnsafe(Math.ceil((text.length * 3) / 4));
  let length = 0;
  let bits = 0;
  let held = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 0x3d) bits = 0;
    const value = sextets[code] ?? -1;
    if (value < 0) continue;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[length] = held >> bits;
    length += 1;
  }
  return { bytes: bytes.subarray(0, length), oddity: 'several base64 runs' };
}

/** What a letter of base64 stands for; -1 for other characters. */
const sextets = new Int8Array(256).fill(-1);
Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/').forEach((letter, value) => {
  sextets[letter.charCodeAt(0)] = value;
});

/** Gzip, zip, JSON or XML in the clear under a base64 label: none of these bytes is base64. */
function isPlain(body: Buffer): boolean {
  const start = body.subarray(0, 64).toString('latin1').trimStart();
  return ['\x1f\x8b', 'PK\x03\x04', '<', '{', '\xef\xbb\xbf<'].some((mark) => start.startsWith(mark));
}

/** Invalid escapes stay as they are; blanks at line ends go (RFC 2045 section 6.7). */
export function decodeQuotedPrintable(body: Buffer): Buffer {
  const out = Buffer.allocUnsafe(body.length);
  let length = 0;
  let solid = 0;
  for (let index = 0; index < body.length;) {
    const byte = body[index] ?? 0;
    if (byte === 0x3d) {
      const step = escapeAt(body, index, out, length);
      index += step.taken;
      length += step.given;
      solid = length;
      continue;
    }
    if (byte === 10 || byte === 13) length = solid;
    out[length] = byte;
    length += 1;
    if (byte !== 32 && byte !== 9) solid = length;
    index += 1;
  }
  return out.subarray(0, solid);
}

interface Step {
  readonly taken: number;
  readonly given: number;
}

function escapeAt(body: Buffer, index: number, out: Buffer, length: number): Step {
  const high = hexDigit(body[index + 1]);
  const low = hexDigit(body[index + 2]);
  if (high >= 0 && low >= 0) {
    out[length] = high * 16 + low;
    return { taken: 3, given: 1 };
  }
  let end = index + 1;
  while (body[end] === 32 || body[end] === 9) end += 1;
  if (end >= body.length) return { taken: end - index, given: 0 };
  if (body[end] === 13) return { taken: end - index + (body[end + 1] === 10 ? 2 : 1), given: 0 };
  if (body[end] === 10) return { taken: end - index + 1, given: 0 };
  out[length] = 0x3d;
  return { taken: 1, given: 1 };
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
