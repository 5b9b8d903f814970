import { afterEach, beforeEach, expect, test } from 'vitest';
import { limits } from '../../src/config/limits.js';
import { networkOf, Requests } from '../../src/serve/rate.js';
import { sampleServer } from '../support/sample-server.js';
import type { SampleServer } from '../support/sample-server.js';
import { sumUp } from '../support/sums.js';

let server: SampleServer;
beforeEach(async () => {
  server = await sampleServer({ cors_origins: ['https://grafana.example.org'] });
});
afterEach(() => server.close());

const daily = '/api/v1/stats/daily?from=2026-03-01&to=2026-03-05';

test('an answer that is known is not sent again until something is stored', async () => {
  const first = await server.get(daily);
  const tag = first.headers.get('etag') ?? '';
  expect(tag).toMatch(/^W\/".+"$/);
  expect(first.headers.get('cache-control')).toBe('private, no-cache');
  const again = await server.get(daily, { 'if-none-match': `"other", ${tag}` });
  expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', tag]);
  server.store.db
    .prepare("UPDATE daily_totals SET messages = 11 WHERE verdict = 'pass_both' AND day = 1772323200")
    .run();
  sumUp(server.store.db);
  const changed = await server.get(daily, { 'if-none-match': tag });
  expect(changed.status).toBe(200);
  expect(((await changed.json()) as { rows: { messages: number }[] }).rows[0]?.messages).toBe(13);
});

test('what depends on the clock is asked anew when the clock has moved', async () => {
  const tagOf = async (path: string) => (await server.get(path)).headers.get('etag');
  const [open, closed] = [await tagOf('/api/v1/stats/daily'), await tagOf(daily)];
  server.clock.advance(60_000);
  expect(await tagOf('/api/v1/stats/daily')).not.toBe(open);
  expect(await tagOf(daily)).toBe(closed);
  server.clock.advance(86_400_000);
  expect(await tagOf(daily)).not.toBe(closed);
});

test('refusals, the state of the service and alerts have no tag and are not kept', async () => {
  for (const path of ['/api/v1/stats/daily?group=x', '/api/v1/status', '/api/v1/alerts', '/']) {
    const { headers } = await server.get(path);
    expect([path, headers.get('etag'), headers.get('cache-control')]).toEqual([path, null, 'no-store']);
  }
});

test('a client may ask so often in a minute and no more, and is told when to come back', async () => {
  const counts = await Promise.all(
    Array.from({ length: 30 }, async () => {
      let refused = 0;
      for (let i = 0; i < limits.httpRequestsPerMinute / 30; i++)
        if ((await server.get('/api/nothing')).status === 429) refused++;
      return refused;
    }),
  );
  expect(counts.reduce((sum, each) => sum + each, 0)).toBe(0);
  server.clock.advance(15_000);
  const refused = await server.get('/api/v1/domains');
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '45']);
  expect(await refused.json()).toMatchObject({ error: { code: 'too_many' } });
  expect((await server.get('/healthz')).status).toBe(200);
  expect((await server.get('/api/v1/mails')).status).toBe(429);
  expect((await fetch(`${server.address}/api/v1/mails`, { method: 'POST' })).status).toBe(403);
  server.clock.advance(45_000);
  expect((await server.get('/api/v1/domains')).status).toBe(200);
}, 60_000);

test('clients beyond those that are counted share one count', () => {
  const few = new Requests({ httpRequestsPerMinute: 2, httpClients: 2 });
  const asked = ['a', 'b', 'c', 'd', 'e', 'a', 'a'].map((client) => few.admit(client, 0));
  expect(asked).toEqual([true, true, true, true, false, true, false]);
});

test('as many clients as the bound have a count of their own, and one more has not', () => {
  const clients = new Requests({ httpRequestsPerMinute: 1, httpClients: limits.httpClients });
  for (let i = 0; i < limits.httpClients; i++) expect(clients.admit(`client ${i}`, 0)).toBe(true);
  expect([clients.admit('one more', 0), clients.admit('and one', 0)]).toEqual([true, false]);
});

test('an IPv6 client is its /64, an IPv4 client its address however it is written', () => {
  expect(networkOf('2001:db8:1:2:3::4')).toBe(networkOf('2001:db8:1:2:ffff::1'));
  expect(networkOf('2001:db8:1:3::4')).not.toBe(networkOf('2001:db8:1:2::4'));
  expect(networkOf('::ffff:198.51.100.7')).toBe('198.51.100.7');
});

test('pages of a configured origin may read, also before they show the token', async () => {
  const origin = 'https://grafana.example.org';
  const read = await server.get('/api/v1/domains', { origin });
  expect(read.headers.get('access-control-allow-origin')).toBe(origin);
  const asked = await fetch(`${server.address}/api/v1/domains`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' },
  });
  expect([asked.status, asked.headers.get('access-control-allow-methods')]).toEqual([204, 'GET']);
});

test('pages of any other origin may not', async () => {
  const other = await server.get('/api/v1/domains', { origin: 'https://other.example' });
  expect(other.headers.get('access-control-allow-origin')).toBe(null);
  const plain = await sampleServer();
  const answer = await fetch(`${plain.address}/api/v1/domains`, {
    method: 'OPTIONS',
    headers: { origin: 'https://grafana.example.org', 'access-control-request-method': 'GET' },
  });
  expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([404, null]);
  await plain.close();
});
