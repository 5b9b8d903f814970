import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/base/failure.js';
import { readConfig } from '../../src/config/read.js';
import { redacted } from '../../src/config/secrets.js';
import type { Environment } from '../../src/config/process-environment.js';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';

let files: TempFiles;

beforeEach(async () => {
  files = await tempFiles();
});

afterEach(async () => {
  await files.remove();
});

/** One mailbox with these lines under `oauth`. */
function configOf(lines: readonly string[], more: readonly string[] = [], env: Environment = {}) {
  const text = [
    'db: /var/lib/ruawatch/ruawatch.db',
    'mailboxes:',
    '  - host: imap.example.org',
    '    user: dmarc@example.org',
    ...more.map((line) => `    ${line}`),
    '    oauth:',
    ...lines.map((line) => `      ${line}`),
  ];
  return readConfig({ path: files.write('ruawatch.yaml', text.join('\n')), env });
}

function oauthOf(...lines: readonly string[]) {
  return configOf(lines).mailboxes[0]?.oauth;
}

function refusalOf(lines: readonly string[], more: readonly string[] = []): string {
  try {
    configOf(lines, more);
  } catch (error) {
    if (error instanceof Failure && error.exitCode === 2) return `${error.message}; ${error.hint}`;
    throw error;
  }
  return 'accepted';
}

const google = ['provider: google', 'client_id: id', 'client_secret: s3cret'];
const microsoft = ['provider: microsoft', 'client_id: id'];
const generic = ['provider: generic', 'client_id: id', 'token_url: https://login.example.net/token'];

describe('a mailbox with OAuth2', () => {
  it('has no password', () => {
    expect(configOf(google).mailboxes[0]).toMatchObject({ password: null, oauth: { client_secret: 's3cret' } });
  });

  it('knows the endpoints and scope of Google', () => {
    expect(oauthOf(...google)).toMatchObject({
      grant: 'refresh_token',
      token_url: 'https://oauth2.googleapis.com/token',
      device_url: null,
      scope: 'https://mail.google.com/',
    });
  });

  it('knows the endpoints and scope of Microsoft, for a person', () => {
    expect(oauthOf(...microsoft)).toMatchObject({
      token_url: 'https://login.microsoftonline.com/organizations/oauth2/v2.0/token',
      device_url: 'https://login.microsoftonline.com/organizations/oauth2/v2.0/devicecode',
      scope: 'https://outlook.office.com/IMAP.AccessAsUser.All offline_access',
    });
  });

  it('knows the endpoints and scope of Microsoft, for an application', () => {
    const lines = [...microsoft, 'grant: client_credentials', 'tenant: example.org', 'client_secret: s3cret'];
    expect(oauthOf(...lines)).toMatchObject({
      token_url: 'https://login.microsoftonline.com/example.org/oauth2/v2.0/token',
      scope: 'https://outlook.office365.com/.default',
    });
  });

  it('takes other endpoints and scopes than those of the provider', () => {
    const own = ['token_url: https://login.example.net/t', 'device_url: https://login.example.net/d', 'scope: mine'];
    expect(oauthOf(...microsoft, ...own)).toMatchObject({
      token_url: 'https://login.example.net/t',
      device_url: 'https://login.example.net/d',
      scope: 'mine',
    });
  });

  it('keeps its refresh token beside the database, under a name that stays in that folder', () => {
    expect(oauthOf(...generic)?.token_file).toBe(
      '/var/lib/ruawatch/refresh-token-dmarc%40example.org%40imap.example.org',
    );
    const [mailbox] = configOf(generic, ['name: ../../etc/x']).mailboxes;
    expect(mailbox?.oauth?.token_file).toBe('/var/lib/ruawatch/refresh-token-..%2F..%2Fetc%2Fx');
  });

  it('takes its secret from a file', () => {
    const path = files.write('secret', 's3cret\n');
    expect(oauthOf(...generic, `client_secret_file: ${path}`)?.client_secret).toBe('s3cret');
  });

  it('can be made by the environment alone', () => {
    const env = {
      RUAWATCH_IMAP_HOST: 'imap.example.org',
      RUAWATCH_IMAP_USER: 'dmarc@example.org',
      RUAWATCH_IMAP_OAUTH_PROVIDER: 'microsoft',
      RUAWATCH_IMAP_OAUTH_GRANT: 'client_credentials',
      RUAWATCH_IMAP_OAUTH_TENANT: 'example.org',
      RUAWATCH_IMAP_OAUTH_CLIENT_ID: 'id',
      RUAWATCH_IMAP_OAUTH_CLIENT_SECRET_FILE: files.write('secret', 's3cret\n'),
    };
    expect(readConfig({ env }).mailboxes[0]).toMatchObject({
      password: null,
      oauth: { provider: 'microsoft', grant: 'client_credentials', tenant: 'example.org', client_secret: 's3cret' },
    });
  });

  it('shows no secret when the settings are logged', () => {
    expect(JSON.stringify(redacted(configOf(google)))).not.toContain('s3cret');
  });
});

describe('settings of OAuth2 that cannot work are refused with one sentence', () => {
  const secret = 'client_secret: s3cret';
  it.each([
    [
      'a password as well',
      google,
      ['password: p'],
      /^mailboxes\[0\]\.password .* and mailboxes\[0\]\.oauth are both set; keep one of them$/,
    ],
    [
      'no provider',
      ['client_id: id'],
      [],
      /^mailboxes\[0\]\.oauth\.provider .* is not set; set it, for example microsoft$/,
    ],
    ['an unknown setting', [...google, 'secret: x'], [], /^unknown setting mailboxes\[0\]\.oauth\.secret; /],
    [
      'an unknown provider',
      ['provider: yahoo'],
      [],
      /provider .* must be one of google, microsoft, generic, not "yahoo"/,
    ],
    [
      'a grant that the provider lacks',
      [...google, 'grant: client_credentials'],
      [],
      /grant .* cannot be client_credentials for google; set it to refresh_token or service_account$/,
    ],
    ['no client_id', ['provider: google', secret], [], /client_id .* is not set, and google needs it; /],
    [
      'no secret at Google',
      ['provider: google', 'client_id: id'],
      [],
      /client_secret .* is not set, and google needs it; /,
    ],
    ['no token_url', ['provider: generic', 'client_id: id'], [], /token_url .* is not set, and generic needs it; /],
    [
      'no tenant',
      [...microsoft, 'grant: client_credentials', secret],
      [],
      /tenant .* is not set, and microsoft needs it; /,
    ],
    [
      'a tenant that is a path',
      [...microsoft, 'tenant: a/b'],
      [],
      /tenant .* must be a tenant ID or a domain, not "a\/b"/,
    ],
    [
      'an application without a secret',
      [...generic, 'grant: client_credentials'],
      [],
      /client_secret .* is not set; set it, or .*client_secret_file.*, or .*certificate_file/,
    ],
    [
      'a secret and a certificate',
      [...generic, secret, 'certificate_file: a.pem'],
      [],
      /client_secret .* and .*certificate_file .* are both set; keep one of them$/,
    ],
    [
      'a key without its certificate',
      [...generic, secret, 'key_file: a.pem'],
      [],
      /key_file .* is set without .*certificate_file .*; set both, or take the key away$/,
    ],
    [
      'a certificate that is not there',
      [...generic, 'certificate_file: /nowhere/a.pem'],
      [],
      /certificate_file .* names \/nowhere\/a\.pem, which cannot be read: it does not exist; /,
    ],
    [
      'no service account',
      ['provider: google', 'grant: service_account'],
      [],
      /service_account_file .* is not set, and google needs it; /,
    ],
    [
      'an open token endpoint',
      ['provider: generic', 'client_id: id', 'token_url: http://login.example.net/token'],
      [],
      /token_url .* must start with https:\/\/; secrets are sent there/,
    ],
    [
      'an open device endpoint',
      [...generic, 'device_url: http://localhost.example.net/d'],
      [],
      /device_url .* must start with https:\/\//,
    ],
  ])('%s', (_title, lines, more, sentence) => {
    expect(refusalOf(lines, more)).toMatch(sentence);
    expect(refusalOf(lines, more)).not.toContain('s3cret');
  });

  it.each(['http://127.0.0.1:1/t', 'http://localhost:1/t', 'http://[::1]:1/t'])(
    'but %s is on this machine',
    (address) => {
      expect(refusalOf(['provider: generic', 'client_id: id', `token_url: ${address}`])).toBe('accepted');
    },
  );
});
