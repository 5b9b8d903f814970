import type { RawField } from './raw-fields.js';

/** RFC 6376 section 3.4. */
export type Canonicalization = 'simple' | 'relaxed';

/** A body as it is hashed: Latin-1 view, lines end in CRLF. Files of mail folders have bare LF, which the sender's had not. */
export function canonicalBody(body: Buffer, kind: Canonicalization): string {
  const lines = body.toString('latin1').replace(/\r?\n/g, '\r\n');
  const text = kind === 'simple' ? lines : lines.replace(/[ \t]+/g, ' ').replace(/ (?=\r\n)/g, '');
  const whole = kind === 'relaxed' && text.endsWith(' ') ? text.slice(0, -1) : text;
  let end = whole.length;
  while (whole.startsWith('\r\n', end - 2) && end >= 2) end -= 2;
  if (end === 0) return kind === 'simple' ? '\r\n' : '';
  return `${whole.slice(0, end)}\r\n`;
}

/** A header field as it is hashed, without the CRLF behind it. Only blanks and tabs are blanks: the end of a UTF-8 letter may look like another. */
export function canonicalField({ name, text }: RawField, kind: Canonicalization): string {
  if (kind === 'simple') return text;
  const value = text.slice(text.indexOf(':') + 1).replace(/\r\n/g, '');
  return `${name}:${value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '')}`;
}
