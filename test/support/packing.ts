import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import type { Random } from '../../src/demo/random.js';

type Packing = (bytes: Buffer) => Buffer;

const gzip: Packing = (bytes) => gzipSync(bytes, { level: 1 });
const zip: Packing = (bytes) => Buffer.from(zipSync({ 'report.xml': bytes }, { level: 1, mtime: '2024-01-01' }));
const zlib: Packing = (bytes) => deflateSync(bytes, { level: 1 });
const deflate: Packing = (bytes) => deflateRawSync(bytes, { level: 1 });

function mailWith(type: string, encoding: string, body: Buffer): Buffer {
  const head = ['From: reports@mx.example', 'To: dmarc@example.org', 'MIME-Version: 1.0'];
  const part = [`Content-Type: ${type}; name="report"`, `Content-Transfer-Encoding: ${encoding}`, '', ''].join('\r\n');
  if (type.startsWith('text')) return Buffer.concat([Buffer.from([...head, part].join('\r\n')), body]);
  const open = [...head, 'Content-Type: multipart/mixed; boundary=b', '', '--b', part].join('\r\n');
  return Buffer.concat([Buffer.from(open), body, Buffer.from('\r\n--b--\r\n')]);
}

const base64 = (bytes: Buffer): Buffer => Buffer.from(bytes.toString('base64').replace(/(.{76})/g, '$1\r\n'));

const quoted = (bytes: Buffer): Buffer =>
  Buffer.from(
    bytes
      .toString('latin1')
      .replace(/[^\n\r -<>-~]/g, (char) => `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`),
  );

const gzipMail: Packing = (bytes) => mailWith('application/gzip', 'base64', base64(gzip(bytes)));
const zipMail: Packing = (bytes) => mailWith('application/zip', 'base64', base64(zip(bytes)));
const quotedMail: Packing = (bytes) => mailWith('text/xml', 'quoted-printable', quoted(bytes));
const plainMail: Packing = (bytes) => mailWith('application/xml', '8bit', bytes);
const binaryMail: Packing = (bytes) => mailWith('application/octet-stream', 'binary', gzip(bytes));

const packings: readonly [Packing, ...Packing[]] = [
  ...([gzip, zip, zlib, deflate, gzipMail, zipMail, quotedMail, plainMail, binaryMail] as const),
  (bytes) => zip(gzip(bytes)),
];

/** The bytes in one of the ways that reports travel in: a container, a mail, a container in a mail. */
export function packed(random: Random, bytes: Buffer): Buffer {
  return random.pick(packings)(bytes);
}
