import { constants, createHash, createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { codeOf } from '../../base/failure.js';
import type { OauthConfig } from '../../config/oauth-settings.js';
import { oauthFailure } from './fault.js';

/** Validity of an assertion: the longest that Google takes is an hour, Microsoft advises 5-10 minutes. */
const validSeconds = 600;

/** Who asks, for whom, and when (Unix seconds). */
export interface Asker {
  readonly mailbox: string;
  readonly user: string;
  readonly oauth: OauthConfig;
  readonly now: number;
}

/** A signed JWT that stands in for the client secret (RFC 7523 section 2.2), in the form that Microsoft wants. */
export async function clientAssertion({ mailbox, oauth, now }: Asker): Promise<string> {
  const certificateFile = oauth.certificate_file ?? '';
  const certificate = await certificateIn(certificateFile, mailbox);
  const key = await keyIn(oauth.key_file ?? certificateFile, mailbox);
  if (!certificate.checkPrivateKey(key)) {
    const what = `the key in ${oauth.key_file ?? certificateFile} does not belong to the certificate in ${certificateFile}`;
    throw oauthFailure(mailbox, {
      reason: 'auth',
      what,
      hint: 'set key_file in oauth of the mailbox to the key of that certificate',
    });
  }
  const header: Header = {
    alg: 'PS256',
    typ: 'JWT',
    'x5t#S256': createHash('sha256').update(certificate.raw).digest('base64url'),
  };
  const id = oauth.client_id ?? '';
  return jwt(header, { aud: oauth.token_url, iss: id, sub: id, jti: randomUUID(), ...lifetime(now) }, key);
}

/** The grant of a service account that acts for a user of its domain (RFC 7523 section 2.1). */
export async function serviceAccountAssertion({ mailbox, user, oauth, now }: Asker): Promise<string> {
  const path = oauth.service_account_file ?? '';
  const account = serviceAccountIn(await textOf(path, mailbox));
  if (account === null) {
    const what = `${path} is no JSON key file of a service account`;
    const hint =
      'make a key for the service account in the Google Cloud console (type JSON) and put that file there as it is';
    throw oauthFailure(mailbox, { reason: 'auth', what, hint });
  }
  const key = privateKey(account.privateKey, path, mailbox);
  const claims = { iss: account.email, sub: user, scope: oauth.scope, aud: oauth.token_url, ...lifetime(now) };
  return jwt({ alg: 'RS256', typ: 'JWT', kid: account.keyId }, claims, key);
}

function lifetime(now: number): { iat: number; nbf: number; exp: number } {
  return { iat: now, nbf: now, exp: now + validSeconds };
}

interface Header {
  readonly alg: 'RS256' | 'PS256';
  readonly typ: 'JWT';
  readonly kid?: string | undefined;
  readonly 'x5t#S256'?: string;
}

function jwt(header: Header, claims: object, key: KeyObject): string {
  const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  const signature = sign('sha256', Buffer.from(signed), { key, ...(header.alg === 'PS256' ? pss : {}) });
  return `${signed}.${signature.toString('base64url')}`;
}

interface ServiceAccount {
  readonly email: string;
  readonly keyId: string | undefined;
  readonly privateKey: string;
}

function serviceAccountIn(text: string): ServiceAccount | null {
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof fields !== 'object' || fields === null) return null;
  const { client_email: email, private_key: privateKey, private_key_id: keyId } = fields as Record<string, unknown>;
  if (typeof email !== 'string' || typeof privateKey !== 'string') return null;
  return { email, privateKey, keyId: typeof keyId === 'string' ? keyId : undefined };
}

async function certificateIn(path: string, mailbox: string): Promise<X509Certificate> {
  const pem = await textOf(path, mailbox);
  try {
    return new X509Certificate(pem);
  } catch {
    const hint =
      'set certificate_file in oauth of the mailbox to a PEM file (it begins with -----BEGIN CERTIFICATE-----)';
    throw oauthFailure(mailbox, { reason: 'auth', what: `${path} holds no certificate`, hint });
  }
}

async function keyIn(path: string, mailbox: string): Promise<KeyObject> {
  return privateKey(await textOf(path, mailbox), path, mailbox);
}

/** The words of OpenSSL tell nobody anything, and may one day quote the key. */
function privateKey(pem: string, path: string, mailbox: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    /* told below */
  }
  const what = `${path} holds no private RSA key that can be read without a passphrase`;
  throw oauthFailure(mailbox, {
    reason: 'auth',
    what,
    hint: 'put an unencrypted PEM key there (-----BEGIN PRIVATE KEY-----)',
  });
}

async function textOf(path: string, mailbox: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    const what = `${path} cannot be read: ${codeOf(error)}`;
    throw oauthFailure(mailbox, {
      reason: 'auth',
      what,
      hint: 'let this user read the file, or correct its path in oauth of the mailbox',
    });
  });
}
