import { describe, expect, it } from 'vitest';
import { hasSource, readConfig } from '../../src/config/read.js';
import { redacted } from '../../src/config/secrets.js';

const mailboxVariables = {
  RUAWATCH_IMAP_HOST: 'imap.example.org',
  RUAWATCH_IMAP_USER: 'dmarc',
  RUAWATCH_IMAP_PASSWORD: 'correct-horse',
};
const fullFile = 'fixtures/config/full.yaml';
const webhookSecret = 'whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0';

describe('without file and variables', () => {
  const config = readConfig({ env: {} });

  it('every setting has its default', () => {
    expect(config).toEqual({
      mailboxes: [],
      directories: [],
      domains: [],
      senders: [],
      db: './data/ruawatch.db',
      originals_days: 90,
      originals_mib: 1024,
      listen: '127.0.0.1:8080',
      public_url: null,
      api_token: null,
      api_token_file: null,
      cors_origins: [],
      trusted_proxies: [],
      push_token: null,
      push_token_file: null,
      smtp: null,
      webhook: null,
      channels: [],
      digest_at: null,
      authserv_ids: [],
      dkim_check: 'auto',
      ptr_lookups: 'auto',
      dns_servers: [],
      metrics_max_domains: 200,
      log_level: 'info',
    });
  });

  it('there is no source', () => {
    expect(hasSource(config)).toBe(false);
  });
});

describe('the environment', () => {
  it('makes one mailbox out of three variables', () => {
    const config = readConfig({ env: mailboxVariables });
    expect(config.mailboxes).toEqual([
      {
        name: 'dmarc@imap.example.org',
        host: 'imap.example.org',
        port: 993,
        tls: 'tls',
        ca_file: null,
        user: 'dmarc',
        password: 'correct-horse',
        password_file: null,
        oauth: null,
        folders: ['INBOX'],
        poll_seconds: 300,
        idle: true,
        dry_run: false,
        after_done: 'nothing',
        after_duplicate: null,
        after_not_a_report: null,
        after_failed: 'nothing',
        keep_days: 0,
      },
    ]);
    expect(hasSource(config)).toBe(true);
  });

  it.each([
    ['tls', 993],
    ['starttls', 143],
    ['none', 143],
  ])('derives the port of %s', (tls, port) => {
    expect(readConfig({ env: { ...mailboxVariables, RUAWATCH_IMAP_TLS: tls } }).mailboxes[0]?.port).toBe(port);
  });

  it('reads every mailbox variable', () => {
    const env = {
      ...mailboxVariables,
      RUAWATCH_IMAP_PORT: '1143',
      RUAWATCH_IMAP_TLS: 'none',
      RUAWATCH_IMAP_FOLDER: 'Reports, DMARC',
      RUAWATCH_IMAP_CA_FILE: 'fixtures/config/files/password',
      RUAWATCH_IMAP_POLL_SECONDS: '1',
      RUAWATCH_IMAP_IDLE: 'false',
      RUAWATCH_IMAP_DRY_RUN: 'true',
      RUAWATCH_IMAP_AFTER_DONE: 'move:Archive/DMARC',
      RUAWATCH_IMAP_AFTER_DUPLICATE: 'delete',
      RUAWATCH_IMAP_AFTER_NOT_A_REPORT: 'nothing',
      RUAWATCH_IMAP_AFTER_FAILED: 'flag:dmarc-failed',
      RUAWATCH_IMAP_KEEP_DAYS: '30',
    };
    expect(readConfig({ env }).mailboxes[0]).toMatchObject({
      port: 1143,
      tls: 'none',
      folders: ['Reports, DMARC'],
      ca_file: 'fixtures/config/files/password',
      poll_seconds: 1,
      idle: false,
      dry_run: true,
      after_done: 'move:Archive/DMARC',
      after_duplicate: 'delete',
      after_not_a_report: 'nothing',
      after_failed: 'flag:dmarc-failed',
      keep_days: 30,
    });
  });

  it('takes nothing but true and false for a yes or no', () => {
    expect(() => readConfig({ env: { ...mailboxVariables, RUAWATCH_IMAP_IDLE: 'no' } })).toThrow(
      'RUAWATCH_IMAP_IDLE (mailboxes[].idle in the file) must be true or false',
    );
  });

  it('reads every variable beside the mailbox', () => {
    const env = {
      RUAWATCH_DB: '/var/lib/ruawatch/db',
      RUAWATCH_LISTEN: '[::1]:0',
      RUAWATCH_DOMAINS: 'Example.ORG., b\u00fccher.example.com,example.org,',
      RUAWATCH_DIRECTORY: '/var/spool/dmarc',
      RUAWATCH_PUBLIC_URL: 'https://dmarc.example.org',
      RUAWATCH_API_TOKEN: '0123456789abcdef',
      RUAWATCH_WEBHOOK_URL: 'http://127.0.0.1:9/hook',
      RUAWATCH_WEBHOOK_SECRET: webhookSecret,
      RUAWATCH_AUTHSERV_IDS: 'mx1.example.org,mx2.example.org',
      RUAWATCH_METRICS_MAX_DOMAINS: '10000',
      RUAWATCH_LOG_LEVEL: 'debug',
    };
    expect(readConfig({ env })).toMatchObject({
      db: '/var/lib/ruawatch/db',
      listen: '[::1]:0',
      domains: ['example.org', 'xn--bcher-kva.example.com'],
      directories: [{ name: '/var/spool/dmarc', path: '/var/spool/dmarc', poll_seconds: 30 }],
      public_url: 'https://dmarc.example.org',
      api_token: '0123456789abcdef',
      webhook: { url: 'http://127.0.0.1:9/hook', secret: webhookSecret, secret_file: null },
      authserv_ids: ['mx1.example.org', 'mx2.example.org'],
      metrics_max_domains: 10000,
      log_level: 'debug',
    });
  });

  it('takes every secret from a file, without its line end', () => {
    const config = readConfig({
      env: {
        ...mailboxVariables,
        RUAWATCH_IMAP_PASSWORD: '',
        RUAWATCH_IMAP_PASSWORD_FILE: 'fixtures/config/files/password',
        RUAWATCH_API_TOKEN_FILE: 'fixtures/config/files/api-token',
        RUAWATCH_WEBHOOK_URL: 'https://hooks.example.org/',
        RUAWATCH_WEBHOOK_SECRET_FILE: 'fixtures/config/files/webhook-secret',
      },
    });
    expect(config.mailboxes[0]?.password).toBe('correct-horse');
    expect(config.api_token).toBe('0123456789abcdef');
    expect(config.webhook?.secret).toBe(webhookSecret);
  });

  it('may hold what Kubernetes sets for a service of this name', () => {
    const env = {
      RUAWATCH_SERVICE_HOST: '198.51.100.1',
      RUAWATCH_SERVICE_PORT: '8080',
      RUAWATCH_SERVICE_PORT_HTTP: '8080',
      RUAWATCH_PORT: 'tcp://198.51.100.1:8080',
      RUAWATCH_PORT_8080_TCP: 'tcp://198.51.100.1:8080',
      RUAWATCH_PORT_8080_TCP_ADDR: '198.51.100.1',
    };
    expect(hasSource(readConfig({ env }))).toBe(false);
  });
});

describe('the file', () => {
  it('is read whole', () => {
    const config = readConfig({ path: fullFile, env: {} });
    expect(config).toMatchObject({
      mailboxes: [
        {
          name: 'reports',
          host: 'imap.example.org',
          port: 1993,
          password: 'correct-horse',
          folders: ['INBOX', 'Junk'],
        },
        { name: 'dmarc@imap.example.net', tls: 'starttls', port: 143, password: '12345678' },
      ],
      directories: [{ name: 'drop', path: './drop', poll_seconds: 5 }],
      domains: ['example.org', 'example.com'],
      webhook: { url: 'https://hooks.example.org/T0KEN', secret: webhookSecret },
      log_level: 'warn',
      db: './data/ruawatch.db',
      originals_days: 90,
      originals_mib: 1024,
    });
  });

  it('is found through RUAWATCH_CONFIG, and --config wins over it', () => {
    expect(readConfig({ env: { RUAWATCH_CONFIG: fullFile } }).log_level).toBe('warn');
    expect(readConfig({ path: fullFile, env: { RUAWATCH_CONFIG: 'fixtures/config/absent.yaml' } }).log_level).toBe(
      'warn',
    );
  });

  it('may be empty', () => {
    expect(readConfig({ path: 'fixtures/config/files/empty', env: {} }).listen).toBe('127.0.0.1:8080');
  });

  it('keeps its mailboxes beside that of the environment', () => {
    const { mailboxes } = readConfig({ path: fullFile, env: mailboxVariables });
    expect(mailboxes.map((each) => each.name)).toEqual(['reports', 'dmarc@imap.example.net', 'dmarc@imap.example.org']);
  });

  it('yields to the environment, and that to the command line', () => {
    const env = { RUAWATCH_LOG_LEVEL: 'error', RUAWATCH_DB: '/env.db' };
    const config = readConfig({ path: fullFile, env, overrides: { db: '/line.db' } });
    expect([config.log_level, config.db]).toEqual(['error', '/line.db']);
  });

  it('yields its secret to the other form of that secret in the environment', () => {
    const env = {
      RUAWATCH_WEBHOOK_SECRET_FILE: 'fixtures/config/files/webhook-secret',
      RUAWATCH_API_TOKEN: 'fedcba9876543210',
    };
    const config = readConfig({ path: fullFile, env });
    expect(config.webhook?.secret).toBe(webhookSecret);
    expect(config.api_token).toBe('fedcba9876543210');
  });
});

describe('settings made fit for the log', () => {
  it('hold no secret', () => {
    const text = JSON.stringify(redacted(readConfig({ path: fullFile, env: mailboxVariables })));
    expect(text).not.toMatch(/correct-horse|12345678|T0KEN|whsec|0123456789abcdef/);
    expect(text).toContain('https://hooks.example.org/***');
    expect(text).toContain('imap.example.net');
  });
});

describe('the ways in', () => {
  it('SMTP is one group of variables, and counts as a source', () => {
    const env = {
      RUAWATCH_SMTP_LISTEN: '127.0.0.1:2525',
      RUAWATCH_SMTP_RECIPIENTS: 'dmarc@example.org, rua.example.org',
    };
    const config = readConfig({ env });
    expect(config.smtp).toEqual({
      listen: '127.0.0.1:2525',
      protocol: 'smtp',
      recipients: ['dmarc@example.org', 'rua.example.org'],
      hostname: null,
      tls_cert_file: null,
      tls_key_file: null,
    });
    expect(hasSource(config)).toBe(true);
  });

  it('a push token counts as a source', () => {
    expect(hasSource(readConfig({ env: { RUAWATCH_PUSH_TOKEN: 'a-push-token-of-ours' } }))).toBe(true);
  });

  it.each([
    [{ RUAWATCH_SMTP_LISTEN: '127.0.0.1:2525' }, 'RUAWATCH_SMTP_RECIPIENTS'],
    [{ RUAWATCH_SMTP_LISTEN: '127.0.0.1:65536', RUAWATCH_SMTP_RECIPIENTS: 'example.org' }, '65535'],
    [{ RUAWATCH_SMTP_LISTEN: '127.0.0.1:1', RUAWATCH_SMTP_RECIPIENTS: 'a@b@example.org' }, 'RUAWATCH_SMTP_RECIPIENTS'],
    [
      {
        RUAWATCH_SMTP_LISTEN: '127.0.0.1:1',
        RUAWATCH_SMTP_RECIPIENTS: 'example.org',
        RUAWATCH_SMTP_TLS_CERT_FILE: 'package.json',
      },
      'without tls_key_file',
    ],
    [{ RUAWATCH_PUSH_TOKEN: 'short' }, 'RUAWATCH_PUSH_TOKEN'],
  ])('%o is refused, which names %s', (env, words) => {
    expect(() => readConfig({ env })).toThrow(words);
  });

  it('no directory may have the name of a way in', () => {
    const options = { env: { RUAWATCH_DIRECTORY: 'http' } };
    expect(() => readConfig(options)).toThrow('the way in over HTTP');
  });
});
