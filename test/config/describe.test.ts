import { fastify } from 'fastify';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configurationPage, exampleFile } from '../../src/config/describe.js';
import { readConfig } from '../../src/config/read.js';
import { fieldsOf, itemFieldsOf, rootSetting } from '../../src/config/setting.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ruawatch-config-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function written(text: string): string {
  const path = join(folder, 'ruawatch.yaml');
  writeFileSync(path, text);
  return path;
}

describe('the generated pages', () => {
  it('are the ones in the repository', () => {
    expect(readFileSync('config.example.yaml', 'utf8')).toBe(exampleFile());
    expect(readFileSync('docs/configuration.md', 'utf8')).toBe(configurationPage());
  });

  it('name every environment variable of the schema once', () => {
    const names = configurationPage().match(/\| `RUAWATCH_\w+` \|/g) ?? [];
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('| `RUAWATCH_IMAP_HOST` |');
    expect(names).toContain('| `RUAWATCH_WEBHOOK_SECRET_FILE` |');
  });
});

/** The rule that the sample states: a setting comes into force when hash and blank are removed from its line. */
function uncommented(text: string, wanted: (line: string) => boolean = () => true): string {
  return text
    .split('\n')
    .map((line) => (wanted(line) ? line.replace(/^( *)# /, '$1') : line))
    .join('\n');
}

function withSecretsOfTests(text: string): string {
  return text
    .replace('/etc/ruawatch/imap-password', 'fixtures/config/files/password')
    .replace('/etc/ruawatch/api-token', 'fixtures/config/files/api-token')
    .replace('/etc/ruawatch/webhook-url', 'fixtures/config/files/webhook-url')
    .replace('/etc/ruawatch/webhook-secret', 'fixtures/config/files/webhook-secret')
    .replace('/etc/ruawatch/smtp-url', 'fixtures/config/files/smtp-url')
    .replace('/etc/ruawatch/smtp-password', 'fixtures/config/files/password')
    .replace('/etc/ruawatch/push-token', 'fixtures/config/files/api-token')
    .replace(/\/etc\/ruawatch\/smtp-(ca|cert|key)\.pem/g, 'fixtures/config/files/password');
}

function configOf(text: string) {
  return readConfig({ path: written(withSecretsOfTests(text)), env: {} });
}

/** Those at the top, and those of the mailbox that is in force. */
function settingsOfSample(): readonly string[] {
  const mailbox = exampleFile().split('# directories:')[0] ?? '';
  return [...(mailbox.match(/^ {4}# \w+: .+/gm) ?? []), ...(exampleFile().match(/^# \w+: .+/gm) ?? [])];
}

describe('the sample file', () => {
  it('is one mailbox as it is, and nothing else', () => {
    const env = {
      RUAWATCH_IMAP_HOST: 'imap.example.org',
      RUAWATCH_IMAP_USER: 'dmarc@example.org',
      RUAWATCH_IMAP_PASSWORD_FILE: 'fixtures/config/files/password',
    };
    expect(configOf(exampleFile())).toEqual(readConfig({ env }));
  });

  it('is a good configuration once every setting is in force', () => {
    const config = configOf(uncommented(exampleFile()));
    expect(config.mailboxes).toHaveLength(1);
    expect(config.mailboxes[0]).toMatchObject({ name: 'reports', port: 993, password: 'correct-horse' });
    expect(config.directories).toEqual([{ name: 'drop', path: '/var/spool/dmarc', poll_seconds: 30 }]);
    expect(config.domains).toEqual(['example.org', 'example.com']);
    expect(config.senders).toEqual([
      {
        name: 'newsletter',
        cidr: ['203.0.113.0/24'],
        ptr: ['mailer.example'],
        dkim: ['mailer.example'],
        spf: ['bounce.mailer.example'],
      },
    ]);
    expect(config.public_url).toBe('https://dmarc.example.org');
    expect(config.api_token).toBe('0123456789abcdef');
    expect(config.webhook?.url).toBe('https://hooks.example.org/ruawatch');
    expect(config.channels).toMatchObject([{ name: 'ops', type: 'email', url: 'smtp://mail.example.org:587' }]);
    expect(config.authserv_ids).toEqual(['mx.example.org']);
  });

  it.each(settingsOfSample())('takes "%s" alone', (setting) => {
    const config = configOf(uncommented(exampleFile(), (line) => line === setting));
    expect(config.mailboxes[0]?.host).toBe('imap.example.org');
  });

  it('has every setting of the schema', () => {
    const lines = uncommented(exampleFile()).split('\n');
    for (const [key, setting] of Object.entries(rootSetting.properties ?? {})) {
      const names = [key, ...Object.keys(fieldsOf(setting) ?? itemFieldsOf(setting) ?? {})];
      const named = names.filter((name) => lines.some((line) => new RegExp(`^[ #-]*${name}:`).test(line)));
      expect(named).toEqual(names);
    }
  });
});

describe('a trusted proxy', () => {
  const trusting = (network: string) => `trusted_proxies: ["${network}"]\n`;

  it.each(['127.0.0.1', '203.0.113.0/24', '0.0.0.0/1', '203.0.113.7/32', '2001:db8::/32', '::/1', '::1/128'])('may be %s', (network) => {
    expect(configOf(trusting(network)).trusted_proxies).toEqual([network]);
    expect(() => fastify({ trustProxy: [network] })).not.toThrow();
  }); // prettier-ignore

  it.each(['0.0.0.0/0', '203.0.113.0/33', '::/0', '2001:db8::/129', '::ffff:203.0.113.7', '10/8', 'loopback', 'fe80::1%eth0', '127.0.0.1/', ''])('is not "%s"', (network) => {
    expect(() => configOf(trusting(network))).toThrow(/trusted_proxies/);
  }); // prettier-ignore
});

describe('a sender', () => {
  const senders = (cidr: string) => `mailboxes: []\nsenders:\n  - name: newsletter\n    cidr: ["${cidr}"]\n`;

  it('has networks of both kinds', () => {
    for (const cidr of ['203.0.113.0/24', '2001:db8::/32'])
      expect(configOf(senders(cidr)).senders[0]?.cidr).toEqual([cidr]);
  });

  it('is refused with what is no network, by its place', () => {
    for (const cidr of ['203.0.113.0', '203.0.113.0/33', 'mailer.example'])
      expect(() => configOf(senders(cidr))).toThrow(`senders[0].cidr[0]: "${cidr}" is not a network`);
  });
});
