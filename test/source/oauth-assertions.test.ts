import { execFileSync } from 'node:child_process';
import { constants, createHash, createPublicKey, generateKeyPairSync, verify, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OauthConfig } from '../../src/config/oauth-settings.js';
import { AccessTokens } from '../../src/source/oauth/access-tokens.js';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';
import { startTokenServer } from '../support/token-server.js';
import type { TokenServer } from '../support/token-server.js';
import { oauthAt, StillClock } from './oauth-harness.js';

let server: TokenServer;
let files: TempFiles;

beforeEach(async () => {
  server = await startTokenServer();
  files = await tempFiles();
});

afterEach(async () => {
  await server.stop();
  await files.remove();
});

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
/** 2024-01-01T00:00:00Z, when the clock of these tests stands still. */
const now = 1_704_067_200;

function ask(settings: Partial<OauthConfig>) {
  const oauth = oauthAt(server, files.at('refresh-token'), { client_secret: null, ...settings });
  const mailbox = { name: 'reports', user: 'dmarc@example.org' };
  return new AccessTokens(mailbox, oauth, { clock: new StillClock() }).get(new AbortController().signal);
}

function partsOf(assertion: string): { header: unknown; claims: unknown; signed: Buffer; signature: Buffer } {
  const [header = '', claims = '', signature = ''] = assertion.split('.');
  const json = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
  return {
    header: json(header),
    claims: json(claims),
    signed: Buffer.from(`${header}.${claims}`),
    signature: Buffer.from(signature, 'base64url'),
  };
}

describe('a service account at Google', () => {
  const account = { type: 'service_account', client_email: 'ruawatch@project.example', private_key_id: 'k1' };
  const settings = { provider: 'google', grant: 'service_account', client_id: null, scope: 'mail' } as const;

  test('signs for the user of the mailbox, by RS256', async () => {
    const path = files.write('account.json', JSON.stringify({ ...account, private_key: pem }));
    await ask({ ...settings, service_account_file: path });
    const [{ assertion = '', ...form } = {}] = server.asked;
    expect(form).toEqual({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer' });
    const { header, claims, signed, signature } = partsOf(assertion);
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'k1' });
    expect(claims).toEqual({
      iss: 'ruawatch@project.example',
      sub: 'dmarc@example.org',
      scope: 'mail',
      aud: server.tokenUrl,
      iat: now,
      nbf: now,
      exp: now + 600,
    });
    expect(verify('sha256', signed, publicKey, signature)).toBe(true);
  });

  test.each([
    ['is no JSON', 'nothing', 'is no JSON key file of a service account'],
    ['is a list', '[]', 'is no JSON key file of a service account'],
    ['is null', 'null', 'is no JSON key file of a service account'],
    ['is of another kind', '{"installed":{}}', 'is no JSON key file of a service account'],
    ['has a broken key', JSON.stringify({ ...account, private_key: 'x' }), 'holds no private RSA key'],
  ])('whose file %s is refused before anything is sent', async (_title, content, words) => {
    const path = files.write('account.json', content);
    await expect(ask({ ...settings, service_account_file: path })).rejects.toMatchObject({
      reason: 'auth',
      message: expect.stringContaining(`mailbox reports: ${path} ${words}`) as string,
    });
    expect(server.asked).toEqual([]);
  });

  test('whose file is gone is named', async () => {
    const path = files.at('gone.json');
    await expect(ask({ ...settings, service_account_file: path })).rejects.toMatchObject({
      message: `mailbox reports: ${path} cannot be read: ENOENT`,
    });
  });
});

describe('an application with a certificate at Microsoft', () => {
  const settings = { provider: 'microsoft', grant: 'client_credentials', scope: 'mail' } as const;

  /** A certificate and its key, made by openssl. */
  function certificate(name: string): { cert: string; key: string } {
    const [cert, key] = [files.at(`${name}.pem`), files.at(`${name}-key.pem`)];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=ruawatch'];
    execFileSync('openssl', [...request, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    return { cert, key };
  }

  test('signs by PS256 and names the thumbprint of the certificate', async () => {
    const { cert, key } = certificate('one');
    await ask({ ...settings, certificate_file: cert, key_file: key });
    const [{ client_assertion = '', ...form } = {}] = server.asked;
    expect(form).toEqual({
      grant_type: 'client_credentials',
      scope: 'mail',
      client_id: 'ruawatch',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    const { header, claims, signed, signature } = partsOf(client_assertion);
    const { raw } = new X509Certificate(readFileSync(cert));
    const thumbprint = createHash('sha256').update(raw).digest('base64url');
    expect(header).toEqual({ alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint });
    expect(claims).toMatchObject({ aud: server.tokenUrl, iss: 'ruawatch', sub: 'ruawatch', nbf: now, exp: now + 600 });
    const verifier = { key: createPublicKey(readFileSync(cert)), padding: constants.RSA_PKCS1_PSS_PADDING };
    expect(verify('sha256', signed, verifier, signature)).toBe(true);
  });

  test('takes the key from the file of the certificate when it names no other, whichever stands first', async () => {
    const { cert, key } = certificate('one');
    const [certText, keyText] = [readFileSync(cert, 'utf8'), readFileSync(key, 'utf8')];
    await ask({ ...settings, certificate_file: files.write('both.pem', keyText + certText) });
    await ask({ ...settings, certificate_file: files.write('both.pem', certText + keyText) });
    expect(server.asked).toHaveLength(2);
  });

  test('is refused before anything is sent when the key is that of another certificate', async () => {
    const [one, two] = [certificate('one'), certificate('two')];
    await expect(ask({ ...settings, certificate_file: one.cert, key_file: two.key })).rejects.toMatchObject({
      message: `mailbox reports: the key in ${two.key} does not belong to the certificate in ${one.cert}`,
    });
    expect(server.asked).toEqual([]);
  });

  test('is refused when its file holds no certificate', async () => {
    const path = files.write('key-only.pem', pem);
    await expect(ask({ ...settings, certificate_file: path })).rejects.toMatchObject({
      message: `mailbox reports: ${path} holds no certificate`,
    });
  });
});
