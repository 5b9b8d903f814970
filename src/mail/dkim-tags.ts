import { domainToASCII } from 'node:url';
import type { Canonicalization } from './dkim-canon.js';

/** `name=value` pairs of RFC 6376 section 3.2, values without outer blanks; null when malformed or when a name repeats. */
export function readTags(text: string): ReadonlyMap<string, string> | null {
  const tags = new Map<string, string>();
  const pieces = text.split(';');
  if (pieces.at(-1)?.trim() === '') pieces.pop();
  for (const piece of pieces) {
    const equals = piece.indexOf('=');
    const name = piece.slice(0, Math.max(0, equals)).trim();
    if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name) || tags.has(name)) return null;
    tags.set(name, piece.slice(equals + 1).trim());
  }
  return tags;
}

/** A DKIM-Signature that can be checked (RFC 6376 section 3.5). Times in Unix seconds. */
export interface Signature {
  readonly algorithm: 'rsa-sha256' | 'ed25519-sha256';
  readonly domain: string;
  readonly selector: string;
  /** Domain of the agent or user: `domain` or below it. */
  readonly identityDomain: string;
  readonly headerCanon: Canonicalization;
  readonly bodyCanon: Canonicalization;
  /** Names of signed fields, lower case. */
  readonly signed: readonly string[];
  readonly bodyHash: Buffer;
  readonly value: Buffer;
  /** Octets of the body that are signed; null: all. */
  readonly bodyLength: number | null;
  readonly expires: number | null;
}

/** The signing domain of a signature, well-formed or not: who it claims to speak for. */
export function claimedDomain(value: string): string | null {
  const domain = asciiName(readTags(value)?.get('d') ?? '');
  return domain === '' ? null : domain;
}

/** The signature, or in words why it cannot be one. */
export function readSignature(value: string): Signature | string {
  const tags = readTags(value);
  if (!tags) return 'its tags are malformed';
  const get = (name: string): string => (tags.get(name) ?? '').replace(/[ \t\r\n]+/g, '');
  const algorithm = get('a').toLowerCase();
  if (get('v') !== '1') return 'its version is not 1';
  if (algorithm !== 'rsa-sha256' && algorithm !== 'ed25519-sha256') return `the algorithm is not accepted`;
  const signed = get('h').toLowerCase().split(':');
  if (!signed.includes('from')) return 'From is not signed';
  const [headerCanon = '', bodyCanon = 'simple'] = (get('c') || 'simple').toLowerCase().split('/');
  if (!isCanon(headerCanon) || !isCanon(bodyCanon)) return 'its canonicalization is unknown';
  if (!(get('q') || 'dns/txt').split(':').includes('dns/txt')) return 'its key is not in DNS';
  const domain = asciiName(get('d'));
  const selector = asciiName(get('s'));
  const identityDomain = asciiName(get('i').slice(get('i').lastIndexOf('@') + 1)) || domain;
  if (domain === '' || selector === '') return 'it names no key';
  if (identityDomain !== domain && !identityDomain.endsWith(`.${domain}`)) return 'its identity is of another domain';
  const numbers = ['l', 'x'].map((name) => (tags.has(name) ? wholeNumber(get(name)) : null));
  const [bodyLength = null, expires = null] = numbers;
  if (numbers.some(Number.isNaN)) return 'a number in it is malformed';
  const bodyHash = Buffer.from(get('bh'), 'base64');
  const signature = Buffer.from(get('b'), 'base64');
  if (bodyHash.length !== 32 || signature.length === 0) return 'it holds no signature';
  return {
    algorithm, domain, selector, identityDomain, headerCanon, bodyCanon, signed, bodyHash, value: signature, bodyLength, expires,
  }; // prettier-ignore
}

function isCanon(word: string): word is Canonicalization {
  return word === 'simple' || word === 'relaxed';
}

function wholeNumber(text: string): number {
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
}

/** A name for DNS in lower-case ASCII; "" when it is none. */
function asciiName(name: string): string {
  const ascii = domainToASCII(name.trim().replace(/\.$/, '')).toLowerCase();
  return ascii.length <= 253 && /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(ascii) ? ascii : '';
}
