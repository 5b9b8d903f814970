import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { addToken, listTokens } from '../../src/cli/tokens.js';
import type { AddOptions } from '../../src/cli/tokens.js';
import { limits } from '../../src/config/limits.js';
import { Failure } from '../../src/base/failure.js';
import { sampleStore } from '../support/sample-store.js';
import type { SampleStore } from '../support/sample-store.js';

let store: SampleStore;
beforeEach(() => {
  store = sampleStore();
});
afterEach(() => store.close());

function streams() {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const [told, noted] = [text(out), text(err)];
  const context = { out: out as unknown as NodeJS.WriteStream, err: err as unknown as NodeJS.WriteStream, signal: new AbortController().signal }; // prettier-ignore
  return { context, told, noted, end: () => void (out.end(), err.end()) };
}

async function add(name: string, options: Partial<AddOptions> = {}): Promise<{ out: string; err: string }> {
  const { context, told, noted, end } = streams();
  expect(await addToken(store.path, name, { scope: ['read'], ...options }, context)).toBe(0);
  end();
  return { out: await told, err: await noted };
}

async function listed(): Promise<Record<string, unknown>[]> {
  const { context, told, end } = streams();
  await listTokens(store.path, { json: true }, context);
  end();
  return (await told).trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>); // prettier-ignore
}

it('standard output has the token alone, 256 bits behind a prefix', async () => {
  const first = await add('one');
  expect(first.out).toMatch(/^ruawatch_[0-9a-f]{64}\n$/);
  expect(first.err).toContain('From now on reading over HTTP needs a token');
  const second = await add('two');
  expect(second.out).not.toBe(first.out);
  expect(second.err).not.toContain('From now on');
});

it('scopes are kept once each, whatever their order', async () => {
  await add('one', { scope: ['push', 'read', 'push'] });
  expect(await listed()).toMatchObject([{ name: 'one', scopes: ['read', 'push'], expires_at: null }]);
});

it.each([
  ['the name "a b"', 'a b', {}],
  ['no name', '', {}],
  ['a name of a character too many', 'n'.repeat(limits.apiTokenNameChars + 1), {}],
  ['a scope that is none', 'one', { scope: ['read', 'write'] }],
  ['no days', 'one', { expires: '0d' }],
  ['a day too many', 'one', { expires: `${limits.apiTokenDays + 1}d` }],
  ['a word for days', 'one', { expires: 'soon' }],
])('%s is wrong use', async (_what, name, options) => {
  await expect(add(name, options)).rejects.toSatisfy((error) => error instanceof Failure && error.exitCode === 2);
});

it('a name may be as long as the bound, and the time as well', async () => {
  const name = 'n'.repeat(limits.apiTokenNameChars);
  await add(name, { expires: `${limits.apiTokenDays}d` });
  const [token] = await listed();
  expect(token?.['name']).toBe(name);
  const span = Date.parse(String(token?.['expires_at'])) - Date.parse(String(token?.['made_at']));
  expect(span).toBe(limits.apiTokenDays * 86_400_000);
});

it('a second token of a name, and a database that is not there, are said so', async () => {
  await add('one');
  await expect(add('one')).rejects.toMatchObject({ message: 'there is a token of this name', exitCode: 1 });
  const { context } = streams();
  await expect(addToken(`${store.path}-none`, 'one', { scope: ['read'] }, context)).rejects.toThrow(
    'there is no database',
  );
});
