import { describe, expect, test } from 'vitest';
import type { OauthConfig } from '../../src/config/oauth-settings.js';
import { refusalFault } from '../../src/source/oauth/fault.js';
import { withoutSecrets } from '../../src/source/oauth/secrets.js';

type Kind = Pick<OauthConfig, 'provider' | 'grant'>;

function hintFor(kind: Kind, error: string, description = ''): string {
  return faultFor(kind, { status: 400, error, description }).hint;
}

function faultFor(kind: Kind, refusal: { status: number; error: string; description: string }) {
  const oauth = { ...kind, token_url: 'https://login.example.net/token' } as OauthConfig;
  return refusalFault(refusal, oauth, 'reports');
}

const person = { provider: 'generic', grant: 'refresh_token' } as const;
const microsoft = { provider: 'microsoft', grant: 'refresh_token' } as const;
const application = { provider: 'microsoft', grant: 'client_credentials' } as const;
const account = { provider: 'google', grant: 'service_account' } as const;

describe('a refused token request', () => {
  test('names the host, the error and the description', () => {
    const refusal = { status: 400, error: 'invalid_grant', description: 'Token has been expired or revoked.' };
    expect(faultFor(person, refusal)).toEqual({
      reason: 'auth',
      what: 'login.example.net gave no access token: invalid_grant: Token has been expired or revoked.',
      hint: "the refresh token is used up, revoked or for another application; log in again: ruawatch login 'reports'",
    });
  });

  test.each([
    ['invalid_client', person, 'client_secret'],
    ['unauthorized_client', person, 'allow this application the grant'],
    ['invalid_scope', person, 'scope'],
    ['access_denied', person, "ruawatch login 'reports'"],
    ['something_else', person, 'docs/oauth.md'],
    ['', person, 'docs/oauth.md'],
    ['constructor', person, 'docs/oauth.md'],
    ['unauthorized_client', account, 'Domain-wide delegation'],
    ['invalid_grant', account, 'the clock of this machine'],
    ['invalid_client', account, 'service_account_file'],
  ] as const)('%s has its remedy', (error, kind, remedy) => {
    expect(hintFor(kind, error)).toContain(remedy);
  });

  test.each([
    ['AADSTS7000215: Invalid client secret provided.', application, 'Secret ID in place of the Value'],
    ['AADSTS7000222: The provided client secret keys are expired.', application, 'has expired'],
    ['AADSTS65001: The user or administrator has not consented', microsoft, 'Grant admin consent'],
    ['AADSTS700016: Application was not found in the directory', application, 'client_id and tenant'],
    ['AADSTS90002: Tenant not found.', application, 'tenant'],
    ['AADSTS7000218: The request body must contain', microsoft, 'public client flows'],
    ['AADSTS700082: The refresh token has expired due to inactivity.', microsoft, "ruawatch login 'reports'"],
    ['AADSTS53003: Access has been blocked', microsoft, 'Conditional Access'],
    ['AADSTS99999999: something nobody knows', microsoft, 'used up'],
  ] as const)('%s has the remedy of Microsoft', (description, kind, remedy) => {
    expect(hintFor(kind, 'invalid_grant', description)).toContain(remedy);
  });

  test.each([
    [500, ''],
    [503, 'invalid_client'],
    [429, 'invalid_request'],
    [400, 'temporarily_unavailable'],
  ])('with status %i and error "%s" is passing, so it is tried again soon', (status, error) => {
    expect(faultFor(person, { status, error, description: '' }).reason).toBe('connect');
  });

  test('brings no control characters and no novels into the log', () => {
    const { what } = faultFor(person, { status: 400, error: 'a\r\nb', description: 'no '.repeat(1000) });
    expect(what).toContain('a?b');
    expect(what.length).toBeLessThan(400);
  });
});

describe('what a server says', () => {
  test('loses every secret of the request, however short', () => {
    expect(withoutSecrets('client s3cret is wrong', ['s3cret'])).toBe('client *** is wrong');
  });

  test('loses what looks like a token, and keeps a trace ID and a host', () => {
    const kept = 'Trace ID: 00000000-0000-0000-0000-000000000000 at AM0PR04MB0000.eurprd04.prod.outlook.com';
    expect(withoutSecrets(`${kept} eyJ${'a'.repeat(57)}`, [])).toBe(`${kept} ***`);
  });
});
