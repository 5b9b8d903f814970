import { createHash, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { TxtResolver } from '../../src/mail/mail.js';

export interface TestKey {
  readonly domain: string;
  readonly selector: string;
  readonly type: 'rsa' | 'ed25519';
  readonly secret: KeyObject;
  /** Base64 of what `p=` holds. */
  readonly published: string;
}

export function makeKey(
  domain: string,
  options: { type?: 'rsa' | 'ed25519'; selector?: string; bits?: number } = {},
): TestKey {
  const { type = 'ed25519', selector = 's1', bits = 2048 } = options;
  const pair = type === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: bits }) : generateKeyPairSync('ed25519');
  const der = pair.publicKey.export({ format: 'der', type: 'spki' });
  const published = (type === 'rsa' ? der : der.subarray(-32)).toString('base64');
  return {
    domain,
    selector,
    type,
    secret: createPrivateKey(pair.privateKey.export({ format: 'pem', type: 'pkcs8' })),
    published,
  };
}

export const nameOf = ({ selector, domain }: TestKey): string => `${selector}._domainkey.${domain}`;
export const recordOf = ({ type, published }: TestKey, more = ''): string =>
  `v=DKIM1; k=${type};${more} p=${published}`;

/** A DNS zone by hand: names to TXT records, or to the code of an error. */
export function zoneOf(
  records: Readonly<Record<string, string | readonly string[] | Error>>,
): TxtResolver & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    txt: (name) => {
      asked.push(name);
      const found = records[name];
      if (found === undefined) return Promise.reject(dnsError('ENOTFOUND'));
      if (found instanceof Error) return Promise.reject(found);
      return Promise.resolve(typeof found === 'string' ? [found] : found);
    },
  };
}

export function dnsError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

export interface Signing {
  readonly key: TestKey;
  /** Tags beside those that every signature has, each ending in `;`. */
  readonly tags?: string;
  readonly signed?: readonly string[];
  readonly canon?: 'relaxed/relaxed' | 'simple/simple' | 'relaxed/simple' | 'simple/relaxed';
  readonly algorithm?: string;
}

/**
 * Puts a DKIM-Signature on top of a mail with CRLF line ends. Written from RFC 6376 apart from the program's own code, with
 * the plainest means: lines, one by one.
 */
export function signMail(mail: string, signing: Signing): string {
  const { key, tags = '', signed = ['From', 'To', 'Subject', 'Date'], canon = 'relaxed/relaxed' } = signing;
  const [head = '', ...rest] = mail.split('\r\n\r\n');
  const [headerCanon = '', bodyCanon = ''] = canon.split('/');
  const hash = createHash('sha256')
    .update(bodyText(rest.join('\r\n\r\n'), bodyCanon), 'latin1')
    .digest('base64');
  const algorithm = signing.algorithm ?? `${key.type}-sha256`;
  const own =
    `DKIM-Signature: v=1; a=${algorithm}; c=${canon}; d=${key.domain}; s=${key.selector};\r\n` +
    `\t${tags} h=${signed.join(':')};\r\n\tbh=${hash};\r\n\tb=`;
  const fields = head.split(/\r\n(?![ \t])/);
  const chosen = signed.flatMap((name, i) => {
    const before = signed.slice(0, i).filter((each) => each.toLowerCase() === name.toLowerCase()).length;
    const same = fields.filter((field) => field.toLowerCase().startsWith(`${name.toLowerCase()}:`)).reverse();
    return same[before] === undefined ? [] : [`${fieldText(same[before], headerCanon)}\r\n`];
  });
  const data = Buffer.from(chosen.join('') + fieldText(own, headerCanon), 'latin1');
  const value =
    key.type === 'rsa'
      ? sign('sha256', data, key.secret)
      : sign(null, createHash('sha256').update(data).digest(), key.secret);
  return `${own}${value.toString('base64').replace(/.{70}/g, '$&\r\n\t ')}\r\n${mail}`;
}

function bodyText(body: string, canon: string): string {
  const lines = body.split('\r\n');
  const own = canon === 'simple' ? lines : lines.map((line) => line.replace(/[ \t]+$/, '').replace(/[ \t]+/g, ' '));
  while (own.at(-1) === '') own.pop();
  if (own.length === 0) return canon === 'simple' ? '\r\n' : '';
  return own.map((line) => `${line}\r\n`).join('');
}

function fieldText(field: string, canon: string): string {
  if (canon === 'simple') return field;
  const colon = field.indexOf(':');
  const value = field
    .slice(colon + 1)
    .replaceAll('\r\n', '')
    .replace(/[ \t]+/g, ' ')
    .replace(/^ | $/g, '');
  return `${field.slice(0, colon).toLowerCase()}:${value}`;
}
