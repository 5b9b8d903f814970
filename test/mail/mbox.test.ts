import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Failure } from '../../src/base/failure.js';
import { limits } from '../../src/config/limits.js';
import { splitMbox } from '../../src/mail/mail.js';
import type { MboxMail } from '../../src/mail/mail.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mbox-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function split(text: string | Buffer, mailBytes: number = limits.mailBytes): Promise<MboxMail[]> {
  const path = join(folder, 'mbox');
  await writeFile(path, text);
  const mails: MboxMail[] = [];
  for await (const mail of splitMbox(path, { ...limits, mailBytes })) mails.push(mail);
  return mails;
}

const text = (mail: MboxMail | undefined): string | null =>
  mail?.content?.kind === 'bytes' ? mail.content.bytes.toString() : null;

const line = 'From a@example.org Tue Jan  2 00:00:00 2024\n';

test('mails are split at From lines, and each tells where it began', async () => {
  const mails = await split(`${line}Subject: 1\n\none\n\n${line}Subject: 2\n\ntwo\n`);
  expect(mails.map(text)).toEqual(['Subject: 1\n\none\n\n', 'Subject: 2\n\ntwo\n']);
  expect(mails.map(({ offset, size }) => [offset, size])).toEqual([
    [0, 17],
    [61, 16],
  ]);
});

test('CRLF files are split as well', async () => {
  const crlf = `${line}A: 1\n\none\n\n${line}A: 2\n\ntwo\n`.replaceAll('\n', '\r\n');
  expect((await split(crlf)).map(text)).toEqual(['A: 1\r\n\r\none\r\n\r\n', 'A: 2\r\n\r\ntwo\r\n']);
});

test('quoted From lines lose one mark; sentences and lines inside a paragraph split nothing', async () => {
  const body = `A: 1\n\n>From me\n>>From you\n\nFrom here on\nx\n${line}`;
  const [mail, ...more] = await split(`${line}${body}`);
  expect(more).toEqual([]);
  expect(text(mail)).toBe(`A: 1\n\nFrom me\n>From you\n\nFrom here on\nx\n${line}`);
});

test('a file without a From line is one mail, an empty file none', async () => {
  expect((await split('A: 1\n\nbody')).map(text)).toEqual(['A: 1\n\nbody']);
  expect(await split('')).toEqual([]);
});

test('a mail at the bound is whole, one byte more is only counted, and the next is read', async () => {
  const mbox = `${line}0123456789${'\n\n'}${line}ok\n`;
  expect((await split(mbox, 12)).map(text)).toEqual(['0123456789\n\n', 'ok\n']);
  const past = await split(mbox, 11);
  expect(past.map(text)).toEqual([null, 'ok\n']);
  expect(past[0]?.size).toBe(12);
});

test('lines longer than a chunk and many short lines arrive as they were', async () => {
  const long = `A: 1\n\n${'x'.repeat(200_000)}\nFrom \n${'\n'.repeat(100_000)}end`;
  expect((await split(`${line}${long}\n\n${line}B: 2\n`)).map(text)).toEqual([`${long}\n\n`, 'B: 2\n']);
});

test('a file that is gone is a Failure', async () => {
  await expect(splitMbox(join(folder, 'gone')).next()).rejects.toBeInstanceOf(Failure);
});

test.each(['\ufeff', '\n', '\r\n\r\n', '\ufeff\n'])('%j in front of the first mail is no mail', async (lead) => {
  const mails = await split(`${lead}${line}Subject: 1\n\none\n\n${line}Subject: 2\n\ntwo\n`);
  expect(mails.map(text)).toEqual(['Subject: 1\n\none\n\n', 'Subject: 2\n\ntwo\n']);
});
