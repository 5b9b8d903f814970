import { createHash, verify } from 'node:crypto';
import type { Limits } from '../config/limits.js';
import { canonicalBody, canonicalField } from './dkim-canon.js';
import type { Canonicalization } from './dkim-canon.js';
import { misfit, readKey } from './dkim-key.js';
import type { KeyAnswer } from './dkim-keys.js';
import { readSignature } from './dkim-tags.js';
import type { Signature } from './dkim-tags.js';
import type { RawField, RawMessage } from './raw-fields.js';

/** How one signature fared. `unknown`: it proves nothing, and nothing speaks against the mail either. */
export interface SignatureResult {
  readonly result: 'pass' | 'fail' | 'unknown';
  /** Why it did not pass, in words; else "". */
  readonly reason: string;
}

/** Looks up the TXT record of a key. */
export type KeyLookup = (name: string) => Promise<KeyAnswer>;

/** A mail under check; the body is hashed once for each way that a signature asks for. */
export interface SignedMail {
  readonly message: RawMessage;
  readonly body: Buffer;
  /** Unix seconds. */
  readonly arrivedAt: number;
  /** Arrived so long ago that the key may be another one by now; then a wrong signature says nothing. */
  readonly isOld: boolean;
  readonly hashes: Map<Canonicalization, { readonly hash: Buffer; readonly length: number }>;
}

const unknown = (reason: string): SignatureResult => ({ result: 'unknown', reason });

/** Checks one DKIM-Signature field of a mail (RFC 6376 section 6.1). */
export async function checkSignature(
  mail: SignedMail,
  field: RawField,
  lookup: KeyLookup,
  limits: Limits,
): Promise<SignatureResult> {
  if (mail.body.length > limits.dkimBodyBytes) return unknown('the mail is too long to be checked');
  const signature = readSignature(valueOf(field));
  if (typeof signature === 'string') return unknown(signature);
  if (signature.expires !== null && signature.expires < mail.arrivedAt) return unknown('the signature has expired');
  const answer = await lookup(`${signature.selector}._domainkey.${signature.domain}`);
  if (answer.record === null) return unknown(answer.reason);
  const key = readKey(answer.record);
  if (typeof key === 'string') return unknown(key);
  // Section 3.6.1: such a mail is as good as an unsigned one.
  if (key.testing) return unknown('the key is only tried out');
  const unfit = misfit(key, signature);
  if (unfit !== null) return unknown(unfit);
  const body = hashOf(mail, signature.bodyCanon);
  if (signature.bodyLength !== null && signature.bodyLength !== body.length)
    return unknown('only part of the body is signed');
  const failed = (reason: string): SignatureResult => ({ result: 'fail', reason });
  if (!body.hash.equals(signature.bodyHash)) return failed('the body is not the one that was signed');
  if (!isSigned(mail, field, signature, key.key)) {
    const reason = 'the header is not the one that was signed';
    return mail.isOld ? unknown(`${reason}, or the key was replaced`) : failed(reason);
  }
  return { result: 'pass', reason: '' };
}

function valueOf({ text }: RawField): string {
  return text.slice(text.indexOf(':') + 1);
}

function hashOf(mail: SignedMail, kind: Canonicalization): { readonly hash: Buffer; readonly length: number } {
  const known = mail.hashes.get(kind);
  if (known) return known;
  const text = canonicalBody(mail.body, kind);
  const made = { hash: createHash('sha256').update(text, 'latin1').digest(), length: text.length };
  mail.hashes.set(kind, made);
  return made;
}

function isSigned(mail: SignedMail, field: RawField, signature: Signature, key: Parameters<typeof verify>[2]): boolean {
  const data = Buffer.from(signedText(mail.message.fields, field, signature), 'latin1');
  try {
    if (signature.algorithm === 'rsa-sha256') return verify('sha256', data, key, signature.value);
    return verify(null, createHash('sha256').update(data).digest(), key, signature.value);
  } catch {
    return false;
  }
}

/** Fields of one name are signed from the last to the first; a name with no field left signs that there is none (section 5.4.2). */
function signedText(fields: readonly RawField[], own: RawField, { signed, headerCanon }: Signature): string {
  const left = new Map<string, RawField[]>();
  for (const field of fields) {
    const same = left.get(field.name);
    if (same) same.push(field);
    else left.set(field.name, [field]);
  }
  const lines = signed.flatMap((name) => {
    const field = left.get(name)?.pop();
    return field ? [`${canonicalField(field, headerCanon)}\r\n`] : [];
  });
  return lines.join('') + canonicalField({ name: own.name, text: withoutValue(own.text) }, headerCanon);
}

/** The field with an empty `b=`: a signature cannot sign itself. */
function withoutValue(text: string): string {
  const start = text.indexOf(':') + 1;
  return text.slice(0, start) + text.slice(start).replace(/(^|;)([ \t\r\n]*b[ \t\r\n]*=)[^;]*/, '$1$2');
}
