import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import PostalMime from 'postal-mime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Failure } from '../../src/base/failure.js';
import { limits } from '../../src/config/limits.js';
import type { Limits } from '../../src/config/limits.js';
import { looksLikeMail, readMail } from '../../src/mail/mail.js';
import type { ParsedMail } from '../../src/model/part.js';

const read = (mail: string | Buffer, lowered: Partial<Limits> = {}): Promise<ParsedMail> =>
  readMail({ kind: 'bytes', bytes: Buffer.from(mail) }, { authservIds: [] }, { ...limits, ...lowered });

const texts = (mail: ParsedMail): string[] =>
  mail.parts.map((part) => (part.content.kind === 'bytes' ? part.content.bytes.toString() : ''));
const numbers = (mail: ParsedMail): string[] => mail.parts.map((part) => part.number);
const codes = (mail: ParsedMail): string[] => mail.problems.map((problem) => problem.code);

const part = (text: string): string => `--b\r\n\r\n${text}\r\n`;
const mixed = (parts: readonly string[]): string =>
  `From: a@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${parts.join('')}--b--\r\n`;

/** A text inside `depth` multiparts. */
function nested(depth: number): string {
  if (depth === 0) return 'Content-Type: text/plain\r\n\r\ndeep';
  return `Content-Type: multipart/mixed; boundary=b${depth}\r\n\r\n--b${depth}\r\n${nested(depth - 1)}\r\n--b${depth}--\r\n`;
}

describe('bounds', () => {
  test('mailParts', async () => {
    const mail = mixed(['one', 'two', 'three'].map(part));
    expect(texts(await read(mail, { mailParts: 3 }))).toEqual(['one', 'two', 'three']);
    const past = await read(mail, { mailParts: 2 });
    expect(texts(past)).toEqual(['one', 'two']);
    expect(codes(past)).toEqual(['too-many-parts']);
  });

  test('mailDepth: deeper parts stay one part, undivided', async () => {
    expect(texts(await read(nested(3), { mailDepth: 3 }))).toEqual(['deep']);
    const past = await read(nested(3), { mailDepth: 2 });
    expect(numbers(past)).toEqual(['1.1']);
    expect(texts(past)[0]).toContain('--b1\r\n');
    expect(codes(past)).toContain('too-deep');
  });

  test('mailDepth counts mails inside mails', async () => {
    const inner = 'From: a@example.org\r\nSubject: x\r\n\r\ninner';
    const mail = `From: a@example.org\r\nContent-Type: message/rfc822\r\n\r\n${inner}`;
    expect(texts(await read(mail, { mailDepth: 1 }))).toEqual(['inner']);
    expect(texts(await read(mail, { mailDepth: 0 }))).toEqual([inner]);
  });

  test('mailHeaderBytes: fields past it are not read, the body is', async () => {
    const header = 'From: a@example.org\r\nSubject: kept';
    const mail = `${header}\r\nMessage-ID: <late@example.org>\r\n\r\nbody`;
    const bound = mail.indexOf('\r\n\r\n');
    expect((await read(mail, { mailHeaderBytes: bound })).messageId).toBe('<late@example.org>');
    const past = await read(mail, { mailHeaderBytes: bound - 1 });
    expect([past.subject, past.messageId, texts(past), codes(past)]).toEqual([
      'kept',
      null,
      ['body'],
      ['header-too-long'],
    ]);
  });

  test('mailBytes: only that much is read', async () => {
    const mail = 'From: a@example.org\r\n\r\nbody';
    expect(codes(await read(mail, { mailBytes: mail.length }))).toEqual([]);
    const past = await read(mail, { mailBytes: mail.length - 1 });
    expect([texts(past), codes(past)]).toEqual([['bod'], ['mail-too-long']]);
  });

  test('problems', async () => {
    const odd = part('x').replace('--b\r\n', '--b\r\nContent-Transfer-Encoding: odd\r\n');
    expect((await read(mixed([odd, odd, odd]), { problems: 2 })).problems).toHaveLength(2);
  });
});

describe('floods', () => {
  test('a million delimiters, headers, or levels end at the bounds', async () => {
    const storm = await read(mixed([part('x').repeat(300_000)]));
    expect(storm.parts).toHaveLength(limits.mailParts);
    const headers = await read(`${'X-A: 1\r\n'.repeat(1_000_000)}\r\nbody`);
    expect([texts(headers), codes(headers)]).toEqual([['body'], ['header-too-long']]);
    const folds = await read(`Subject: a\r\n${' b\r\n'.repeat(60_000)}\r\nbody`);
    expect(texts(folds)).toEqual(['body']);
    const levels = Array.from(
      { length: 20_000 },
      (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`,
    );
    expect((await read(levels.join(''))).parts).toHaveLength(1);
    const dashes = await read(
      `Content-Type: multipart/mixed; boundary=${'-'.repeat(900)}\r\n\r\n${'-'.repeat(3_000_000)}`,
    );
    expect(dashes.parts).toHaveLength(1);
  });

  test('parameters, comments and encoded words without end are read once', async () => {
    const value = `text/plain; ${'a="'.repeat(20_000)}; ${'('.repeat(20_000)}${'; x*1*=%'.repeat(10_000)}`;
    const mail = await read(
      `Content-Type: ${value}\r\nSubject: ${'=?utf-8?Q?'.repeat(10_000)}\r\nFrom: ${'<,('.repeat(20_000)}\r\n\r\nbody`,
    );
    expect(texts(mail)).toEqual(['body']);
  });
});

describe('structure', () => {
  test('nothing at all is a mail with one empty part', async () => {
    const mail = await read('');
    expect([numbers(mail), texts(mail), mail.mailClass]).toEqual([['1'], [''], 'not-a-report']);
  });

  test('one boundary used by a mail and the mail inside it loses no part', async () => {
    const mail = mixed([part('first'), `--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${part('second')}`]);
    expect(texts(await read(mail))).toEqual(['first', '', 'second']);
  });

  test('a boundary that another starts with does not end it', async () => {
    const mail = `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\n\r\none\r\n--bb--\r\n--b\r\n\r\ntwo\r\n--b--\r\n`;
    expect(texts(await read(mail))).toEqual(['one', 'two']);
  });

  test('digests hold mails without saying so', async () => {
    const mail = `Content-Type: multipart/digest; boundary=b\r\n\r\n${part('From: a@example.org\r\nSubject: x\r\n\r\none')}--b--`;
    const digest = await read(mail);
    expect([numbers(digest), texts(digest)]).toEqual([['1.1'], ['one']]);
  });

  test('text that starts like a header is text', async () => {
    const text = 'From: a@example.org\r\nSubject: x\r\n\r\nbody';
    expect(texts(await read(`Content-Type: text/plain\r\n\r\n${text}`))).toEqual([text]);
  });

  test('a bare CR cannot forge a header line', async () => {
    const mail = await readMail(
      {
        kind: 'bytes',
        bytes: Buffer.from(
          'From: a@example.org\r\nSubject: x\rAuthentication-Results: mx.example.org; dmarc=pass header.from=example.org\r\n\r\nbody',
        ),
      },
      { authservIds: ['mx.example.org'] },
    );
    expect(mail.authenticity).toBe('unverified');
  });

  test('several From fields or addresses verify nothing', async () => {
    const results = 'Authentication-Results: mx.example.org; dmarc=pass header.from=example.org\r\n';
    for (const from of ['From: a@example.org\r\nFrom: a@example.org\r\n', 'From: a@example.org, b@example.org\r\n']) {
      const bytes = Buffer.from(`${results}${from}\r\nbody`);
      expect((await readMail({ kind: 'bytes', bytes }, { authservIds: ['mx.example.org'] })).authenticity).toBe(
        'unverified',
      );
    }
  });
});

describe('files', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mail-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('a mail on disk is read as from memory; one that is gone is a Failure', async () => {
    const path = join(folder, 'a.eml');
    await writeFile(path, 'Subject: x\r\n\r\nbody');
    const options = { authservIds: [] };
    expect(texts(await readMail({ kind: 'file', path, size: 18 }, options))).toEqual(['body']);
    await expect(readMail({ kind: 'file', path: `${path}.gone`, size: 18 }, options)).rejects.toBeInstanceOf(Failure);
  });
});

describe('what looks like a mail', () => {
  test.each([
    'From a@example.org Tue Jan  2 00:00:00 2024\nX-A: 1\n',
    'Received: from x\r\n by y\r\n',
    'X-Spam: no\r\nSubject: x\r\n\r\n',
    '\r\nDate: now\r\n',
    '\ufeffSUBJECT : x',
  ])('%j does', (head) => {
    expect(looksLikeMail(Buffer.from(head))).toBe(true);
  });

  test.each([
    '',
    '<?xml version="1.0"?>\n<feedback>',
    '{"subject": "x"}',
    '\x1f\x8b\x08\0From: x',
    'PK\x03\x04From: x',
    'Dear sir,\nFrom: x',
    'Feedback-Type: auth-failure\r\n\r\nFrom: x',
    'Reporting-MTA: dns; mx.example.net\r\n',
  ])('%j does not', (head) => {
    expect(looksLikeMail(Buffer.from(head, 'latin1'))).toBe(false);
  });
});

describe('against another reader', () => {
  const leaf = fc.record({
    name: fc.stringMatching(/^[a-z]{1,12}\.gz$/),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }),
  });
  const wrap = (leaves: readonly { name: string; bytes: Uint8Array }[]): string =>
    mixed(
      leaves.map(
        ({ name, bytes }) =>
          `--b\r\nContent-Type: application/gzip; name="${name}"\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n` +
          `${Buffer.from(bytes).toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n`,
      ),
    );

  test('well-formed mails have the parts that postal-mime finds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(leaf, { minLength: 1, maxLength: 5 }), async (leaves) => {
        const raw = wrap(leaves);
        const theirs = (await PostalMime.parse(raw)).attachments.map(({ filename, content }) => [
          filename,
          Buffer.from(content as ArrayBuffer).toString('hex'),
        ]);
        const ours = (await read(raw)).parts.map(({ name, content }) => [
          name,
          content.kind === 'bytes' ? content.bytes.toString('hex') : '',
        ]);
        expect(ours).toEqual(theirs);
      }),
      { numRuns: 100 },
    );
  });

  const folder = join(import.meta.dirname, '../../fixtures/mail');
  const seeds = readdirSync(folder)
    .filter((name) => name.endsWith('.eml'))
    .map((name) => readFileSync(join(folder, name)));

  test('changed, cut and spliced mails never throw and keep within the bounds', async () => {
    const edit = fc.record({ at: fc.nat(4000), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...seeds),
        fc.constantFrom(...seeds),
        fc.array(edit, { maxLength: 8 }),
        fc.nat(4000),
        async (first, second, edits, cut) => {
          const bytes = Buffer.concat([first.subarray(0, cut), second.subarray(cut % second.length)]);
          for (const { at, byte } of edits) bytes[at % bytes.length] = byte;
          const mail = await read(bytes);
          expect(mail.parts.length).toBeLessThanOrEqual(limits.mailParts);
          expect(new Set(numbers(mail)).size).toBe(mail.parts.length);
        },
      ),
      { numRuns: 1500 },
    );
  });
});
