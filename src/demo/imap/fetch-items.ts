import type { Message } from './mailbox.js';
import { itemsOf, textOf, type Value } from './syntax.js';

/** One thing that FETCH can tell about a message. */
export interface FetchItem {
  /** Reading it marks the message as seen (RFC 3501 section 6.4.5). */
  readonly marksSeen: boolean;
  answer(message: Message): string | Buffer;
}

const quiet = (answer: (message: Message) => string | Buffer): FetchItem => ({ marksSeen: false, answer });

const simple: Readonly<Record<string, FetchItem>> = {
  UID: quiet((message) => `UID ${message.uid}`),
  FLAGS: quiet((message) => `FLAGS (${[...message.flags].join(' ')})`),
  INTERNALDATE: quiet((message) => `INTERNALDATE "${internalDate(message.receivedAt)}"`),
  'RFC822.SIZE': quiet((message) => `RFC822.SIZE ${message.raw.length}`),
  'RFC822.HEADER': quiet((message) => literal('RFC822.HEADER', headerOf(message.raw))),
};

const fast = ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE'];

/** Null when an item is not one that this server knows (it leaves out ENVELOPE and BODYSTRUCTURE). */
export function parseFetchItems(value: Value | undefined, byUid: boolean): readonly FetchItem[] | null {
  const names = itemsOf(value).map((item) => textOf(item) ?? '');
  const expanded = names.length === 1 && names[0]?.toUpperCase() === 'FAST' ? fast : names;
  const wanted = byUid && !expanded.some((name) => name.toUpperCase() === 'UID') ? ['UID', ...expanded] : expanded;
  const items = wanted.map((name) => simple[name.toUpperCase()] ?? bodyItem(name));
  const known = items.filter((item) => item !== null);
  return names.length > 0 && known.length === items.length ? known : null;
}

const body = /^BODY(\.PEEK)?\[(HEADER|TEXT|HEADER\.FIELDS \(([^()]*)\))?\](?:<(\d{1,10})(?:\.(\d{1,10}))?>)?$/i;

function bodyItem(name: string): FetchItem | null {
  const parts = body.exec(name);
  if (!parts) return null;
  const [, peek, section = '', fields = '', start, length] = parts;
  const label = `BODY[${section.toUpperCase()}]${start === undefined ? '' : `<${Number(start)}>`}`;
  return {
    marksSeen: peek === undefined,
    answer: ({ raw }) => {
      const bytes = sectionOf(raw, section.toUpperCase(), fields);
      if (start === undefined) return literal(label, bytes);
      const end = length === undefined ? bytes.length : Number(start) + Number(length);
      return literal(label, bytes.subarray(Number(start), end));
    },
  };
}

function sectionOf(raw: Buffer, section: string, fields: string): Buffer {
  if (section === '') return raw;
  const header = headerOf(raw);
  if (section === 'TEXT') return raw.subarray(header.length);
  return section === 'HEADER' ? header : headerFields(header, fields.toUpperCase().split(/\s+/));
}

/** The header with the empty line that ends it. */
function headerOf(raw: Buffer): Buffer {
  const end = raw.indexOf('\r\n\r\n');
  return end === -1 ? raw : raw.subarray(0, end + 4);
}

function headerFields(header: Buffer, wanted: readonly string[]): Buffer {
  const fields = header.toString('latin1').split(/\r\n(?![ \t])/);
  const found = fields.filter((field) => wanted.includes(field.slice(0, field.indexOf(':')).trim().toUpperCase()));
  return Buffer.from(`${found.join('\r\n')}${found.length > 0 ? '\r\n' : ''}\r\n`, 'latin1');
}

function literal(label: string, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${label} {${bytes.length}}\r\n`), bytes]);
}

/** `dd-Mmm-yyyy hh:mm:ss +0000` (RFC 3501 section 9, date-time). */
function internalDate(seconds: number): string {
  const [, day = '', month = '', year = '', time = ''] = new Date(seconds * 1000).toUTCString().split(' ');
  return `${day}-${month}-${year} ${time} +0000`;
}
