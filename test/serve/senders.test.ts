import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSenders } from '../../src/store/store.js';
import { sampleServer } from '../support/sample-server.js';
import type { SampleServer } from '../support/sample-server.js';

let server: SampleServer;
const token = '0123456789abcdef';

beforeAll(async () => {
  server = await sampleServer({ api_token: token });
  const port = openSenders(server.store.db);
  const head = { step: 'dkim', evidence: 'DKIM d=mailer.example passes on 9 messages' } as const;
  await port.keepSources([{ domainId: 1, sourceId: 1, sender: 'mailer.example', bounces: 0, ...head }], 1_000);
  const sender = { name: 'mailer.example', title: 'Mailer', known: null, decision: null, ...head };
  const classified = { class: 'third_party', step: 6, evidence: 'not aligned' } as const;
  await port.keepSenders([{ domainId: 1, sender, kind: 'esp', classified }], 1_000);
});
afterAll(() => server.close());

const bearer = { authorization: `Bearer ${token}` };
const rows = async () => ((await (await server.get('/api/v1/senders', bearer)).json()) as { rows: object[] }).rows;

async function post(body: object, headers: Readonly<Record<string, string>> = bearer): Promise<[number, unknown]> {
  const response = await fetch(`${server.address}/api/v1/senders/decision`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return [response.status, await response.json()];
}

const said = { domain: 'example.com', sender: 'mailer.example', decision: 'ignore' };

test('a decision is shown with its end, its title and who said so, and is taken back', async () => {
  expect(await rows()).toMatchObject([
    { domain: 'example.com', sender: 'mailer.example', title: 'Mailer', decision: null },
  ]);
  const [status] = await post({ ...said, until: '2026-12-31', title: 'Ours' });
  expect(status).toBe(200);
  expect(await rows()).toMatchObject([
    { decision: 'ignore', decision_until: '2026-12-31T00:00:00Z', decided_by: 'the API', title: 'Ours' },
  ]);
  await post({ ...said, decision: 'none' });
  expect(await rows()).toMatchObject([{ decision: null, decision_until: null, title: 'Ours' }]);
});

test.each([
  [404, { ...said, sender: 'other.example' }],
  [404, { ...said, domain: 'other.example' }],
  [400, { ...said, decision: 'maybe' }],
  [400, { ...said, until: 'soon' }],
  [400, { domain: 'example.com' }],
])('%i answers %o', async (status, body) => expect((await post(body))[0]).toBe(status));

test('a body that is no JSON is refused by its type, with the type that is taken', async () => {
  const headers = { authorization: `Bearer ${token}` };
  const path = `${server.address}/api/v1/senders/decision`;
  const response = await fetch(path, { method: 'POST', headers, body: new URLSearchParams(said) });
  expect(response.status).toBe(415);
  expect(await response.json()).toMatchObject({
    error: { code: 'unsupported_type', message: 'a body must be JSON, with content-type: application/json' },
  });
});

test('a body that is broken JSON is a bad request', async () => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const path = `${server.address}/api/v1/senders/decision`;
  const response = await fetch(path, { method: 'POST', headers, body: '{"domain":' });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { code: 'bad_request' } });
});

test('a decision needs the token as a bearer token', async () => {
  expect((await post(said, {}))[0]).toBe(401);
  const basic = Buffer.from(`x:${token}`).toString('base64');
  expect((await post(said, { authorization: `Basic ${basic}` }))[0]).toBe(401);
});

test('nothing may be changed where no token is set', async () => {
  const open = await sampleServer();
  const response = await fetch(`${open.address}/api/v1/senders/decision`, { method: 'POST', body: '{}' });
  expect(response.status).toBe(403);
  await open.close();
});
