import Type from 'typebox';
import type { Static } from 'typebox';
import { channelSchema } from './channel-settings.js';
import { defaultDb, defaultOriginals } from './defaults.js';
import { dnsSettings } from './dns-settings.js';
import { httpSettings } from './http-settings.js';
import { oauthSchema } from './oauth-settings.js';
import { senderSchema } from './sender-settings.js';

const strict = { additionalProperties: false } as const;

/**
 * What a setting carries besides JSON Schema's own words; the reader, the messages and the generated pages use them.
 * `env`: its environment variable. `expects`: what a good value is, in words. `example`: a value for the sample file.
 * `make`: a command that makes a good value. `secret`: never shown; may come from a file named by the setting of the same name with `_file`.
 * `derived`: may be left out though it has no fixed default.
 */
export interface SettingNotes {
  readonly env?: string;
  readonly expects?: string;
  readonly example?: unknown;
  readonly make?: string;
  readonly secret?: true;
  readonly derived?: true;
}

const alsoEarlier = ' Also done to mails of the folder that were read earlier.';

const actions = [
  Type.Literal('nothing'),
  Type.Literal('seen'),
  Type.Literal('delete'),
  Type.String({ pattern: '^(flag|move):.+$' }),
] as const;
const actionWords = 'nothing, seen, delete, flag:KEYWORD or move:FOLDER';

const afterAction = (env: string, description: string) =>
  Type.Union([...actions], {
    default: 'nothing',
    description: `${description} ${actionWords}.${alsoEarlier}`,
    env,
    expects: actionWords,
  });

const afterActionElse = (env: string, description: string) =>
  Type.Union([...actions, Type.Null()], {
    default: null,
    description: `${description} as after_done, which is the default.`,
    env,
    expects: actionWords,
  });

export const mailboxSchema = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: 64,
      description: 'Name of this mailbox in logs, metrics and the API. Default: USER@HOST.',
      derived: true,
      example: 'reports',
    }),
    host: Type.String({
      minLength: 1,
      description: 'Host name of the IMAP server.',
      env: 'RUAWATCH_IMAP_HOST',
      example: 'imap.example.org',
    }),
    port: Type.Integer({
      minimum: 1,
      maximum: 65535,
      description: 'Port. Default: 993 for tls, 143 otherwise.',
      derived: true,
      env: 'RUAWATCH_IMAP_PORT',
      example: 993,
    }),
    tls: Type.Union([Type.Literal('tls'), Type.Literal('starttls'), Type.Literal('none')], {
      default: 'tls',
      description:
        'tls (from the first byte), starttls (required, never skipped) or none (only for a trusted network).',
      env: 'RUAWATCH_IMAP_TLS',
    }),
    ca_file: Type.Union([Type.String(), Type.Null()], {
      default: null,
      description: 'PEM file of the authority that signed the server certificate, when it is not a public one.',
      env: 'RUAWATCH_IMAP_CA_FILE',
    }),
    user: Type.String({
      minLength: 1,
      description: 'User name.',
      env: 'RUAWATCH_IMAP_USER',
      example: 'dmarc@example.org',
    }),
    password: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
      description: 'Password. Better: password_file. Not with oauth.',
      env: 'RUAWATCH_IMAP_PASSWORD',
      secret: true,
    }),
    password_file: Type.Union([Type.String(), Type.Null()], {
      default: null,
      description: 'File that holds the password; trailing line end is dropped.',
      env: 'RUAWATCH_IMAP_PASSWORD_FILE',
      example: '/etc/ruawatch/imap-password',
    }),
    oauth: Type.Union([oauthSchema, Type.Null()], {
      default: null,
      description:
        'Login by OAuth2 in place of the password, as Google and Microsoft 365 want it: a map, see docs/oauth.md.',
    }),
    folders: Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      default: ['INBOX'],
      description:
        'Folders to read. * stands for any text, % for any within one level; folders that mails are moved to are left out of these. \\Junk and the like name a folder by its use.',
      env: 'RUAWATCH_IMAP_FOLDER',
    }),
    poll_seconds: Type.Integer({
      minimum: 1,
      maximum: 86400,
      default: 300,
      description: 'Seconds between polls.',
      env: 'RUAWATCH_IMAP_POLL_SECONDS',
    }),
    idle: Type.Boolean({
      default: true,
      description:
        'Keep the connection open between polls, so that a mail that comes into the first folder is read at once (IMAP IDLE). Without it, or where the server has no IDLE, only polls find mails.',
      env: 'RUAWATCH_IMAP_IDLE',
      expects: 'true or false',
    }),
    dry_run: Type.Boolean({
      default: false,
      description: 'Only log what the after_ settings and keep_days would do, and leave the mailbox as it is.',
      env: 'RUAWATCH_IMAP_DRY_RUN',
      expects: 'true or false',
    }),
    after_done: afterAction('RUAWATCH_IMAP_AFTER_DONE', 'What to do with a mail whose report was stored:'),
    after_duplicate: afterActionElse(
      'RUAWATCH_IMAP_AFTER_DUPLICATE',
      'What to do with a mail whose report was stored before:',
    ),
    after_not_a_report: afterActionElse(
      'RUAWATCH_IMAP_AFTER_NOT_A_REPORT',
      'What to do with a mail that is no aggregate report, such as a TLS report, a bounce or a letter:',
    ),
    after_failed: afterAction('RUAWATCH_IMAP_AFTER_FAILED', 'What to do with a mail that could not be read:'),
    keep_days: Type.Integer({
      minimum: 0,
      maximum: 36500,
      default: 0,
      description:
        'Days after which mails are deleted for good in folders that an after_ setting moves mails to: only mails that were read in this mailbox, so many days ago, and whose report is stored. 0: they stay.',
      env: 'RUAWATCH_IMAP_KEEP_DAYS',
    }),
  },
  strict,
);

export const directorySchema = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: 64,
      description: 'Name of this directory in logs, metrics and the API. Default: the path.',
      derived: true,
      example: 'drop',
    }),
    path: Type.String({
      minLength: 1,
      description:
        'Folder to watch for mails and report files; sub-folders and Maildirs included. Files are left as they are.',
      env: 'RUAWATCH_DIRECTORY',
      example: '/var/spool/dmarc',
    }),
    poll_seconds: Type.Integer({ minimum: 1, maximum: 86400, default: 30, description: 'Seconds between looks.' }),
  },
  strict,
);

export const webhookSchema = Type.Object(
  {
    url: Type.String({
      pattern: '^https?://[^/\\s]',
      description: 'Where alerts are posted (Standard Webhooks 1.0), such as https://hooks.example.org/ruawatch.',
      env: 'RUAWATCH_WEBHOOK_URL',
      expects: 'an address that starts with https:// or http://',
      example: 'https://hooks.example.org/ruawatch',
      secret: true,
    }),
    url_file: Type.Union([Type.String(), Type.Null()], {
      default: null,
      description: 'File that holds the address, for receivers whose address is a key.',
      env: 'RUAWATCH_WEBHOOK_URL_FILE',
      example: '/etc/ruawatch/webhook-url',
    }),
    secret: Type.String({
      pattern: '^whsec_[A-Za-z0-9+/]+={0,2}$',
      description: 'Signing secret, whsec_ and base64 of 24 to 64 random bytes. Better: secret_file.',
      env: 'RUAWATCH_WEBHOOK_SECRET',
      expects: 'whsec_ followed by base64',
      make: 'echo "whsec_$(openssl rand -base64 32)"',
      secret: true,
    }),
    secret_file: Type.Union([Type.String(), Type.Null()], {
      default: null,
      description: 'File that holds the secret.',
      env: 'RUAWATCH_WEBHOOK_SECRET_FILE',
      example: '/etc/ruawatch/webhook-secret',
    }),
  },
  strict,
);

export const smtpSchema = Type.Object(
  {
    listen: Type.String({
      pattern: '^(\\[[0-9a-fA-F:]+\\]|[^:\\s]+):[0-9]{1,5}$',
      description: 'Address and port of the SMTP or LMTP listener.',
      env: 'RUAWATCH_SMTP_LISTEN',
      expects: 'ADDRESS:PORT, such as 0.0.0.0:25 or [::]:25',
      example: '0.0.0.0:25',
    }),
    protocol: Type.Union([Type.Literal('smtp'), Type.Literal('lmtp')], {
      default: 'smtp',
      description: 'smtp (for an MX record or a relay) or lmtp (for a mail server on the same machine).',
      env: 'RUAWATCH_SMTP_PROTOCOL',
    }),
    recipients: Type.Array(Type.String({ pattern: '^[^@\\s]*@?[^@\\s]+$' }), {
      minItems: 1,
      description:
        'Whom mail is taken for: addresses, or domains for every address in them. All others are refused (550); nothing is ever relayed.',
      env: 'RUAWATCH_SMTP_RECIPIENTS',
      expects: 'addresses or domains, such as dmarc@example.org or rua.example.org',
      example: ['dmarc@example.org', 'rua.example.org'],
    }),
    hostname: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
      default: null,
      description: 'Name in the greeting, the one of the MX record. Default: the name of this machine.',
      env: 'RUAWATCH_SMTP_GREETING',
      example: 'rua.example.org',
    }),
    tls_cert_file: Type.Union([Type.String(), Type.Null()], {
      default: null,
      description:
        'PEM file of the certificate and its chain. With it STARTTLS is offered; renewed files are taken up.',
      env: 'RUAWATCH_SMTP_TLS_CERT_FILE',
      example: '/etc/ruawatch/smtp-cert.pem',
    }),
    tls_key_file: Type.Union([Type.String(), Type.Null()], {
      default: null,
      description: 'PEM file of its private key.',
      env: 'RUAWATCH_SMTP_TLS_KEY_FILE',
      example: '/etc/ruawatch/smtp-key.pem',
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
    smtp: Type.Union([smtpSchema, Type.Null()], {
      default: null,
      description: 'A listener that takes mail itself, in place of a mailbox or besides. Off unless it is set.',
    }),
    domains: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description: 'Our policy domains. Empty: learnt from the reports.',
      env: 'RUAWATCH_DOMAINS',
      example: ['example.org', 'example.com'],
    }),
    senders: Type.Array(senderSchema, {
      default: [],
      description: 'Senders that are ours or work for us: known, and named so, wherever one of these matches.',
    }),
    db: Type.String({
      minLength: 1,
      default: defaultDb,
      description: 'The SQLite file.',
      env: 'RUAWATCH_DB',
    }),
    originals_days: Type.Integer({
      minimum: 0,
      maximum: 36500,
      default: defaultOriginals.originals_days,
      description:
        'Days for which mails are kept as they came, packed, in the SQLite file, so that `ruawatch replay` can read them again. 0: none.',
      env: 'RUAWATCH_ORIGINALS_DAYS',
    }),
    originals_mib: Type.Integer({
      minimum: 1,
      maximum: 1048576,
      default: defaultOriginals.originals_mib,
      description: 'Packed MiB of kept mails together; the oldest go first.',
      env: 'RUAWATCH_ORIGINALS_MIB',
    }),
    listen: Type.String({
      pattern: '^(\\[[0-9a-fA-F:]+\\]|[^:\\s]+):[0-9]{1,5}$',
      default: '127.0.0.1:8080',
      description: 'Address and port of the HTTP server.',
      env: 'RUAWATCH_LISTEN',
      expects: 'ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080',
    }),
    public_url: Type.Union([Type.String({ pattern: '^https?://[^/\\s]' }), Type.Null()], {
      default: null,
      description:
        'Address under which people reach this service; used in links of alerts. Default: http:// and listen.',
      env: 'RUAWATCH_PUBLIC_URL',
      expects: 'an address that starts with https:// or http://',
      example: 'https://dmarc.example.org',
    }),
    api_token: Type.Union([Type.String({ minLength: 16 }), Type.Null()], {
      default: null,
      description:
        'Bearer token for all of the API, at least 16 characters. Without it, and without a token of `ruawatch token add`, the API is open to whoever reaches listen.',
      env: 'RUAWATCH_API_TOKEN',
      expects: 'text of at least 16 characters',
      make: 'openssl rand -hex 16',
      secret: true,
    }),
    api_token_file: Type.Union([Type.String(), Type.Null()], {
      default: null,
      description: 'File that holds the token.',
      env: 'RUAWATCH_API_TOKEN_FILE',
      example: '/etc/ruawatch/api-token',
    }),
    ...httpSettings,
    push_token: Type.Union([Type.String({ minLength: 16 }), Type.Null()], {
      default: null,
      description:
        'Bearer token that may post mails to /api/v1/mails and nothing else, at least 16 characters. The api_token and tokens with the scope push may post as well; without any nobody may.',
      env: 'RUAWATCH_PUSH_TOKEN',
      expects: 'text of at least 16 characters',
      make: 'openssl rand -hex 16',
      secret: true,
    }),
    push_token_file: Type.Union([Type.String(), Type.Null()], {
      default: null,
      description: 'File that holds the token.',
      env: 'RUAWATCH_PUSH_TOKEN_FILE',
      example: '/etc/ruawatch/push-token',
    }),
    webhook: Type.Union([webhookSchema, Type.Null()], {
      default: null,
      description:
        'The channel named webhook. Without it and channels, alerts are on the page, in the API and in the metrics only.',
    }),
    channels: Type.Array(channelSchema, {
      default: [],
      description: 'Who is told of alerts and how, besides the webhook. docs/channels.md has a sample of each type.',
    }),
    digest_at: Type.Union([Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' }), Type.Null()], {
      default: null,
      description:
        'When the daily digest goes out, HH:MM in UTC; the weekly summary too, on Mondays. What has waited 20 hours goes out before. Default: only then, and the weekly summary at 06:00.',
      env: 'RUAWATCH_DIGEST_AT',
      expects: 'a time such as 07:30, in UTC',
      example: '07:30',
    }),
    authserv_ids: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description:
        'authserv-ids of our own border mail servers whose Authentication-Results are believed (they must strip forged ones). Where they say nothing, dkim_check decides.',
      env: 'RUAWATCH_AUTHSERV_IDS',
      example: ['mx.example.org'],
    }),
    ...dnsSettings,
    metrics_max_domains: Type.Integer({
      minimum: 1,
      maximum: 10000,
      default: 200,
      description:
        'Policy domains that get their own metric label when domains is empty, those seen first; the rest become __other__.',
      env: 'RUAWATCH_METRICS_MAX_DOMAINS',
    }),
    log_level: Type.Union([Type.Literal('debug'), Type.Literal('info'), Type.Literal('warn'), Type.Literal('error')], {
      default: 'info',
      description: 'debug, info, warn or error.',
      env: 'RUAWATCH_LOG_LEVEL',
    }),
  },
  strict,
);

export type MailboxConfig = Static<typeof mailboxSchema>;
export type DirectoryConfig = Static<typeof directorySchema>;
export type ChannelConfig = Static<typeof channelSchema>;
export type SmtpConfig = Static<typeof smtpSchema>;
export type WebhookConfig = Static<typeof webhookSchema>;
export type Config = Static<typeof configSchema>;
