import { afterAll, beforeAll, expect, test } from 'vitest';
import { Failure } from '../../src/base/failure.js';
import { sampleServer } from '../support/sample-server.js';
import type { SampleServer } from '../support/sample-server.js';
import { sampleStore } from '../support/sample-store.js';

let server: SampleServer;
beforeAll(async () => {
  server = await sampleServer();
});
afterAll(() => server.close());

const token = 'a-token-of-twenty-chars';
const basic = (password: string) => `Basic ${Buffer.from(`me:${password}`).toString('base64')}`;

test.each([
  ['/api/v1/domains?limit=0', 'limit'],
  ['/api/v1/domains?limit=1001', 'limit'],
  ['/api/v1/domains?limit=many', 'limit'],
  ['/api/v1/domains?form=1', 'form'],
  ['/api/v1/domains?from=yesterday', 'from'],
  ['/api/v1/domains?from=2026-02-30', 'from'],
  ['/api/v1/domains?to=99999999999999999', 'to'],
  ['/api/v1/domains?from=2026-03-02&to=2026-03-01', 'from'],
  ['/api/v1/domains?cursor=!!!', 'cursor'],
  ['/api/v1/reports?cursor=Nw', 'cursor'],
  ['/api/v1/stats/daily?group=colour', 'group'],
  ['/api/v1/stats/daily?source=not-an-ip', 'source'],
  ['/api/v1/stats/sources?result=maybe', 'result'],
  ['/api/v1/stats/variables', 'name'],
  ['/api/v1/mails?outcome=lost', 'outcome'],
  ['/api/v1/alerts?status=closed', 'status'],
  ['/api/v1/domains?domain=a&domain=b', 'domain'],
  [`/api/v1/domains?domain=${Array.from({ length: 501 }, (_, i) => `d${i}`).join(',')}`, 'domain'],
])('%s is refused and names the parameter', async (path, where) => {
  const response = await server.get(path);
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({ error: { code: 'bad_parameter', message: expect.stringContaining(where) as string, where } });
}); // prettier-ignore

test('a choice says what is allowed', async () => {
  const { error } = (await server.json('/api/v1/stats/daily?group=colour')) as { error: { message: string } };
  expect(error.message).toBe(
    'group must be one of none, result, disposition, reporter, source, domain, source_class, sender',
  );
});

test.each([
  '/api/v1/reports/99',
  '/api/v1/reports/99/records',
  '/api/v1/reports/x',
  '/api/v1/reports/0x1',
  '/api/v1/reports/1e3',
  '/api/v1/alerts/none',
  '/nowhere',
  '/api/v1',
])('%s is not found', async (path) => {
  const response = await server.get(path);
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ error: { code: 'not_found' } });
});

test('a store that breaks answers without a stack trace and is logged', async () => {
  const broken = await sampleServer();
  broken.reader.close();
  const response = await broken.get('/api/v1/domains');
  const body = await response.text();
  expect(response.status).toBe(500);
  expect(JSON.parse(body)).toEqual({
    error: { code: 'internal', message: 'ruawatch failed to answer; the log says why', where: null },
  });
  expect(broken.logged()).toContain('request failed');
  await broken.close();
});

test('with a token the API, the page and the documentation need it', async () => {
  const closed = await sampleServer({ api_token: token });
  const status = async (path: string, authorization?: string) =>
    (await closed.get(path, authorization === undefined ? {} : { authorization })).status;
  for (const path of ['/api/v1/domains', '/', '/api/docs/json', '/api/docs', '/nowhere']) {
    expect([path, await status(path)]).toEqual([path, 401]);
    expect([path, await status(path, 'Bearer wrong')]).toEqual([path, 401]);
  }
  expect(await status('/api/v1/domains', `Bearer ${token}`)).toBe(200);
  expect(await status('/nowhere', `Bearer ${token}`)).toBe(404);
  expect(await status('/', basic(token))).toBe(200);
  expect(await status('/api/docs/json', basic(token))).toBe(200);
  expect(await status('/', basic('wrong'))).toBe(401);
  for (const path of ['/healthz', '/metrics']) expect(await status(path)).toBe(200);
  expect(await status('/readyz')).toBe(503);
  const refused = await closed.get('/api/v1/domains');
  expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer /);
  expect(await refused.json()).toMatchObject({ error: { code: 'unauthorized' } });
  expect(closed.logged()).not.toContain(token);
  await closed.close();
});

test('everything that a page links to takes the token as the password', async () => {
  const closed = await sampleServer({ api_token: token, listen: '0.0.0.0:0' });
  const get = (path: string, headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${new URL(closed.address).port}${path}`, { headers });
  for (const path of ['/', '/alerts/al_1', '/api/v1/alerts/al_1', '/api/v1/domains', '/metrics', '/api/docs/json']) {
    expect([path, (await get(path, { authorization: basic(token) })).status]).toEqual([path, 200]);
    expect([path, (await get(path, { authorization: basic('wrong') })).status]).toEqual([path, 401]);
  }
  await closed.close();
});

test('pages and browsers are asked for a password, programs for the token', async () => {
  const closed = await sampleServer({ api_token: token });
  const asked = async (path: string, accept: string) =>
    (await closed.get(path, { accept })).headers.get('www-authenticate');
  for (const path of ['/', '/alerts/al_1', '/alerts/none', '/api/docs']) {
    expect([path, await asked(path, '*/*')]).toEqual([path, expect.stringMatching(/^Basic .*Bearer /)]);
  }
  expect(await asked('/api/v1/alerts/al_1', 'text/html,*/*;q=0.8')).toMatch(/^Basic .*Bearer /);
  expect(await asked('/api/v1/alerts/al_1', 'application/json')).toBe('Bearer realm="ruawatch"');
  await closed.close();
});

test.each(['/alerts/none', `/alerts/${'a'.repeat(101)}`, '/nowhere'])(
  'a browser that asks for %s gets a small page',
  async (path) => {
    const response = await server.get(path, { accept: 'text/html' });
    const page = await response.text();
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toMatch(/style-src 'unsafe-inline'/);
    expect(page).toContain('<h1>ruawatch: Not found</h1>');
    expect(page).toContain('href="/"');
  },
);

test('a path in an error page is escaped, and the API answers JSON to browsers too', async () => {
  const page = await (await server.get("/'&<script>", { accept: 'text/html' })).text();
  expect(page).not.toContain('<script');
  const answer = await server.get('/api/v1/alerts/none', { accept: 'text/html' });
  expect(await answer.json()).toMatchObject({ error: { code: 'not_found' } });
});

test('metrics need the token when others can reach the listener', async () => {
  const open = await sampleServer({ api_token: token, listen: '0.0.0.0:0' });
  const port = new URL(open.address).port;
  const get = (headers: Record<string, string>) => fetch(`http://127.0.0.1:${port}/metrics`, { headers });
  expect((await get({})).status).toBe(401);
  expect((await get({ authorization: `Bearer ${token}` })).status).toBe(200);
  await open.close();
});

/** What a server throws that cannot listen there. */
async function refusedListen(listen: string): Promise<unknown> {
  const store = sampleStore();
  try {
    return await sampleServer({ listen }, store).catch((error: unknown) => error);
  } finally {
    store.close();
  }
}

test('a port that is taken is a Failure that names the setting', async () => {
  const listen = new URL(server.address).host;
  const failure = await refusedListen(listen);
  expect(failure).toBeInstanceOf(Failure);
  expect(failure).toMatchObject({ exitCode: 2, message: `cannot listen on ${listen}: EADDRINUSE` });
  expect((failure as Failure).hint).toContain('RUAWATCH_LISTEN');
});

test('an address of another machine is a Failure that names the setting', async () => {
  const failure = await refusedListen('198.51.100.1:0');
  expect(failure).toMatchObject({ exitCode: 2, hint: expect.stringContaining('RUAWATCH_LISTEN') as string });
});

test('a request body and a giant header are turned away', async () => {
  const body = await fetch(`${server.address}/api/v1/domains`, { method: 'POST', body: 'x'.repeat(10_000) });
  expect([404, 413, 415]).toContain(body.status);
  const header = await server.get('/healthz', { 'x-large': 'x'.repeat(20_000) });
  expect(header.status).toBe(431);
});
