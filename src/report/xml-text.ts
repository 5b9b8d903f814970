import { isAscii, isUtf8 } from 'node:buffer';

/** Codes of what was mended in a text. */
export type TextFault =
  'not-utf8' | 'bare-ampersand' | 'html-entity' | 'unknown-entity' | 'bad-reference' | 'control-character';

/** What the bytes 0x80 to 0x9f are in windows-1252; five are unassigned and stay as they are. */
const windows1252 =
  '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f' +
  '\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178';

/** Node's own decoder of this name is plain latin1 in some releases. */
export function decodeWindows1252(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[\u0080-\u009f]/g, (char) => windows1252.charAt(char.charCodeAt(0) - 0x80));
}

/** UTF-8, or what is not UTF-8 as windows-1252. A byte more or less never decides over the rest of the document. */
export function decodeBytes(bytes: Buffer, note: (fault: TextFault, detail: string) => void): string {
  if (isAscii(bytes)) return bytes.toString('latin1');
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const text = decodeWindows1252(bytes);
  note('not-utf8', text);
  return text;
}

const reference = /&(?:#x([0-9a-f]{1,8})|#([0-9]{1,8})|([a-z][a-z0-9]{1,7}));|&/gi;
const ownEntities = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);
/** Entities of HTML that no report declares and some texts use. */
const htmlEntities = new Map([
  ['nbsp', ' '],
  ['copy', '\u00a9'],
  ['reg', '\u00ae'],
  ['auml', '\u00e4'],
  ['ouml', '\u00f6'],
  ['uuml', '\u00fc'],
  ['Auml', '\u00c4'],
  ['Ouml', '\u00d6'],
  ['Uuml', '\u00dc'],
  ['szlig', '\u00df'],
  ['eacute', '\u00e9'],
  ['egrave', '\u00e8'],
  ['ntilde', '\u00f1'],
  ['ccedil', '\u00e7'],
  ['hellip', '\u2026'],
  ['ndash', '\u2013'],
  ['mdash', '\u2014'],
  ['laquo', '\u00ab'],
  ['raquo', '\u00bb'],
]);

/** Replaces character references and the entities that need no declaration. Nothing is ever expanded twice; what is unknown stays as it is. */
export function decodeReferences(text: string, note: (fault: TextFault, detail: string) => void): string {
  if (!text.includes('&')) return text;
  let hasBare = false;
  const decoded = text.replace(reference, (whole: string, hex?: string, decimal?: string, entity?: string) => {
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    if (hex !== undefined || decimal !== undefined) return characterOf(code, whole, note);
    if (entity !== undefined) return ownEntities.get(entity) ?? htmlEntity(entity, whole, note);
    hasBare = true;
    return whole;
  });
  if (hasBare) note('bare-ampersand', text);
  return decoded;
}

function htmlEntity(entity: string, whole: string, note: (fault: TextFault, detail: string) => void): string {
  const text = htmlEntities.get(entity);
  note(text === undefined ? 'unknown-entity' : 'html-entity', whole);
  return text ?? whole;
}

function characterOf(code: number, whole: string, note: (fault: TextFault, detail: string) => void): string {
  const surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code !== 0 && !surrogate && code <= 0x10ffff) return String.fromCodePoint(code);
  note('bad-reference', whole);
  return '\ufffd';
}

/* eslint-disable no-control-regex -- control characters are what this is about */
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;
const untidy = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
/* eslint-enable no-control-regex */

/** Line ends as \n, without white space around it. A control character is replaced, not left out: that could make a word of two halves. */
export function tidyText(text: string, note: (fault: TextFault, detail: string) => void): string {
  if (!untidy.test(text)) return text.trim();
  const clean = text.replace(control, '\ufffd');
  if (clean !== text) note('control-character', text);
  return clean.replace(/\r\n?/g, '\n').trim();
}
