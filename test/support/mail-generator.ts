import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { reportXml } from './report-generator.js';

/** A node of the MIME tree: its header fields and its body, as latin1 text. */
interface Node {
  readonly head: readonly string[];
  readonly body: string;
}

const lineEnd = fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r');
const fileName = fc.constantFrom('mx.example!example.org!1704067200!1704153599.xml.gz', 'r.zip', '', 'a"b.xml', 'ü.gz');
const kind = fc.constantFrom(
  'application/gzip',
  'application/zip',
  'text/xml',
  'text/plain',
  'application/octet-stream',
  'a',
);
const multipartKind = fc.constantFrom('mixed', 'related', 'alternative', 'digest', 'signed', 'report; report-type="x"');

const content: fc.Arbitrary<Buffer> = fc.oneof(
  reportXml.map((xml) => Buffer.from(xml)),
  reportXml.map((xml) => gzipSync(xml)),
  fc
    .constantFrom('see attachment', '', '--b', 'Reporting-MTA: dns; mx.example\r\n', '{"policies":[],"report-id":"1"}')
    .map(Buffer.from),
);

function encoded(bytes: Buffer, encoding: string): string {
  if (encoding === 'base64') return bytes.toString('base64').replace(/.{1,76}/g, '$&\r\n');
  if (encoding !== 'quoted-printable') return bytes.toString('latin1');
  const escaped = [...bytes].map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`);
  return escaped.join('').replace(/.{1,75}/g, '$&=\r\n');
}

const leaf: fc.Arbitrary<Node> = fc
  .tuple(content, kind, fc.constantFrom('base64', 'base64', 'quoted-printable', '8bit', 'binary', 'x-odd'), fileName)
  .map(([bytes, type, encoding, name]) => ({
    head: [
      `Content-Type: ${type};\r\n\tname="${name}"`,
      `Content-Transfer-Encoding: ${encoding}`,
      `Content-Disposition: attachment; filename*0="${name.slice(0, 9)}"; filename*1="${name.slice(9)}"`,
    ],
    body: encoded(bytes, encoding),
  }));

function multipart(children: fc.Arbitrary<Node>): fc.Arbitrary<Node> {
  return fc
    .tuple(
      multipartKind,
      fc.constantFrom('b', 'b b', '=_b', 'b'.repeat(70)),
      fc.array(children, { maxLength: 3 }),
      fc.boolean(),
    )
    .map(([type, boundary, parts, isClosed]) => ({
      head: [`Content-Type: multipart/${type}; boundary="${boundary}"`],
      body: [
        ...parts.map((part) => `--${boundary}\r\n${written(part)}\r\n`),
        isClosed ? `--${boundary}--\r\n` : '',
      ].join(''),
    }));
}

function written({ head, body }: Node): string {
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

const { node } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    multipart(tie('node')),
    multipart(tie('node')),
    tie('node').map((inner) => ({
      head: ['Content-Type: message/rfc822'],
      body: `From: a@mx.example\r\n${written(inner)}`,
    })),
  ),
}));

const topFields = fc.subarray([
  'From: reports@mx.example',
  'To: dmarc@example.org',
  'Subject: =?utf-8?Q?Report_domain=3A?=\r\n example.org Submitter: mx.example',
  'Message-ID: <1@mx.example>',
  'MIME-Version: 1.0',
  'Auto-Submitted: auto-generated',
  'Authentication-Results: mx.example; dmarc=pass header.from=mx.example',
  'Return-Path: <>',
]);

/** Mails of every shape: trees of multiparts and mails, with reports in some of their leaves. */
export const reportMail: fc.Arbitrary<Buffer> = fc
  .tuple(topFields, node, lineEnd)
  .map(([fields, { head, body }, end]) =>
    Buffer.from(
      written({ head: ['Received: from mx.example', ...fields, ...head], body }).replaceAll('\r\n', end),
      'latin1',
    ),
  );
