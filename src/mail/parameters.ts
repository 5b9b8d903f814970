import { unescapeText } from './words.js';

/** A header value with parameters: Content-Type, Content-Disposition (RFC 2045 section 5.1, RFC 2231). */
export interface Parameterized {
  /** Before the first `;`, lower case, comments removed. */
  readonly value: string;
  /** Names in lower case; the first of equal names counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Segments of a continued parameter that are joined. */
const maxSegments = 100;

export function parseParameters(raw: string): Parameterized {
  const [first = '', ...rest] = splitPieces(raw, 'after blank');
  const plain = new Map<string, string>();
  for (const piece of rest) {
    const equals = piece.indexOf('=');
    if (equals < 0) continue;
    const name = piece.slice(0, equals).trim().toLowerCase();
    if (name !== '' && !plain.has(name)) plain.set(name, piece.slice(equals + 1).trim());
  }
  return { value: first.trim().toLowerCase(), parameters: joinContinuations(plain) };
}

interface Splitting {
  readonly pieces: string[];
  piece: string;
  quoted: boolean;
  depth: number;
}

/**
 * Pieces between semicolons, quotes and comments removed; one pass. In file names a parenthesis opens a comment only
 * after a blank: `name=report(1).xml` is what people write.
 */
export function splitPieces(raw: string, comments: 'anywhere' | 'after blank'): string[] {
  const state: Splitting = { pieces: [], piece: '', quoted: false, depth: 0 };
  for (let index = 0; index < raw.length; index += 1) {
    const letter = raw.charAt(index);
    const escapes = letter === '\\' && (state.quoted || state.depth > 0);
    if (escapes) index += 1;
    if (state.depth > 0) {
      if (!escapes) state.depth += letter === '(' ? 1 : letter === ')' ? -1 : 0;
    } else if (escapes) state.piece += raw.charAt(index);
    else {
      const opens = letter === '(' && (comments === 'anywhere' || /^[\s;]?$/.test(raw.charAt(index - 1)));
      takeLetter(state, letter, opens);
    }
  }
  return [...state.pieces, state.piece];
}

function takeLetter(state: Splitting, letter: string, opensComment: boolean): void {
  if (letter === '"') state.quoted = !state.quoted;
  else if (!state.quoted && opensComment) state.depth = 1;
  else if (!state.quoted && letter === ';') {
    state.pieces.push(state.piece);
    state.piece = '';
  } else state.piece += letter;
}

/** `name*0*=utf-8''a; name*1=b` becomes `name`; it wins over a plain `name` beside it (RFC 2231 section 3). */
function joinContinuations(plain: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const joined = new Map<string, string>();
  for (const name of plain.keys()) {
    const base = /^([^*]+)\*(?:0\*?)?$/.exec(name)?.[1];
    if (base !== undefined && !joined.has(base)) joined.set(base, joinSegments(plain, base));
  }
  return new Map([...plain, ...joined]);
}

function joinSegments(plain: ReadonlyMap<string, string>, base: string): string {
  const single = plain.get(`${base}*`);
  const segments: { text: string; encoded: boolean }[] = single === undefined ? [] : [{ text: single, encoded: true }];
  for (let number = 0; segments.length < maxSegments && single === undefined; number += 1) {
    const encoded = plain.get(`${base}*${number}*`);
    const text = encoded ?? plain.get(`${base}*${number}`);
    if (text === undefined) break;
    segments.push({ text, encoded: encoded !== undefined });
  }
  const charset = /^([^']*)'[^']*'/.exec(segments[0]?.encoded === true ? segments[0].text : '');
  const bytes = segments.map(({ text, encoded }, index) => {
    const body = index === 0 && charset !== null ? text.slice(charset[0].length) : text;
    return encoded ? unescapeText(body) : Buffer.from(body, 'latin1');
  });
  return decodeAs(Buffer.concat(bytes), charset?.[1] ?? '');
}

/** Latin-1 view of UTF-8 again, so that every header text is alike; other charsets are decoded for display. */
function decodeAs(bytes: Buffer, charset: string): string {
  if (charset === '' || /^(utf-?8|us-ascii)$/i.test(charset)) return bytes.toString('latin1');
  try {
    return Buffer.from(new TextDecoder(charset).decode(bytes), 'utf8').toString('latin1');
  } catch {
    return bytes.toString('latin1');
  }
}
