import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { expect, test } from 'vitest';
import { readMail } from '../../src/mail/mail.js';
import type { Part } from '../../src/model/part.js';

const folder = join(import.meta.dirname, '../../fixtures/mail');
const fixtures = readdirSync(folder).flatMap((name) => (name.endsWith('.eml') ? [name.slice(0, -4)] : []));

/** Where ours reads on purpose what postal-mime does not, or leaves out what it lists. */
const differs: Readonly<Record<string, string>> = {
  'base64-label-on-xml': 'what is in the clear is not decoded',
  'base64-then-list-footer': 'the footer is not decoded',
  'blanks-after-boundary-and-parts-after-its-end': 'parts after the end are read',
  'contenttype-typo': 'the typo is forgiven',
  'cr-only': 'bare CR ends lines where there is no LF',
  'disposition-twice': 'both fields count',
  'eml-as-octet-stream': 'a mail is opened under any label',
  'nested-mixed-related-alternative': 'Content-Description may carry the name',
  'no-content-type': 'the boundary is found without it',
  'quoted-printable-xml': 'blanks at line ends go (RFC 2045 section 6.7)',
  'rfc2231-missing-piece': 'pieces are joined up to the gap',
  'unindented-parameters': 'parameters need no indentation',
  'wrong-boundary': 'the boundary is found in the body',
  bounce: 'nothing of a bounce is handed on',
  'bounce-delivery-status-octet-stream': 'nothing of a bounce is handed on',
  'bounce-returns-a-report': 'nothing of a bounce is handed on',
  'bounce-without-report-type': 'nothing of a bounce is handed on',
  'digest-with-a-bounce': 'nothing of a bounce is handed on',
  'failure-report': 'nothing of a failure report is handed on',
  'failure-report-about-a-report': 'nothing of a failure report is handed on',
  'failure-report-base64': 'nothing of a failure report is handed on',
  'failure-report-quoted-printable': 'nothing of a failure report is handed on',
  'failure-report-brackets': 'nothing of a failure report is handed on',
  'failure-report-fields-missing': 'nothing of a failure report is handed on',
  'failure-report-linkedin': 'nothing of a failure report is handed on',
  'failure-report-list-wrapped': 'nothing of a failure report is handed on',
  'failure-report-message-id': 'nothing of a failure report is handed on',
  'feedback-part-without-report-type': 'nothing of a failure report is handed on',
};

/** Name and content, line ends alike: postal-mime makes its own of 7bit and 8bit parts. */
type Attachment = readonly [name: string | null, bytes: string];

const attachment = (name: string | null, bytes: Buffer): Attachment => [
  name,
  bytes.toString('latin1').replaceAll('\r\n', '\n').trimEnd(),
];

async function theirs(bytes: Buffer): Promise<Attachment[]> {
  const { attachments } = await PostalMime.parse(bytes);
  const found: Attachment[] = [];
  for (const { filename, mimeType, content } of attachments) {
    const inner = Buffer.from(content as ArrayBuffer);
    if (mimeType === 'message/rfc822') found.push(...(await theirs(inner)));
    else found.push(attachment(filename, inner));
  }
  return found;
}

/** Texts without a name are joined by postal-mime, and so not compared. */
const isBody = ({ name, type }: Part): boolean =>
  name === null && (type === null || type === 'text/plain' || type === 'text/html');

async function ours(bytes: Buffer): Promise<Attachment[]> {
  const { parts } = await readMail({ kind: 'bytes', bytes }, { authservIds: [] });
  return parts.flatMap((part) =>
    part.content.kind === 'bytes' && !isBody(part) ? [attachment(part.name, part.content.bytes)] : [],
  );
}

test.each(fixtures)('%s has the attachments that postal-mime finds, or a reason why not', async (name) => {
  const bytes = readFileSync(join(folder, `${name}.eml`));
  if (name in differs) expect(await ours(bytes)).not.toEqual(await theirs(bytes));
  else expect(await ours(bytes)).toEqual(await theirs(bytes));
});

test('every difference has its fixture', () => {
  expect(fixtures).toEqual(expect.arrayContaining(Object.keys(differs)));
});
