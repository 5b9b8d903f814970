import Type from 'typebox';

const list = (description: string, example: readonly string[], expects: string) =>
  Type.Array(Type.String({ minLength: 1 }), { default: [], description, example, expects });

const address = '^[^@\\s<>",;:()\\[\\]\\\\]+@[^@\\s<>",;:()\\[\\]\\\\]+$';

export const channelSchema = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: 64,
      pattern: '^[\\w.-]+$',
      description: 'Name of this channel in logs and metrics.',
      expects: 'letters, digits, dots, dashes and underscores',
      example: 'ops',
    }),
    type: Type.Union(
      [
        Type.Literal('webhook'),
        Type.Literal('slack'),
        Type.Literal('discord'),
        Type.Literal('teams'),
        Type.Literal('ntfy'),
        Type.Literal('pagerduty'),
        Type.Literal('alertmanager'),
        Type.Literal('apprise'),
        Type.Literal('email'),
      ],
      {
        description:
          'webhook, slack, discord, teams, ntfy, pagerduty, alertmanager, apprise or email: docs/channels.md.',
        example: 'email',
      },
    ),
    url: Type.Union([Type.String({ pattern: '^(https?|smtps?|smtp\\+notls)://[^/\\s]\\S*$' }), Type.Null()], {
      default: null,
      description: 'Where messages go; what it looks like depends on the type. Often a secret. Better: url_file.',
      expects: 'an address that starts with https://, http://, smtps://, smtp:// or smtp+notls://',
      secret: true,
    }),
    url_file: Type.Union([Type.String(), Type.Null()], {
      default: null,
      description: 'File that holds the address.',
      example: '/etc/ruawatch/smtp-url',
    }),
    secret: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
      default: null,
      description:
        'webhook: signing secret. pagerduty: integration key. ntfy, alertmanager, apprise: bearer token. email: password. Better: secret_file.',
      secret: true,
    }),
    secret_file: Type.Union([Type.String(), Type.Null()], {
      default: null,
      description: 'File that holds the secret.',
      example: '/etc/ruawatch/smtp-password',
    }),
    user: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
      default: null,
      description: 'email: user name of the SMTP server.',
      example: 'alerts@example.org',
    }),
    ca_file: Type.Union([Type.String(), Type.Null()], {
      default: null,
      description: 'email: PEM file of the authority that signed the server certificate, when it is not a public one.',
      example: '/etc/ruawatch/smtp-ca.pem',
    }),
    from: Type.Union([Type.String({ pattern: address }), Type.Null()], {
      default: null,
      description: 'email: address of the sender.',
      expects: 'a plain address such as alerts@example.org',
      example: 'alerts@example.org',
    }),
    to: Type.Array(Type.String({ pattern: address }), {
      default: [],
      maxItems: 20,
      description: 'email: addresses that are written to.',
      expects: 'up to 20 plain addresses such as postmaster@example.org',
      example: ['postmaster@example.org'],
    }),
    severities: Type.Array(Type.Union([Type.Literal('critical'), Type.Literal('warning'), Type.Literal('info')]), {
      default: [],
      description: 'Severities that are told at once. Empty: all. Digests hold every severity.',
      expects: 'a list of critical, warning and info',
      example: ['critical'],
    }),
    domains: list('Policy domains, with what is below them. Empty: all.', ['example.org'], 'a list of domains'),
    rules: list('Rules, as docs/detection.md names them. Empty: all.', ['known_sender_failing'], 'a list of rules'),
    quiet_hours: Type.Union(
      [
        Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d-([01]\\d|2[0-3]):[0-5]\\d( [A-Za-z0-9_+/-]+)?$' }),
        Type.Null(),
      ],
      {
        default: null,
        description: 'Messages are held until these hours are over. Without a time zone: UTC.',
        expects: 'FROM-TO and a time zone, such as 22:00-07:00 Europe/Berlin',
        example: '22:00-07:00 Europe/Berlin',
      },
    ),
    critical_in_quiet_hours: Type.Boolean({
      default: true,
      description: 'Whether critical alerts are sent in quiet hours all the same.',
      expects: 'true or false',
    }),
    digest: Type.Boolean({
      derived: true,
      description: 'Whether the daily digest goes here. Default: true, but false for pagerduty and alertmanager.',
      expects: 'true or false',
      example: true,
    }),
    weekly: Type.Boolean({
      derived: true,
      description: 'Whether the weekly summary goes here. Default: as digest.',
      expects: 'true or false',
      example: true,
    }),
  },
  { additionalProperties: false },
);
