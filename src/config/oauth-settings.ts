import Type from 'typebox';
import type { Static } from 'typebox';

const text = (env: string, description: string, example: string) =>
  Type.Union([Type.String({ minLength: 1 }), Type.Null()], { default: null, description, env, example });

const address = {
  pattern: '^https?://[^/\\s]',
  expects: 'an address that starts with https:// (http:// only on this machine)',
};

/** How a mailbox logs in by OAuth2 in place of a password. docs/oauth.md walks through the providers. */
export const oauthSchema = Type.Object(
  {
    provider: Type.Union([Type.Literal('google'), Type.Literal('microsoft'), Type.Literal('generic')], {
      description: 'google, microsoft, or generic for any other token endpoint.',
      env: 'RUAWATCH_IMAP_OAUTH_PROVIDER',
      example: 'microsoft',
    }),
    grant: Type.Union(
      [Type.Literal('refresh_token'), Type.Literal('client_credentials'), Type.Literal('service_account')],
      {
        default: 'refresh_token',
        description:
          'refresh_token: somebody logs in once (ruawatch login). client_credentials: the application logs in as itself (microsoft, generic). service_account: the same at google.',
        env: 'RUAWATCH_IMAP_OAUTH_GRANT',
      },
    ),
    tenant: Type.Union([Type.String({ pattern: '^[A-Za-z0-9.-]+$' }), Type.Null()], {
      default: null,
      description: 'Directory (tenant) ID or domain at Microsoft. Default for refresh_token: organizations.',
      env: 'RUAWATCH_IMAP_OAUTH_TENANT',
      expects: 'a tenant ID or a domain',
      example: 'example.org',
    }),
    client_id: text('RUAWATCH_IMAP_OAUTH_CLIENT_ID', 'Client (application) ID.', 'ruawatch'),
    client_secret: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
      default: null,
      description: 'Client secret. Better: client_secret_file.',
      env: 'RUAWATCH_IMAP_OAUTH_CLIENT_SECRET',
      secret: true,
    }),
    client_secret_file: text(
      'RUAWATCH_IMAP_OAUTH_CLIENT_SECRET_FILE',
      'File that holds the client secret.',
      '/etc/ruawatch/client-secret',
    ),
    certificate_file: text(
      'RUAWATCH_IMAP_OAUTH_CERTIFICATE_FILE',
      'PEM file of the certificate that stands in for a client secret.',
      '/etc/ruawatch/client.pem',
    ),
    key_file: text(
      'RUAWATCH_IMAP_OAUTH_KEY_FILE',
      'PEM file of the private RSA key of that certificate, without a passphrase. Default: certificate_file, which may hold both.',
      '/etc/ruawatch/client-key.pem',
    ),
    service_account_file: text(
      'RUAWATCH_IMAP_OAUTH_SERVICE_ACCOUNT_FILE',
      'JSON key file of the service account at Google.',
      '/etc/ruawatch/service-account.json',
    ),
    token_file: Type.String({
      minLength: 1,
      description:
        'File that holds the refresh token; ruawatch writes it. Default: refresh-token-NAME of the mailbox, beside db.',
      env: 'RUAWATCH_IMAP_OAUTH_TOKEN_FILE',
      derived: true,
      example: '/var/lib/ruawatch/refresh-token',
    }),
    token_url: Type.String({
      ...address,
      description: 'Token endpoint. Default: that of the provider; generic has none.',
      env: 'RUAWATCH_IMAP_OAUTH_TOKEN_URL',
      derived: true,
      example: 'https://login.example.org/oauth2/token',
    }),
    device_url: Type.Union([Type.String(address), Type.Null()], {
      description:
        'Device authorization endpoint (RFC 8628), for ruawatch login. Default: that of microsoft, else none.',
      env: 'RUAWATCH_IMAP_OAUTH_DEVICE_URL',
      derived: true,
      expects: address.expects,
      example: 'https://login.example.org/oauth2/device',
    }),
    scope: Type.String({
      description:
        'Scopes to ask for, with blanks between. Default: what IMAP needs at the provider; none for generic.',
      env: 'RUAWATCH_IMAP_OAUTH_SCOPE',
      derived: true,
      example: 'imap offline_access',
    }),
  },
  { additionalProperties: false },
);

export type OauthConfig = Static<typeof oauthSchema>;
