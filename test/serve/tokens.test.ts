import { afterEach, expect, test } from 'vitest';
import { tokenDigest } from '../../src/base/digest.js';
import type { Config } from '../../src/config/config.js';
import { limits } from '../../src/config/limits.js';
import { tokenScopes } from '../../src/model/token.js';
import type { TokenScope } from '../../src/model/token.js';
import { WrongTokens } from '../../src/serve/wrong-tokens.js';
import { addTokenIn, revokeTokenIn } from '../../src/store/store.js';
import { sampleServer } from '../support/sample-server.js';
import type { SampleServer } from '../support/sample-server.js';
import { insert, sampleNow, sampleStore } from '../support/sample-store.js';

let server: SampleServer;
afterEach(() => server.close());

const now = sampleNow / 1000;
const tokenOf = (name: string) => `ruawatch_${name.padEnd(64, '0')}`;

async function open(changes: Partial<Config> = {}): Promise<void> {
  const store = sampleStore();
  server = await sampleServer(changes, store, (mails) => {
    for (const { origin, size } of mails)
      insert(store.db, 'mails', { source: origin.source, folder: '', path: origin.path, size, processed_at: 1, outcome: 'bounce', reason: '' }); // prettier-ignore
    return Promise.resolve(mails.map(() => ({ outcome: 'bounce' as const, reason: '', reportIds: [] })));
  });
}

/** Stores a token beside the running server. */
function add(
  name: string,
  scopes: readonly TokenScope[] = [name as TokenScope],
  expires_at: number | null = null,
): void {
  const added = { name, digest: tokenDigest(tokenOf(name)), scopes, made_at: now, expires_at };
  expect(['first', 'added']).toContain(addTokenIn(server.store.path, added));
}

type Headers = Readonly<Record<string, string>>;
const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });
const basic = (password: string): Headers => ({
  authorization: `Basic ${Buffer.from(`me:${password}`).toString('base64')}`,
});

function send(method: string, path: string, headers: Headers, body?: string): Promise<Response> {
  const type: Headers = body === undefined ? {} : { 'content-type': path.endsWith('decision') ? 'application/json' : 'message/rfc822' }; // prettier-ignore
  return fetch(server.address + path, { method, headers: { ...headers, ...type }, ...(body === undefined ? {} : { body }) }); // prettier-ignore
}

const decision = JSON.stringify({ domain: 'example.org', sender: 'nobody.example', decision: 'known' });

/** A route, its scope, and what it answers once it lets a request through. */
interface Route {
  readonly scope: TokenScope;
  readonly status: number;
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}

const routes: readonly Route[] = [
  { scope: 'read', status: 200, method: 'GET', path: '/api/v1/domains' },
  { scope: 'read', status: 200, method: 'GET', path: '/api/v1/mails' },
  { scope: 'read', status: 200, method: 'GET', path: '/api/v1/alerts/al_1' },
  { scope: 'read', status: 200, method: 'GET', path: '/api/docs/json' },
  { scope: 'read', status: 200, method: 'GET', path: '/alerts/al_1' },
  { scope: 'read', status: 200, method: 'GET', path: '/' },
  { scope: 'read', status: 404, method: 'GET', path: '/nowhere' },
  { scope: 'admin', status: 200, method: 'POST', path: '/api/v1/alerts/al_1/ack' },
  { scope: 'admin', status: 200, method: 'POST', path: '/api/v1/alerts/al_1/ignore?until=2030-01-01' },
  { scope: 'admin', status: 404, method: 'POST', path: '/api/v1/senders/decision', body: decision },
  { scope: 'push', status: 202, method: 'POST', path: '/api/v1/mails', body: 'Subject: x\r\n\r\nhello' },
];

test.each(routes)(
  'the scope $scope, and no other, gets $status from $method $path',
  async ({ scope, status, method, path, body }) => {
    await open();
    for (const each of tokenScopes) add(each);
    for (const each of tokenScopes.filter((other) => other !== scope)) {
      const refused = await send(method, path, bearer(tokenOf(each)), body);
      expect([each, refused.status]).toEqual([each, 403]);
      expect(refused.headers.get('www-authenticate')).toBe(
        `Bearer realm="ruawatch", error="insufficient_scope", scope="${scope}"`,
      );
      expect(await refused.json()).toEqual({
        error: {
          code: 'forbidden',
          message: `this needs a token with the scope ${scope}; yours has ${each}`,
          where: null,
        },
      });
    }
    const none = await send(method, path, {}, body);
    expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/Bearer realm="ruawatch"$/)]); // prettier-ignore
    expect((await send(method, path, bearer(tokenOf(scope)), body)).status).toBe(status);
  },
);

test('a token with two scopes may do both, and as a password it only reads', async () => {
  await open();
  add('grafana', ['read', 'admin']);
  const token = tokenOf('grafana');
  expect((await send('GET', '/api/v1/domains', bearer(token))).status).toBe(200);
  expect((await send('POST', '/api/v1/alerts/al_1/ack', bearer(token))).status).toBe(200);
  expect((await send('GET', '/', basic(token))).status).toBe(200);
  expect((await send('POST', '/api/v1/alerts/al_1/ack', basic(token))).status).toBe(401);
});

test('the configured tokens stay what they are beside stored ones', async () => {
  await open({ api_token: 'an-api-token-of-ours', push_token: 'a-push-token-of-ours' });
  add('read');
  const [api, push] = [bearer('an-api-token-of-ours'), bearer('a-push-token-of-ours')];
  for (const { status, method, path, body } of routes) {
    expect([path, (await send(method, path, api, body)).status]).toEqual([path, status]);
  }
  expect((await send('POST', '/api/v1/mails', push, 'Subject: y\r\n\r\n')).status).toBe(202);
  expect((await send('GET', '/api/v1/domains', push)).status).toBe(403);
  expect((await send('POST', '/api/v1/alerts/al_1/ack', push)).status).toBe(403);
});

test('the first stored token closes reading, and revoking it does not open it again', async () => {
  await open();
  const read = async (headers: Headers = {}) => (await send('GET', '/api/v1/domains', headers)).status;
  expect(await read()).toBe(200);
  add('push');
  expect(await read()).toBe(401);
  for (const path of ['/healthz', '/metrics'])
    expect([path, (await send('GET', path, {})).status]).toEqual([path, 200]);
  expect(revokeTokenIn(server.store.path, { name: 'push', forget: false, now })).toBe('revoked');
  expect(await read()).toBe(401);
  expect(revokeTokenIn(server.store.path, { name: 'push', forget: true, now })).toBe('last');
  expect(await read()).toBe(200);
});

test('a revoked token is refused from the next request on, and told so', async () => {
  await open();
  add('read');
  expect((await send('GET', '/api/v1/domains', bearer(tokenOf('read')))).status).toBe(200);
  revokeTokenIn(server.store.path, { name: 'read', forget: false, now });
  const refused = await send('GET', '/api/v1/domains', bearer(tokenOf('read')));
  expect(refused.status).toBe(401);
  expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="ruawatch", error="invalid_token"');
  expect(await refused.json()).toMatchObject({
    error: { code: 'unauthorized', message: expect.stringMatching(/^the token is revoked; /) as string },
  });
});

test('a token is taken until the second before it expires', async () => {
  await open();
  add('read', ['read'], now + 60);
  const read = () => send('GET', '/api/v1/domains', bearer(tokenOf('read')));
  server.clock.advance(59_000);
  expect((await read()).status).toBe(200);
  server.clock.advance(1_000);
  const refused = await read();
  expect(refused.status).toBe(401);
  expect(await refused.json()).toMatchObject({
    error: { message: expect.stringMatching(/^the token has expired; /) as string },
  });
});

test.each([
  ['another one of the same form', tokenOf('reader')],
  ['all but its last character', tokenOf('read').slice(0, -1)],
  ['its digest in hex', tokenDigest(tokenOf('read')).toString('hex')],
  ['its name', 'read'],
  ['nothing', ''],
])('instead of the token, %s is refused', async (_what, shown) => {
  await open();
  add('read');
  expect((await send('GET', '/api/v1/domains', bearer(shown))).status).toBe(401);
  expect((await send('GET', '/api/v1/domains', basic(shown))).status).toBe(401);
});

test('the day of the last use is kept, once a day', async () => {
  await open();
  add('read');
  const day = async () => (await server.reader.apiTokens())[0]?.last_used_day;
  expect(await day()).toBe(null);
  await send('GET', '/api/v1/domains', bearer(tokenOf('read')));
  expect(await day()).toBe(Date.UTC(2026, 2, 10) / 1000);
  const version = await server.reader.version();
  await send('GET', '/api/v1/domains', bearer(tokenOf('read')));
  expect(await server.reader.version()).toBe(version);
  server.clock.advance(86_400_000);
  await send('GET', '/api/v1/domains', bearer(tokenOf('read')));
  expect(await day()).toBe(Date.UTC(2026, 2, 11) / 1000);
});

test('the token of the configuration is good while the store cannot be read', async () => {
  await open({ api_token: 'an-api-token-of-ours' });
  server.reader.close();
  expect((await send('GET', '/api/docs/json', bearer('an-api-token-of-ours'))).status).toBe(200);
  expect((await send('GET', '/api/docs/json', bearer('another-token-of-ours'))).status).toBe(500);
});

test('a client may guess so often in a minute, and is not listened to after that', async () => {
  await open();
  add('read');
  const read = (token: string) => send('GET', '/api/v1/domains', bearer(token));
  for (let i = 0; i < limits.httpWrongTokensPerMinute; i++) expect((await read(`guess-${i}`)).status).toBe(401);
  server.clock.advance(15_000);
  const over = await read(tokenOf('read'));
  expect([over.status, over.headers.get('retry-after')]).toEqual([429, '45']);
  expect((await send('POST', '/api/v1/mails', bearer('guess'), 'x')).status).toBe(429);
  expect((await send('GET', '/api/v1/domains', {})).status).toBe(401);
  expect((await send('GET', '/healthz', {})).status).toBe(200);
  server.clock.advance(45_000);
  expect((await read(tokenOf('read'))).status).toBe(200);
});

test('one guess less than that locks nobody out, and one wrong token again and again is one guess', async () => {
  await open();
  add('read');
  const read = async (token: string) => (await send('GET', '/api/v1/domains', bearer(token))).status;
  for (let i = 1; i < limits.httpWrongTokensPerMinute; i++) expect(await read(`guess-${i}`)).toBe(401);
  for (let i = 0; i < limits.httpWrongTokensPerMinute; i++) expect(await read('guess-1')).toBe(401);
  expect(await read(tokenOf('read'))).toBe(200);
});

test('as many clients as the bound are counted each by itself, and those beyond together', async () => {
  await open();
  const wrong = new WrongTokens({ httpWrongTokensPerMinute: 1, httpClients: limits.httpClients });
  for (let i = 0; i < limits.httpClients; i++) wrong.add(`client ${i}`, tokenDigest('x'), 0);
  expect([wrong.isOver('client 0', 0), wrong.isOver('one more', 0)]).toEqual([true, false]);
  wrong.add('one more', tokenDigest('x'), 0);
  expect([wrong.isOver('one more', 0), wrong.isOver('and one', 0)]).toEqual([true, true]);
  expect(wrong.isOver('client 0', 60_000)).toBe(false);
});

test('an address that others reach is not called open once a token is stored', async () => {
  const store = sampleStore();
  const added = { name: 'a', digest: tokenDigest('a'), scopes: ['read'] as const, made_at: now, expires_at: null };
  addTokenIn(store.path, added);
  server = await sampleServer({ listen: '0.0.0.0:0' }, store);
  expect(server.logged()).not.toContain('are open to whoever');
  const metrics = `http://127.0.0.1:${new URL(server.address).port}/metrics`;
  expect((await fetch(metrics)).status).toBe(401);
  expect((await fetch(metrics, { headers: bearer('a') })).status).toBe(200);
});
