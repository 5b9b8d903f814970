/** A mail of about so many bytes, made to cost its reader more than its size. */
export type HostileMail = (bytes: number) => Buffer;

const from = 'From: a@example.org\r\n';
const multipart = (boundary: string): string => `Content-Type: multipart/mixed; boundary="${boundary}"\r\n\r\n`;
const mixed = `${from}${multipart('b')}`;

/** `head`, then `unit` as often as it fits, then `tail`. */
function filled(head: string, unit: string, bytes: number, tail = ''): Buffer {
  const body = Buffer.alloc(Math.max(0, bytes - head.length - tail.length), unit, 'latin1');
  return Buffer.concat([Buffer.from(head, 'latin1'), body, Buffer.from(tail, 'latin1')]);
}

/** The same, with numbered units. */
function counted(head: string, unit: (index: number) => string, bytes: number, tail = ''): Buffer {
  const pieces: string[] = [head];
  for (let index = 0, length = head.length + tail.length; length < bytes; index += 1) {
    const piece = unit(index);
    pieces.push(piece);
    length += piece.length;
  }
  return Buffer.from([...pieces, tail].join(''), 'latin1');
}

/** Parts whose headers are just below the bound, so that every header is read. */
const parts = (header: string, bytes: number): Buffer =>
  filled(mixed, `--b\r\n${header}\r\n\r\nx\r\n`, bytes, '\r\n--b--\r\n');
const longHeader = 200_000;
const long = (head: string, unit: string, tail = ''): string =>
  head + unit.repeat(Math.floor(longHeader / unit.length)) + tail;

const base64Part = `${mixed}--b\r\nContent-Type: application/gzip\r\nContent-Transfer-Encoding: base64\r\n\r\n`;
const quotedPart = `${mixed}--b\r\nContent-Type: text/xml\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n`;
const message = 'Content-Type: message/rfc822\r\n';

/** A mail in a mail, all encoded again, as deep as it goes. */
function encodedMessages(encoding: string, wrap: (inner: Buffer) => Buffer, levels: number, core: Buffer): Buffer {
  let mail = core;
  for (let level = 0; level < levels; level += 1) {
    const head = `${from}${message}Content-Transfer-Encoding: ${encoding}\r\n\r\n`;
    mail = Buffer.concat([Buffer.from(head), wrap(mail)]);
  }
  return mail;
}

const asBase64 = (inner: Buffer): Buffer => Buffer.from(inner.toString('base64'));
const asQuoted = (inner: Buffer): Buffer => Buffer.from(inner.toString('latin1').replaceAll('=', '=3D'));

/** By what they do. Time over them must grow with their size, and memory must not grow faster. */
export const hostileMails: Readonly<Record<string, HostileMail>> = {
  'header fields without end': (bytes) => filled(from, 'X-A: 1\r\n', bytes, '\r\n\r\nbody'),
  'folded lines without end': (bytes) => filled('Subject: a\r\n', ' b\r\n', bytes, '\r\n\r\nbody'),
  'one header line': (bytes) => filled(`${from}Subject: `, 'x', bytes, '\r\n\r\nbody'),
  'stray lines between fields': (bytes) => filled(from, 'no field\r\nX-A: 1\r\n', bytes, '\r\n\r\nbody'),
  'open parameters on unindented lines': (bytes) => filled('Content-Type: a/b;\r\n', 'c="d;\r\n', bytes),
  'a boundary on every line': (bytes) => filled(mixed, '--b\r\n', bytes),
  'closing boundaries only': (bytes) => filled(mixed, '--b--\r\n', bytes),
  'dashes on every line': (bytes) => filled(mixed, '--\r\n', bytes),
  'dashes in one line': (bytes) => filled(`${from}${multipart('-'.repeat(900))}`, '-', bytes),
  'lines that are nearly the boundary': (bytes) =>
    filled(`${from}${multipart('b'.repeat(900))}`, `--${'b'.repeat(899)}\r\n`, bytes),
  'boundaries without a header': (bytes) => filled(from, '--b\r\nContent-Type: a/b\r\n', bytes),
  'boundaries with blanks behind': (bytes) => filled(mixed, `--b${' '.repeat(500)}x\r\n`, bytes),
  'multiparts in multiparts': (bytes) => counted('', (i) => `${multipart(`b${i}`)}--b${i}\r\n`, bytes),
  'multiparts of one boundary': (bytes) => filled('', `${multipart('b')}--b\r\n`, bytes),
  'multiparts without a type': (bytes) => counted(from, (i) => `\r\n--b${i}\r\nContent-A: 1\r\n`, bytes),
  'mails in mails': (bytes) => filled(from, `${message}\r\n${from}`, bytes),
  'mails in mails in base64': (bytes) => encodedMessages('base64', asBase64, 12, filled(from, 'x', bytes * 0.75 ** 12)),
  'mails in mails in quoted-printable': (bytes) =>
    encodedMessages('quoted-printable', asQuoted, 18, filled(`${from}\r\n`, 'x', bytes)),
  'large headers in every part': (bytes) => parts(long('X-A: ', 'x'), bytes),
  'many fields in every part': (bytes) => parts(long('X-A: 1\r\n', 'X-A: 1\r\n').trimEnd(), bytes),
  'many fields in every mail of a digest': (bytes) =>
    filled(
      `${from}${multipart('b').replace('mixed', 'digest')}`,
      `--b\r\n\r\n${from}${long('', 'X-A: 1\r\n')}\r\nx\r\n`,
      bytes,
    ),
  'split names in every part': (bytes) => parts(`Content-Disposition: a${splitName(14_000)}`, bytes),
  'one name split into 99,999': (bytes) =>
    filled(`${mixed}--b\r\nContent-Type: a/b${splitName(99_999)}\r\n\r\n`, 'x', bytes),
  'parameters in every part': (bytes) => parts(long('Content-Type: a/b', ';a=b'), bytes),
  'quotes without end': (bytes) => parts(long('Content-Type: a/b; name="', '\\"'), bytes),
  'comments without end': (bytes) => parts(long('Content-Type: a/b; ', '('), bytes),
  'encoded words in every part': (bytes) => parts(long('Content-Type: a/b; name="', '=?utf-8?Q?=', '"'), bytes),
  'blanks in every part': (bytes) => parts(long('Content-Transfer-Encoding:', ' ', 'x'), bytes),
  'encoded words in the subject': (bytes) =>
    filled(`${from}Subject: ${'=?utf-8?B?'.repeat(20_000)}\r\n\r\n`, 'x', bytes),
  'addresses in From': (bytes) => filled(`From: ${'<,('.repeat(60_000)}\r\n\r\n`, 'x', bytes),
  'authentication results': (bytes) =>
    filled(`${'Authentication-Results: mx.example.org; dmarc   (\r\n'.repeat(4_000)}${from}\r\n`, 'x', bytes),
  'base64 in one line': (bytes) => filled(base64Part, 'QUJD', bytes),
  'base64 of paddings': (bytes) => filled(base64Part, '=', bytes),
  'base64 in single letters': (bytes) => filled(base64Part, 'Q=', bytes),
  'base64 of blanks': (bytes) => filled(base64Part, ' \t\r\n', bytes),
  'base64 of other characters': (bytes) => filled(base64Part, '!', bytes),
  'quoted-printable escapes': (bytes) => filled(quotedPart, '=3D', bytes),
  'quoted-printable blanks': (bytes) => filled(quotedPart, '=   ', bytes),
  'quoted-printable in one line': (bytes) => filled(quotedPart, ' ', bytes),
  'carriage returns only': (bytes) => filled(mixed.replaceAll('\r\n', '\r'), '--b\r\r', bytes),
  'zero bytes': (bytes) => filled('', '\0', bytes),
  'line feeds': (bytes) => filled('', '\n', bytes),
  colons: (bytes) => filled('', ':', bytes),
  'blank lines in every part': (bytes) => filled(mixed, `--b\r\n\r\n${'\n'.repeat(60_000)}\r\n`, bytes),
  'angle brackets in every part': (bytes) => filled(mixed, `--b\r\n\r\n${'<'.repeat(60_000)}\r\n`, bytes),
  'texts that nearly are notices': (bytes) => filled(`${from}\r\n`, 'Report-Domain \t', bytes),
};

/** `; filename*0=x; filename*1=x; …` */
function splitName(pieces: number): string {
  return Array.from({ length: pieces }, (_, index) => `;filename*${index}=x`).join('');
}
