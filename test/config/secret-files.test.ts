import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/config.js';
import { readConfig } from '../../src/config/read.js';
import type { Setting } from '../../src/config/setting.js';
import { fieldsOf, itemFieldsOf, rootSetting } from '../../src/config/setting.js';
import type { TempDir } from '../support/temp.js';
import { tempDir } from '../support/temp.js';

type Fields = Readonly<Record<string, Setting>>;

/** A secret of the schema: `path` as docs/configuration.md writes it. */
interface Secret {
  readonly path: string;
  readonly setting: Setting;
  readonly file: Setting | undefined;
}

function secretsIn(fields: Fields, prefix = ''): Secret[] {
  return Object.entries(fields).flatMap(([key, setting]) => {
    const path = prefix + key;
    const items = itemFieldsOf(setting);
    if (items) return secretsIn(items, `${path}[].`);
    const inner = fieldsOf(setting);
    if (inner) return secretsIn(inner, `${path}.`);
    return setting.secret ? [{ path, setting, file: fields[`${key}_file`] }] : [];
  });
}

const secrets = secretsIn(rootSetting.properties ?? {});
const withVariable = secrets.filter(({ setting }) => setting.env !== undefined);

const mailbox = { host: 'imap.example.org', user: 'dmarc' };
const oauth = { provider: 'google', client_id: 'us' };
const signing = 'whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0';
const hook = 'https://hooks.example.org/T0KEN';

/** What stands beside a secret in its map, and a good value of it. */
const beside: Readonly<Record<string, { readonly value: string; readonly others: object }>> = {
  'mailboxes[].password': { value: 'correct-horse', others: mailbox },
  'mailboxes[].oauth.client_secret': { value: 's3cret', others: oauth },
  api_token: { value: '0123456789abcdef', others: {} },
  push_token: { value: 'fedcba9876543210', others: {} },
  'webhook.url': { value: hook, others: { secret: signing } },
  'webhook.secret': { value: signing, others: { url: hook } },
  'channels[].url': { value: hook, others: { name: 'ops', type: 'slack' } },
  'channels[].secret': { value: signing, others: { name: 'ops', type: 'webhook', url: hook } },
};

const variablesBeside: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'mailboxes[].password': { RUAWATCH_IMAP_HOST: 'imap.example.org', RUAWATCH_IMAP_USER: 'dmarc' },
  'mailboxes[].oauth.client_secret': {
    RUAWATCH_IMAP_HOST: 'imap.example.org',
    RUAWATCH_IMAP_USER: 'dmarc',
    RUAWATCH_IMAP_OAUTH_PROVIDER: 'google',
    RUAWATCH_IMAP_OAUTH_CLIENT_ID: 'us',
  },
  'webhook.url': { RUAWATCH_WEBHOOK_SECRET: signing },
  'webhook.secret': { RUAWATCH_WEBHOOK_URL: hook },
};

/** The settings with `map` at the place of a secret. */
function treeAt(path: string, map: object): object {
  if (path.startsWith('mailboxes[].oauth.')) return { mailboxes: [{ ...mailbox, oauth: map }] };
  const [, group = '', isList] = /^(\w+)(\[\])?\./.exec(path) ?? [];
  if (group === '') return map;
  return { [group]: isList ? [map] : map };
}

function valueAt(config: Config, path: string): unknown {
  return path
    .replaceAll('[]', '.0')
    .split('.')
    .reduce<unknown>((place, key) => (place as Readonly<Record<string, unknown>>)[key], config);
}

let folder: TempDir;
beforeAll(async () => {
  folder = await tempDir();
});
afterAll(() => folder.remove());

function written(name: string, text: string): string {
  const path = join(folder.path, name);
  writeFileSync(path, text);
  return path;
}

function read(path: string, map: object): Config {
  return readConfig({ path: written('ruawatch.yaml', JSON.stringify(treeAt(path, map))), env: {} });
}

function sampleOf(path: string): { readonly value: string; readonly others: object; readonly key: string } {
  const sample = beside[path];
  if (sample === undefined) throw new Error(`${path} has no value in this test`);
  return { ...sample, key: path.slice(path.lastIndexOf('.') + 1) };
}

describe.each(secrets.map((secret) => [secret.path, secret] as const))('the secret %s', (path, { file }) => {
  it('has a setting for a file that holds it', () => {
    expect(file?.description).toMatch(/^File that holds the /);
  });

  it('is read from that file, without its line end', () => {
    const { value, others, key } = sampleOf(path);
    const config = read(path, { ...others, [`${key}_file`]: written('secret', `${value}\r\n`) });
    expect(valueAt(config, path)).toBe(value);
  });

  it('is refused where it stands in both places', () => {
    const { value, others, key } = sampleOf(path);
    const map = { ...others, [key]: value, [`${key}_file`]: written('secret', value) };
    expect(() => read(path, map)).toThrow(/are both set/);
  });

  it('is missed where its file is empty or not there', () => {
    const { others, key } = sampleOf(path);
    const fileAt = (place: string) => () => read(path, { ...others, [`${key}_file`]: place });
    expect(fileAt(written('secret', '\n'))).toThrow(/which is empty/);
    expect(fileAt(join(folder.path, 'nothing'))).toThrow(/which cannot be read/);
  });
});

describe.each(withVariable.map((secret) => [secret.path, secret] as const))('the variable of %s', (path, secret) => {
  const variable = secret.setting.env ?? '';

  it('has a second one with _FILE at its end', () => {
    expect(secret.file?.env).toBe(`${variable}_FILE`);
  });

  it('may be that second one', () => {
    const { value } = sampleOf(path);
    const env = { ...variablesBeside[path], [`${variable}_FILE`]: written('secret', `${value}\n`) };
    expect(valueAt(readConfig({ env }), path)).toBe(value);
  });
});

it('the schema has secrets, some of them with variables', () => {
  expect(secrets.map(({ path }) => path).sort()).toEqual(Object.keys(beside).sort());
  expect(withVariable.length).toBeGreaterThan(4);
});
