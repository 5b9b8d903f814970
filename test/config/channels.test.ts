import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Config } from '../../src/config/config.js';
import { readConfig } from '../../src/config/read.js';
import { redacted } from '../../src/config/secrets.js';
import { channelsOf, routesOf } from '../../src/notify/notify.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ruawatch-channels-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function read(channels: readonly object[], more: object = {}): Config {
  const path = join(folder, 'ruawatch.yaml');
  writeFileSync(path, JSON.stringify({ channels, ...more }));
  return readConfig({ path, env: {} });
}

const mail = { name: 'm', type: 'email', url: 'smtp://m.example', from: 'a@b.example', to: ['c@d.example'] };
const slack = { name: 'ops', type: 'slack', url: 'https://hooks.example.org/T/B/SECRET' };
const whsec = 'whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0';

test('a channel is told of everything unless it says otherwise', () => {
  expect(routesOf(read([slack]).channels)).toEqual([
    { name: 'ops', kind: 'slack', severities: [], domains: [], rules: [], digest: true, weekly: true },
  ]);
});

test('channels that wake people get no digest unless they ask; weekly goes with digest', () => {
  const pager = { name: 'p', type: 'pagerduty', secret: 'key' };
  const flags = ({ channels }: Config) => channels.map(({ digest, weekly }) => [digest, weekly]);
  expect(flags(read([pager]))).toEqual([[false, false]]);
  expect(flags(read([{ ...pager, digest: true }]))).toEqual([[true, true]]);
  expect(flags(read([{ ...slack, digest: false, weekly: true }]))).toEqual([[false, true]]);
});

test('the address may come from a file, and is shown by its host only', () => {
  const file = join(folder, 'url');
  writeFileSync(file, `${slack.url}\n`);
  const config = read([{ name: 'ops', type: 'slack', url_file: file }]);
  expect(config.channels[0]?.url).toBe(slack.url);
  expect(JSON.stringify(redacted(config))).not.toContain('SECRET');
  expect(redacted(config).channels[0]?.url).toBe('https://hooks.example.org/***');
});

test('what the writing thread is told holds no address and no secret', () => {
  const hook = { name: 'hook', type: 'webhook', url: 'https://h.example/SECRET', secret: whsec };
  const routes = JSON.stringify(routesOf(read([slack, hook]).channels));
  expect(routes).not.toContain('SECRET');
  expect(routes).not.toContain(whsec);
});

test('the webhook of before is a channel of that name', () => {
  const config = read([slack], { webhook: { url: 'https://h.example/x', secret: whsec } });
  expect(channelsOf(config).map(({ name, type, url, digest }) => [name, type, url, digest])).toEqual([
    ['webhook', 'webhook', 'https://h.example/x', true],
    ['ops', 'slack', slack.url, true],
  ]);
});

test('a rule that there is not is refused', () => {
  expect(() => channelsOf(read([{ ...slack, rules: ['known_sender'] }]))).toThrow(
    'the channel ops names the rule known_sender, which there is not',
  );
});

describe('refused, with the name of the setting and without a secret in it', () => {
  test.each([
    [{ ...slack, url: undefined }, 'channels[0].url is not set, and a slack channel needs it'],
    [{ ...slack, url: 'smtp://SECRET.example' }, 'channels[0].url is no address for a slack channel'],
    [{ ...slack, secret: 'SECRET' }, 'channels[0].secret means nothing for a slack channel'],
    [{ ...slack, to: ['a@example.org'] }, 'channels[0].to means nothing for a slack channel'],
    [{ ...slack, ca_file: '/dev/null' }, 'channels[0].ca_file means nothing for a slack channel'],
    [{ ...mail, ca_file: '/nowhere/ca.pem' }, 'channels[0].ca_file names /nowhere/ca.pem, which cannot be read'],
    [{ ...mail, url: 'smtp+notls://127.0.0.1', ca_file: '/dev/null' }, 'channels[0].ca_file means nothing without TLS'],
    [{ ...slack, quiet_hours: '22:00-07:00 Mars/Base' }, 'channels[0].quiet_hours names the time zone Mars/Base'],
    [{ ...slack, quiet_hours: '22-7' }, 'channels[0].quiet_hours must be FROM-TO and a time zone'],
    [{ ...slack, domains: ['not a domain'] }, 'channels[0].domains[0] must be a domain name'],
    [{ ...slack, severities: ['high'] }, 'channels[0].severities[0] must be'],
    [{ ...slack, type: 'icq' }, 'channels[0].type must be one of webhook, slack'],
    [{ name: 'n', type: 'ntfy', url: 'https://ntfy.example/' }, 'channels[0].url must end with the topic'],
    [{ name: 'h', type: 'webhook', url: 'https://h.example', secret: 'SECRET' }, 'channels[0].secret must be whsec_'],
    [{ ...mail, user: 'u' }, 'channels[0] has one of user and secret without the other'],
    [
      {
        name: 'm',
        type: 'email',
        url: 'smtp://m.example',
        from: 'a@b.example\r\nBcc: x@y.example',
        to: ['c@d.example'],
      },
      'channels[0].from must be a plain address',
    ],
  ])('%j', (channel, message) => {
    let said = '';
    try {
      read([channel]);
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toContain(message);
    expect(said).not.toContain('SECRET');
  });

  test('two channels of one name', () => {
    expect(() => read([slack, slack])).toThrow('channels[1] and channels[0] have the same name "ops"');
    const webhook = { url: 'https://h.example/x', secret: whsec };
    expect(() => read([{ ...slack, name: 'webhook' }], { webhook })).toThrow('the same name "webhook"');
  });

  test('more addresses than twenty', () => {
    const to = (n: number) => Array.from({ length: n }, (_, i) => `a${i}@example.org`);
    expect(read([{ ...mail, to: to(20) }]).channels[0]?.to).toHaveLength(20);
    expect(() => read([{ ...mail, to: to(21) }])).toThrow('channels[0].to');
  });
});
