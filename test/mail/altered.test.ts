import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/base/clock.js';
import { limits } from '../../src/config/limits.js';
import { openSenderCheck } from '../../src/mail/mail.js';
import type { RawMail } from '../../src/model/raw-mail.js';
import { makeKey, nameOf, recordOf, signMail, zoneOf } from '../support/dkim.js';

const arrived = 1_788_300_000;

/** Time stands still, and nobody waits. */
const still: Clock = {
  now: () => arrived * 1000,
  sleep: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
};

const key = makeKey('mx.example');
const resolver = zoneOf({ [nameOf(key)]: recordOf(key) });
const letter = ['From: reports@mx.example', 'To: rua@example.org', '', 'last line', ''].join('\r\n');
const signed = signMail(letter, { key });

function rawOf(mail: string): RawMail {
  const bytes = Buffer.from(mail, 'latin1');
  const origin = { source: 'rua', folder: 'INBOX', uidValidity: 1, uid: 1, path: null };
  return { origin, content: { kind: 'bytes', bytes }, size: bytes.length, receivedAt: arrived };
}

describe('most of the newest signed mails of a mailbox being altered', () => {
  const good = rawOf(signed);
  const bad = rawOf(signed.replace('last line', 'lost line'));
  const told = async (mails: readonly RawMail[]) => {
    const mailboxes: string[] = [];
    const news = { answering: () => undefined, altered: (mailbox: string) => void mailboxes.push(mailbox) };
    const senders = openSenderCheck({ resolver, clock: still, limits, authservIds: [], news });
    for (const each of mails) await senders.check([each]);
    return mailboxes;
  };
  const times = (count: number, mail: RawMail) => Array.from({ length: count }, () => mail);

  test('is told once, from the fifth signed mail on', async () => {
    expect(await told(times(4, bad))).toEqual([]);
    expect(await told(times(5, bad))).toEqual(['rua']);
    expect(await told(times(30, bad))).toEqual(['rua']);
  });

  test('is not told of half, nor of unsigned mails', async () => {
    expect(await told([...times(3, good), ...times(3, bad)])).toEqual([]);
    expect(await told([...times(3, good), ...times(4, bad)])).toEqual(['rua']);
    expect(await told(times(30, rawOf(letter)))).toEqual([]);
  });

  test('is judged by the newest twenty', async () => {
    expect(await told([...times(40, good), ...times(10, bad)])).toEqual([]);
    expect(await told([...times(40, good), ...times(11, bad)])).toEqual(['rua']);
  });

  test('is told for each mailbox by itself', async () => {
    const other = { ...bad, origin: { ...bad.origin, source: 'other' } };
    expect(await told([...times(3, bad), ...times(3, other)])).toEqual([]);
    expect(await told([...times(5, bad), ...times(5, other)])).toEqual(['rua', 'other']);
  });
});
