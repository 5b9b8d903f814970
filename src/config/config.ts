import Type from 'typebox';
import type { Static } from 'typebox';

const strict = { additionalProperties: false } as const;

const afterAction = (description: string) =>
  Type.Union(
    [
      Type.Literal('nothing'),
      Type.Literal('seen'),
      Type.Literal('delete'),
      Type.String({ pattern: '^(flag|move):.+$' }),
    ],
    { default: 'nothing', description: `${description} nothing, seen, delete, flag:KEYWORD or move:FOLDER.` },
  );

export const mailboxSchema = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: 64,
      description: 'Name of this mailbox in logs, metrics and the API. Default: USER@HOST.',
    }),
    host: Type.String({ minLength: 1, description: 'Host name of the IMAP server.' }),
    port: Type.Integer({ minimum: 1, maximum: 65535, description: 'Port. Default: 993 for tls, 143 otherwise.' }),
    tls: Type.Union([Type.Literal('tls'), Type.Literal('starttls'), Type.Literal('none')], {
      default: 'tls',
      description:
        'tls (from the first byte), starttls (required, never skipped) or none (only for a trusted network).',
    }),
    ca_file: Type.Union([Type.String(), Type.Null()], {
      default: null,
      description: 'PEM file of the authority that signed the server certificate, when it is not a public one.',
    }),
    user: Type.String({ minLength: 1, description: 'User name.' }),
    password: Type.String({ description: 'Password. Better: password_file.' }),
    password_file: Type.Union([Type.String(), Type.Null()], {
      default: null,
      description: 'File that holds the password; trailing line end is dropped.',
    }),
    folders: Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      default: ['INBOX'],
      description: 'Folders to read.',
    }),
    poll_seconds: Type.Integer({ minimum: 1, maximum: 86400, default: 300, description: 'Seconds between polls.' }),
    after_done: afterAction('What to do with a mail after it was read, or was no report:'),
    after_failed: afterAction('What to do with a mail that could not be read:'),
  },
  strict,
);

export const directorySchema = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: 64,
      description: 'Name of this directory in logs, metrics and the API. Default: the path.',
    }),
    path: Type.String({
      minLength: 1,
      description: 'Folder to watch for mails and report files; sub-folders included. Files are left as they are.',
    }),
    poll_seconds: Type.Integer({ minimum: 1, maximum: 86400, default: 30, description: 'Seconds between looks.' }),
  },
  strict,
);

export const webhookSchema = Type.Object(
  {
    url: Type.String({ pattern: '^https?://', description: 'Where alerts are posted (Standard Webhooks 1.0).' }),
    secret: Type.String({
      pattern: '^whsec_[A-Za-z0-9+/]+={0,2}$',
      description: 'Signing secret, whsec_ and base64 of 24 to 64 random bytes. Better: secret_file.',
    }),
    secret_file: Type.Union([Type.String(), Type.Null()], {
      default: null,
      description: 'File that holds the secret.',
    }),
  },
  strict,
);

/** Every setting, its default and its description. docs/configuration.md and config.example.yaml are generated from here. */
export const configSchema = Type.Object(
  {
    mailboxes: Type.Array(mailboxSchema, { default: [], description: 'IMAP mailboxes that receive reports.' }),
    directories: Type.Array(directorySchema, {
      default: [],
      description: 'Folders of mails or report files that are watched as well.',
    }),
    domains: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description: 'Our policy domains. Empty: learnt from the reports.',
    }),
    db: Type.String({ minLength: 1, default: './data/ruawatch.db', description: 'The SQLite file.' }),
    listen: Type.String({
      pattern: '^(\\[[0-9a-fA-F:]+\\]|[^:\\s]+):[0-9]{1,5}$',
      default: '127.0.0.1:8080',
      description: 'Address and port of the HTTP server.',
    }),
    public_url: Type.Union([Type.String({ pattern: '^https?://' }), Type.Null()], {
      default: null,
      description:
        'Address under which people reach this service; used in links of alerts. Default: http:// and listen.',
    }),
    api_token: Type.Union([Type.String({ minLength: 16 }), Type.Null()], {
      default: null,
      description:
        'Bearer token for the API, at least 16 characters. Without it the API is open to whoever reaches listen.',
    }),
    api_token_file: Type.Union([Type.String(), Type.Null()], {
      default: null,
      description: 'File that holds the token.',
    }),
    webhook: Type.Union([webhookSchema, Type.Null()], {
      default: null,
      description: 'Where alerts go. Without it they are on the page, in the API and in the metrics only.',
    }),
    authserv_ids: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description:
        'authserv-ids of our own border mail servers whose Authentication-Results are believed (they must strip forged ones). Empty: reports stay "unverified".',
    }),
    metrics_max_domains: Type.Integer({
      minimum: 1,
      maximum: 10000,
      default: 200,
      description: 'Policy domains that get their own metric label when domains is empty; the rest become __other__.',
    }),
    log_level: Type.Union(
      ['debug', 'info', 'warn', 'error'].map((level) => Type.Literal(level)),
      { default: 'info', description: 'debug, info, warn or error.' },
    ),
  },
  strict,
);

export type MailboxConfig = Static<typeof mailboxSchema>;
export type DirectoryConfig = Static<typeof directorySchema>;
export type WebhookConfig = Static<typeof webhookSchema>;
export type Config = Static<typeof configSchema>;
