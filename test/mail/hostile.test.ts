import { describe, expect, test } from 'vitest';
import { limits } from '../../src/config/limits.js';
import { readMail } from '../../src/mail/mail.js';
import type { ParsedMail } from '../../src/model/part.js';
import { hostileMails } from '../support/hostile-mails.js';

const mib = 1024 * 1024;

const read = (bytes: Buffer): Promise<ParsedMail> =>
  readMail({ kind: 'bytes', bytes }, { authservIds: ['mx.example.org'] });

const codes = (mail: ParsedMail): string[] => mail.problems.map(({ code }) => code);
const bytesOf = (mail: ParsedMail): number =>
  mail.parts.reduce((sum, { content }) => sum + (content.kind === 'bytes' ? content.bytes.length : 0), 0);

describe('a hostile mail', () => {
  test.each(Object.entries(hostileMails))('of %s gives no more than it brings', async (_, make) => {
    const bytes = make(2 * mib);
    expect(bytes.length).toBeGreaterThan(1.9 * mib);
    expect(bytes.length).toBeLessThan(2.5 * mib);
    const mail = await read(bytes);
    expect(mail.parts.length).toBeGreaterThan(0);
    expect(mail.parts.length).toBeLessThanOrEqual(limits.mailParts);
    expect(mail.problems.length).toBeLessThanOrEqual(limits.problems);
    expect(bytesOf(mail)).toBeLessThanOrEqual(bytes.length);
  });
});

/** A text inside `levels` multiparts. */
function inMultiparts(levels: number, text: Buffer): Buffer {
  const head = Array.from(
    { length: levels },
    (_, index) => `Content-Type: multipart/mixed; boundary=b${index}\r\n\r\n--b${index}\r\n`,
  );
  const tail = Array.from({ length: levels }, (_, index) => `\r\n--b${levels - 1 - index}--`);
  return Buffer.concat([Buffer.from(`${head.join('')}\r\n`), text, Buffer.from(tail.join(''))]);
}

/** A text inside `levels` mails, each of them encoded. */
function inEncodedMails(levels: number, text: Buffer): Buffer {
  const head =
    'From: a@example.org\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n';
  let mail = Buffer.concat([Buffer.from('From: a@example.org\r\n\r\n'), text]);
  for (let level = 0; level < levels; level += 1) mail = Buffer.concat([Buffer.from(head), mail]);
  return mail;
}

describe('the same bytes', () => {
  test('are searched for boundaries once a level, at most eight times and a megabyte', async () => {
    const text = Buffer.alloc(2 * mib, 'x');
    const deep = await read(inMultiparts(8, text));
    expect([codes(deep), bytesOf(deep)]).toEqual([[], text.length]);
    expect(codes(await read(inMultiparts(9, text)))).toEqual(['too-deep']);
    const small = Buffer.from('x');
    expect(bytesOf(await read(inMultiparts(limits.mailDepth, small)))).toBe(1);
  });

  test('are copied for at most two encoded mails around them and a megabyte', async () => {
    const text = Buffer.alloc(2 * mib, 'x');
    const twice = await read(inEncodedMails(2, text));
    expect([codes(twice), bytesOf(twice)]).toEqual([[], text.length]);
    expect(codes(await read(inEncodedMails(3, text)))).toEqual(['too-deep']);
    const small = Buffer.from('x');
    expect(bytesOf(await read(inEncodedMails(limits.mailDepth, small)))).toBe(1);
  });
});

const named = (parameters: string): Buffer =>
  Buffer.from(`From: a@example.org\r\nContent-Type: text/xml${parameters}\r\n\r\nx`);
const splitName = (pieces: number): string =>
  Array.from({ length: pieces }, (_, index) => `; name*${index}=x`).join('');
const nameOf = async (mail: Buffer): Promise<string | null | undefined> => (await read(mail)).parts[0]?.name;

describe('names and boundaries', () => {
  test('of up to 100 pieces are joined', async () => {
    expect(await nameOf(named(splitName(100)))).toBe('x'.repeat(100));
    expect(await nameOf(named(splitName(101)))).toBe('x'.repeat(100));
  });

  test('are cut at 255 characters', async () => {
    expect(await nameOf(named(`; name=${'x'.repeat(255)}`))).toBe('x'.repeat(255));
    expect(await nameOf(named(`; name=${'x'.repeat(256)}`))).toBe(`${'x'.repeat(254)}…`);
  });

  test('a boundary longer than a line is none', async () => {
    const mail = (length: number): Buffer => {
      const boundary = 'b'.repeat(length);
      const head = `From: a@example.org\r\nContent-Type: multipart/mixed; boundary=${boundary}\r\n\r\n`;
      return Buffer.from(`${head}--${boundary}\r\n\r\none\r\n--${boundary}--\r\n`);
    };
    expect(codes(await read(mail(998)))).toEqual([]);
    expect(codes(await read(mail(999)))).toEqual(['no-boundary']);
  });

  test('a subject is cut at 500 characters', async () => {
    const subject = async (length: number) =>
      (await read(Buffer.from(`Subject: ${'x'.repeat(length)}\r\n\r\n`))).subject;
    expect(await subject(500)).toBe('x'.repeat(500));
    expect(await subject(501)).toBe(`${'x'.repeat(499)}…`);
  });
});

describe('base64', () => {
  test('in pieces of one byte, each with its padding, is whole however many there are', async () => {
    const bytes = Buffer.from(
      `From: a@example.org\r\nContent-Transfer-Encoding: base64\r\n\r\n${'QQ==\r\n'.repeat(100_000)}`,
    );
    const mail = await read(bytes);
    expect(mail.parts[0]?.content).toEqual({ kind: 'bytes', bytes: Buffer.alloc(100_000, 'A') });
    expect(codes(mail)).toEqual(['bad-base64']);
  });

  test('that ends in the middle of a letter drops the rest of it', async () => {
    const bytes = Buffer.from('From: a@example.org\r\nContent-Transfer-Encoding: base64\r\n\r\nQUI=QUJDQ\r\n');
    expect((await read(bytes)).parts[0]?.content).toEqual({ kind: 'bytes', bytes: Buffer.from('ABABC') });
  });
});
