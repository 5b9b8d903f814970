import type { Random } from '../../src/demo/random.js';

/** Words that the readers of mails, containers and XML look for, as latin1 text. */
const words: readonly [string, ...string[]] = [
  ...(['<', '>', '&', '</', '/>', '<!--', '-->', '--', '<![CDATA[', ']]>', '<?', '?>', '<!DOCTYPE a [', ']>'] as const),
  ...[
    '<!ENTITY a "b">',
    '&a;',
    '&amp;',
    '&#0;',
    '&#x110000;',
    '&#65;',
    '&nbsp;',
    '&auml;',
    '&lt',
    '"',
    "'",
    '=',
    ' xmlns="',
  ],
  ...['<feedback>', '</feedback>', '<record>', '</record>', '<row>', '</row>', '<reason>', '</reason>', '<d:record>'],
  ...['<count>0</count>', '<count>-1</count>', '<count>99999999999999999999</count>', '<count>1e9</count>', '<count/>'],
  ...[
    '<source_ip>::ffff:198.51.100.1</source_ip>',
    '<source_ip>2001:DB8::1%eth0</source_ip>',
    '<source_ip>1</source_ip>',
  ],
  ...['<policy_evaluated>', '<dkim>PASS</dkim>', '<spf> Pass</spf>', '<auth_results>', '<identities>', '<extension>'],
  ...['<begin>1704067200.5</begin>', '<end>1704067200000</end>', '<date_range/>', '<pct>101</pct>', '<error>x</error>'],
  ...['<?xml version="1.0" encoding="utf-16"?>', 'encoding="windows-1252"', 'encoding="shift_jis"', 'encoding="utf-7"'],
  ...[
    '\xef\xbb\xbf',
    '\xff\xfe',
    '\xfe\xff',
    '\xc3',
    '\xe2\x82',
    '\xf0\x9d\x84\x9e',
    '\xed\xa0\x80',
    '\0',
    '\x1b',
    '\x7f',
  ],
  ...[
    '\r',
    '\n',
    '\r\n',
    '\r\n\r\n',
    '\n\n',
    '\t',
    ' ',
    '\v',
    '\f',
    '=\r\n',
    '=3D',
    '=',
    '%00',
    '--b',
    '--b--',
    '\r\n--',
  ],
  ...[
    'Content-Type: multipart/mixed; boundary=b\r\n',
    'Content-Type: message/rfc822\r\n\r\n',
    'boundary=""',
    'boundary=',
  ],
  ...['Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n', 'message/feedback-report'],
  ...[
    'Content-Transfer-Encoding: base64\r\n',
    'Content-Transfer-Encoding: quoted-printable\r\n',
    'x-uuencode',
    'binary',
  ],
  ...[
    "name*0*=utf-8''a",
    'name*1="b"',
    '=?utf-8?B?w7w=?=',
    '=?utf-8?Q?=?=',
    'From - Mon\n',
    'From: <>',
    '(',
    ')',
    ';',
    ':',
  ],
  ...['\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03', '\x1f\x8b', '\x78\x9c', '\x03\x00', '\x01\x00\x00\xff\xff'],
  ...[
    'PK\x03\x04',
    'PK\x01\x02',
    'PK\x05\x06',
    'PK\x06\x06',
    'PK\x06\x07',
    'PK\x07\x08',
    '\xff\xff\xff\xff',
    '\xff\xff',
  ],
  ...[
    'Rar!\x1a\x07',
    '7z\xbc\xaf\x27\x1c',
    'ustar',
    '\xd0\xcf\x11\xe0',
    '\x89PNG',
    '{"organization-name":"a","policies":[]}',
  ],
];

type Change = (random: Random, bytes: Buffer, other: Buffer) => Buffer;

/** A stretch of at most `longest` bytes: start and end. */
function stretch(random: Random, bytes: Buffer, longest = 200): [number, number] {
  const start = random.integer(bytes.length + 1);
  const length = random.integer(random.chance(0.2) ? bytes.length : longest);
  return [start, Math.min(bytes.length, start + length)];
}

/** The bytes with `middle` in place of what stands from `start` to `end`. */
function replaced(bytes: Buffer, start: number, end: number, middle: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, start), middle, bytes.subarray(end)]);
}

const flip: Change = (random, bytes) => {
  const changed = Buffer.from(bytes);
  for (let left = 1 + random.integer(8); left > 0 && changed.length > 0; left--) {
    const at = random.integer(changed.length);
    changed[at] = (changed[at] ?? 0) ^ (random.chance(0.5) ? 1 << random.integer(8) : random.integer(256));
  }
  return changed;
};

const insert: Change = (random, bytes) => {
  const at = random.integer(bytes.length + 1);
  const noise = Buffer.from(Array.from({ length: 1 + random.integer(8) }, () => random.integer(256)));
  return replaced(bytes, at, at, noise);
};

const insertWord: Change = (random, bytes) => {
  const at = random.integer(bytes.length + 1);
  return replaced(bytes, at, at, Buffer.from(random.pick(words), 'latin1'));
};

const isWordByte = (byte = 0) => (byte | 32) >= 97 || (byte >= 48 && byte <= 57) || byte === 95;

const replaceToken: Change = (random, bytes) => {
  let start = random.integer(bytes.length + 1);
  let end = start;
  while (start > 0 && isWordByte(bytes[start - 1])) start--;
  while (end < bytes.length && isWordByte(bytes[end])) end++;
  return replaced(bytes, start, end, Buffer.from(random.pick(words), 'latin1'));
};

const remove: Change = (random, bytes) => replaced(bytes, ...stretch(random, bytes), Buffer.alloc(0));

const duplicate: Change = (random, bytes) => {
  const [start, end] = stretch(random, bytes);
  return replaced(bytes, end, end, bytes.subarray(start, end));
};

const swap: Change = (random, bytes) => {
  const [first, second, third, fourth] = Array.from({ length: 4 }, () => random.integer(bytes.length + 1)).sort(
    (a, b) => a - b,
  );
  const piece = (from?: number, to?: number) => bytes.subarray(from, to);
  return Buffer.concat([
    piece(0, first),
    piece(third, fourth),
    piece(second, third),
    piece(first, second),
    piece(fourth),
  ]);
};

const truncate: Change = (random, bytes) => bytes.subarray(0, random.integer(bytes.length + 1));

const splice: Change = (random, bytes, other) => {
  const [start, end] = stretch(random, other, 2000);
  const at = random.integer(bytes.length + 1);
  const over = random.chance(0.5) ? at : Math.min(bytes.length, at + end - start);
  return replaced(bytes, at, over, other.subarray(start, end));
};

const run: Change = (random, bytes) => {
  const at = random.integer(bytes.length + 1);
  const word = Buffer.from(random.pick(words), 'latin1');
  const length = random.integer(random.chance(0.05) ? 100_000 : 3000);
  return replaced(bytes, at, at, Buffer.alloc(length, word));
};

const changes: readonly [Change, ...Change[]] = [
  ...([flip, insert, insertWord, insertWord, replaceToken, replaceToken, remove, duplicate] as const),
  ...[swap, truncate, splice, run],
];
const largest = 1024 * 1024;

/** `bytes` after one change; `other` gives pieces to put in. At most 1 MiB. */
export function changedOnce(random: Random, bytes: Buffer, other: Buffer): Buffer {
  return random.pick(changes)(random, bytes, other).subarray(0, largest);
}

/** `bytes` after one to six changes. */
export function mutated(random: Random, bytes: Buffer, other: Buffer): Buffer {
  let changed = bytes;
  for (let left = 1 + Math.min(random.integer(6), random.integer(6)); left > 0; left--) {
    changed = changedOnce(random, changed, other);
  }
  return changed;
}
