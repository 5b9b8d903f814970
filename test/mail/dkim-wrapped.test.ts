import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/base/clock.js';
import { limits } from '../../src/config/limits.js';
import { openSenderCheck, readMail } from '../../src/mail/mail.js';
import { makeKey, nameOf, recordOf, signMail, zoneOf } from '../support/dkim.js';

const arrivedAt = 1_788_300_000;
const still: Clock = {
  now: () => arrivedAt * 1000,
  sleep: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
};

const key = makeKey('mx.example');
const senders = openSenderCheck({
  resolver: zoneOf({ [nameOf(key)]: recordOf(key) }),
  clock: still,
  limits,
  authservIds: [],
});

/** A mail that the reporter really signed, as strangers get one by the dozen. */
const genuine = signMail(
  [
    'From: Reports <reports@mx.example>',
    'To: somebody@example.net',
    'Subject: hello',
    'Date: Tue, 01 Sep 2026 06:00:00 +0000',
    'Content-Type: text/plain',
    '',
    'the words of the reporter',
    '',
  ].join('\r\n'),
  { key, signed: ['From', 'To', 'Subject', 'Date', 'Content-Type'] },
);

/** Whether the mail is shown to be from its sender, and the bytes of the parts that are read as reports. */
async function reading(mail: string): Promise<{ authenticity: string | undefined; parts: string }> {
  const bytes = Buffer.from(mail, 'latin1');
  const content = { kind: 'bytes', bytes } as const;
  const origin = { source: 'rua', folder: 'INBOX', uidValidity: 1, uid: 1, path: null };
  const [signed] = await senders.check([{ origin, content, size: bytes.length, receivedAt: arrivedAt }]);
  const { authenticity, parts } = await readMail(content, { authservIds: [], signed: signed ?? null });
  const texts = parts.map((part) => (part.content.kind === 'bytes' ? part.content.bytes.toString('latin1') : ''));
  return { authenticity, parts: texts.join('\n') };
}

const forged = 'the words of a stranger';

describe('a signed mail inside a stranger’s wrapping', () => {
  test('does not end its header at a field with a long name, which strangers may add', async () => {
    const long = `\r\n${'z'.repeat(201)}:\r\n\t${forged}\r\n\r\n`;
    const { authenticity, parts } = await reading(genuine.replace('\r\n\r\n', long));
    expect([authenticity, parts]).toEqual(['verified', 'the words of the reporter\r\n']);
  });

  test('verifies without the wrapping', async () => {
    expect(await reading(genuine)).toMatchObject({ authenticity: 'verified' });
  });

  test.each([
    [
      'lines that end in bare carriage returns, 64 KiB of them',
      forged,
      `X: y\rFrom: reports@mx.example\rDKIM-Signature: x\r\r${forged}\r${'z'.repeat(65_536)}\r\n${genuine}`,
    ],
    ['a second Content-Type', '', `Content-Type: multipart/mixed; boundary=x\r\n${genuine}`],
    ['a second From', '', `From: reports@mx.example\r\n${genuine}`],
    [
      'a second Content-Transfer-Encoding',
      '',
      `Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 8bit\r\n${genuine}`,
    ],
    ['a second Content-Disposition', '', `Content-Disposition: x\r\nContent-Disposition: y\r\n${genuine}`],
  ])('of %s is not verified', async (_, read, mail) => {
    const { authenticity, parts } = await reading(mail);
    expect(authenticity).toBe('unverified');
    expect(parts).toContain(read);
  });
});
