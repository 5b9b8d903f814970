import { afterEach, beforeEach, expect, test } from 'vitest';
import { tokenDigest } from '../../src/base/digest.js';
import { limits } from '../../src/config/limits.js';
import { openTokenUse, readApiTokens } from '../../src/store/api-tokens.js';
import { addTokenIn, hasTokenIn, openStoreReader, revokeTokenIn } from '../../src/store/store.js';
import { sampleStore } from '../support/sample-store.js';
import type { SampleStore } from '../support/sample-store.js';

let store: SampleStore;
beforeEach(() => {
  store = sampleStore();
});
afterEach(() => store.close());

function add(name: string, secret = name) {
  const scopes = ['read', 'push'] as const;
  return addTokenIn(store.path, { name, digest: tokenDigest(secret), scopes, made_at: 1_000, expires_at: 2_000 });
}

/** As a connection reads them that has kept nothing. */
const listed = () => readApiTokens(store.db)();
const revoke = (name: string, forget = false) => revokeTokenIn(store.path, { name, forget, now: 1_500 });

test('of a token its SHA-256 is kept', () => {
  expect(add('one', 'abc')).toBe('first');
  // The digest of "abc" in FIPS 180-2, appendix B.1.
  const digest = Buffer.from('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 'hex');
  expect(listed()).toEqual([
    { name: 'one', digest, scopes: ['read', 'push'], made_at: 1_000, expires_at: 2_000, last_used_day: null, revoked_at: null },
  ]); // prettier-ignore
});

test('a name is taken until it is revoked; the next token of that name begins anew', () => {
  add('one');
  openTokenUse(store.db)('one', 86_400);
  expect(add('one', 'other')).toBe('taken');
  expect(revoke('one')).toBe('revoked');
  expect(revoke('one')).toBe('over');
  expect(listed()).toMatchObject([{ revoked_at: 1_500, last_used_day: 86_400 }]);
  expect(add('one', 'other')).toBe('added');
  expect(listed()).toMatchObject([{ digest: tokenDigest('other'), revoked_at: null, last_used_day: null }]);
});

test('what is not there cannot be revoked, and the last one to be forgotten is told', () => {
  expect([revoke('one'), revoke('one', true)]).toEqual(['gone', 'gone']);
  add('one');
  add('two');
  expect([revoke('one', true), revoke('two', true)]).toEqual(['forgotten', 'last']);
});

test('as many tokens as the bound are kept, and one more only in the place of a revoked one', () => {
  for (let i = 0; i < limits.apiTokens; i++) expect(add(`token ${i}`)).toBe(i === 0 ? 'first' : 'added');
  expect(add('one more')).toBe('full');
  revoke('token 7');
  expect(add('one more')).toBe('full');
  expect(add('token 7', 'other')).toBe('added');
  revoke('token 8', true);
  expect(add('one more')).toBe('added');
  expect(listed()).toHaveLength(limits.apiTokens);
});

test('an earlier day does not replace a later one', () => {
  add('one');
  const use = openTokenUse(store.db);
  use('one', 2 * 86_400);
  use('one', 86_400);
  expect(listed()).toMatchObject([{ last_used_day: 2 * 86_400 }]);
});

test('a reader that stays open sees each change', async () => {
  const reader = openStoreReader(store.path);
  const states = async () => (await reader.apiTokens()).map(({ name, revoked_at: revoked }) => [name, revoked]);
  expect(await states()).toEqual([]);
  add('one');
  expect(await states()).toEqual([['one', null]]);
  add('two');
  revoke('one');
  expect(await states()).toEqual([
    ['one', 1_500],
    ['two', null],
  ]);
  revoke('one', true);
  expect(await states()).toEqual([['two', null]]);
  reader.close();
});

test('a token is good for its scopes until it expires or is revoked', () => {
  const good = (scope: 'push' | 'admin', at: number) => hasTokenIn(store.path, scope, at);
  expect(good('push', 1_500)).toBe(false);
  add('one');
  expect([good('push', 1_999), good('push', 2_000), good('admin', 1_500)]).toEqual([true, false, false]);
  revoke('one');
  expect(good('push', 1_999)).toBe(false);
});

test('a file that is not there, or is from before there were tokens, has none', () => {
  expect(hasTokenIn(`${store.path}-none`, 'push', 0)).toBe(false);
  store.db.exec('DROP TABLE api_tokens');
  expect(hasTokenIn(store.path, 'push', 0)).toBe(false);
});
