import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readTags } from './dkim-tags.js';
import type { Signature } from './dkim-tags.js';

/** A key that a domain publishes for signatures of one kind (RFC 6376 section 3.6.1, RFC 8463). */
export interface SigningKey {
  readonly key: KeyObject;
  readonly type: 'rsa' | 'ed25519';
  /** Only for the very domain, not for those below it. */
  readonly strict: boolean;
  /** The domain tries DKIM out: a failure means nothing. */
  readonly testing: boolean;
}

/** RFC 8301 section 3.2: shorter keys are not to be believed. Longer ones cost time and nobody has them. */
const rsaBits = { least: 1024, most: 8192 };

/** The key of a TXT record, or in words why there is none. */
export function readKey(record: string): SigningKey | string {
  const tags = readTags(record);
  if (!tags) return 'the key record is malformed';
  const list = (name: string, preset: string): string[] =>
    (tags.get(name) ?? preset).split(':').map((word) => word.trim().toLowerCase());
  if ((tags.get('v') ?? 'DKIM1') !== 'DKIM1') return 'the key record is of another version';
  const type = (tags.get('k') ?? 'rsa').toLowerCase();
  if (type !== 'rsa' && type !== 'ed25519') return 'the key is of an unknown kind';
  if (!list('h', 'sha256').includes('sha256')) return 'the key is not for SHA-256';
  if (!list('s', '*').some((service) => service === '*' || service === 'email')) return 'the key is not for mail';
  const value = (tags.get('p') ?? '').replace(/[ \t\r\n]+/g, '');
  if (value === '') return 'the key is revoked';
  const key = keyOf(type, Buffer.from(value, 'base64'));
  if (!key) return 'the key cannot be read, or has a length that is not accepted';
  const flags = list('t', '');
  return { key, type, strict: flags.includes('s'), testing: flags.includes('y') };
}

/** What stands before the 32 bytes of an Ed25519 key in DER (RFC 8410 section 4). */
const ed25519Head = Buffer.from('302a300506032b6570032100', 'hex');

function keyOf(type: SigningKey['type'], bytes: Buffer): KeyObject | null {
  try {
    if (type === 'ed25519') {
      if (bytes.length !== 32) return null;
      return createPublicKey({ key: Buffer.concat([ed25519Head, bytes]), format: 'der', type: 'spki' });
    }
    const key = rsaKey(bytes);
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
    return key.asymmetricKeyType === 'rsa' && bits >= rsaBits.least && bits <= rsaBits.most ? key : null;
  } catch {
    return null;
  }
}

/** Both forms are published. */
function rsaKey(bytes: Buffer): KeyObject {
  try {
    return createPublicKey({ key: bytes, format: 'der', type: 'spki' });
  } catch {
    return createPublicKey({ key: bytes, format: 'der', type: 'pkcs1' });
  }
}

/** Why this key cannot speak for this signature; null when it can. */
export function misfit(key: SigningKey, signature: Signature): string | null {
  if (key.type !== signature.algorithm.slice(0, -'-sha256'.length)) return 'the key is of another kind';
  if (key.strict && signature.identityDomain !== signature.domain) return 'the key is not for sub-domains';
  return null;
}
