import { afterEach, expect, test } from 'vitest';
import type { Config } from '../../src/config/config.js';
import { sampleServer } from '../support/sample-server.js';
import type { SampleServer } from '../support/sample-server.js';

const token = 'an-api-token-of-ours';
const bearer = { authorization: `Bearer ${token}` };
let server: SampleServer;
afterEach(() => server.close());

async function open(changes: Partial<Config> = { api_token: token }): Promise<void> {
  server = await sampleServer(changes);
}

function post(what: string, init: RequestInit = {}, id = 'al_1'): Promise<Response> {
  return fetch(`${server.address}/api/v1/alerts/${id}/${what}`, { method: 'POST', headers: bearer, ...init });
}

test('an alert is taken in hand, and the page shows it', async () => {
  await open();
  const response = await post('ack');
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ alert_id: 'al_1', status: 'open', ignored_until: null });
  const page = await (await server.get('/alerts/al_1', bearer)).text();
  expect(page).toMatch(/opened [^<]+, acknowledged /);
});

test('an alert is ignored until a day, which a parameter or a JSON body names', async () => {
  await open();
  const first = await post('ignore?until=2030-01-01');
  expect(await first.json()).toMatchObject({ ignored_until: '2030-01-01T00:00:00Z' });
  const headers = { ...bearer, 'content-type': 'application/json' };
  const second = await post('ignore', { headers, body: JSON.stringify({ until: '2031-02-03T04:05:06Z' }) });
  expect(await second.json()).toMatchObject({ ignored_until: '2031-02-03T04:05:06Z' });
  expect(await (await server.get('/alerts/al_1', bearer)).text()).toContain('ignored until 2031-02-03');
});

test.each(['', '?until=2001-01-01', '?until=soon', '?until=2030-13-01'])('ignore%s is refused', async (query) => {
  await open();
  const response = await post(`ignore${query}`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { code: 'bad_parameter', where: 'until' } });
});

test('an alert is ended by hand once', async () => {
  await open();
  expect(await (await post('resolve')).json()).toMatchObject({ status: 'resolved', resolution: 'manual' });
  const again = await post('resolve');
  expect(again.status).toBe(409);
  expect(await again.json()).toMatchObject({ error: { code: 'resolved' } });
});

test('an alert that is not there is not found', async () => {
  await open();
  expect((await post('ack', {}, 'al_none')).status).toBe(404);
});

test('the bearer token is needed, and no browser can be made to send it', async () => {
  await open();
  expect((await post('ack', { headers: {} })).status).toBe(401);
  const basic = `Basic ${Buffer.from(`x:${token}`).toString('base64')}`;
  expect((await post('ack', { headers: { authorization: basic } })).status).toBe(401);
});

test('without a token nobody changes alerts', async () => {
  await open({});
  expect((await post('ack')).status).toBe(403);
});
