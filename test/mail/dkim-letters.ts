import type { Clock } from '../../src/base/clock.js';
import { limits as standardLimits } from '../../src/config/limits.js';
import type { Limits } from '../../src/config/limits.js';
import { openSenderCheck } from '../../src/mail/mail.js';
import type { TxtResolver } from '../../src/mail/mail.js';
import type { RawMail } from '../../src/model/raw-mail.js';
import { makeKey, nameOf, recordOf, signMail, zoneOf } from '../support/dkim.js';
import type { Signing } from '../support/dkim.js';

export const arrived = 1_788_300_000;

/** Time stands still, and nobody waits. */
export const still: Clock = {
  now: () => arrived * 1000,
  sleep: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
};

export const key = makeKey('mx.example');
export const rsa = makeKey('mx.example', { type: 'rsa', selector: 'r1' });
export const zone = () => zoneOf({ [nameOf(key)]: recordOf(key), [nameOf(rsa)]: recordOf(rsa) });

export const letter = [
  'From: Reports <reports@mx.example>',
  'To: rua@example.org',
  'Subject: Report  domain: example.org',
  '\tSubmitter: mx.example',
  'Date: Tue, 01 Sep 2026 06:00:00 +0000',
  '',
  'first  line \t ',
  ' second line',
  '',
  'last line',
  '',
  '',
  '',
].join('\r\n');

export function rawOf(mail: string | Buffer): RawMail {
  const bytes = Buffer.isBuffer(mail) ? mail : Buffer.from(mail, 'latin1');
  const origin = { source: 'rua', folder: 'INBOX', uidValidity: 1, uid: 1, path: null };
  return { origin, content: { kind: 'bytes', bytes }, size: bytes.length, receivedAt: arrived };
}

export interface Given {
  readonly resolver?: TxtResolver;
  readonly limits?: Partial<Limits>;
  readonly authservIds?: readonly string[];
}

export function checkOf({ resolver = zone(), limits = {}, authservIds = [] }: Given = {}) {
  return openSenderCheck({ resolver, clock: still, limits: { ...standardLimits, ...limits }, authservIds });
}

export async function judged(mail: string | Buffer, given: Given = {}): Promise<string | null> {
  const [found] = await checkOf(given).check([rawOf(mail)]);
  return found?.authenticity ?? null;
}

export const signed = (more: Partial<Signing> = {}, mail = letter): string => signMail(mail, { key, ...more });
