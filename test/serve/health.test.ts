import { expect, test } from 'vitest';
import { sampleServer } from '../support/sample-server.js';
import type { SampleServer } from '../support/sample-server.js';

const polled = { durationMs: 5, mails: 0 };
const failed = { durationMs: 5, reason: 'auth', message: 'LOGIN refused\u001b[2J', hint: '', retryInMs: 1 } as const;

async function ready(server: SampleServer) {
  const response = await server.get('/readyz');
  const { checks } = (await response.json()) as { checks: { name: string; ok: boolean; detail: string }[] };
  return { code: response.status, ok: Object.fromEntries(checks.map(({ name, ok }) => [name, ok])), checks };
}

test('the service is ready after the first poll and until ten minutes without one', async () => {
  const server = await sampleServer();
  expect(await ready(server)).toMatchObject({ code: 503, ok: { store: true, 'mailbox inbox': false } });
  server.events.pollSucceeded('inbox', polled);
  expect(await ready(server)).toMatchObject({ code: 200 });
  server.clock.advance(900_000);
  expect(await ready(server)).toMatchObject({ code: 200 });
  server.clock.advance(1_000);
  expect(await ready(server)).toMatchObject({ code: 503 });
  server.events.batchStored('inbox', { mails: 1, reports: 1, durationMs: 5 });
  expect(await ready(server)).toMatchObject({ code: 200 });
  await server.close();
});

test('a failing mailbox says why, in plain text', async () => {
  const server = await sampleServer();
  server.events.pollFailed('inbox', failed);
  const { code, checks } = await ready(server);
  expect(code).toBe(503);
  expect(checks[1]?.detail).toBe('not polled yet: LOGIN refused?[2J');
  expect((await server.json('/api/v1/status'))['mailboxes']).toMatchObject([{ name: 'inbox', up: false }]);
  expect(server.logged()).not.toContain('\\u001b');
  await server.close();
});

test('a store that cannot be read makes the service unready but alive', async () => {
  const server = await sampleServer();
  server.events.pollSucceeded('inbox', polled);
  server.reader.close();
  expect(await ready(server)).toMatchObject({ code: 503, ok: { store: false, 'mailbox inbox': true } });
  expect((await server.get('/healthz')).status).toBe(200);
  await server.close();
});

test('a store that could not be written the last time makes the service unready until it could', async () => {
  const server = await sampleServer();
  server.events.pollSucceeded('inbox', polled);
  server.health.stored('disk full\u001b[2J');
  const { code, checks } = await ready(server);
  expect(code).toBe(503);
  expect(checks[0]).toEqual({ name: 'store', ok: false, detail: 'it cannot be written: disk full?[2J' });
  server.health.stored(null);
  expect(await ready(server)).toMatchObject({ code: 200 });
  await server.close();
});

test('the status says how far a backlog is', async () => {
  const server = await sampleServer();
  const none = { backlog: 0, backlog_done: 0, backlog_per_second: null, backlog_seconds_left: 0 };
  expect((await server.json('/api/v1/status'))['mailboxes']).toMatchObject([{ name: 'inbox', ...none }]);
  server.events.backlog('inbox', { left: 300, oldest: 0, done: 200, perSecond: 12.5, secondsLeft: 24 });
  const some = { backlog: 300, backlog_done: 200, backlog_per_second: 12.5, backlog_seconds_left: 24 };
  expect((await server.json('/api/v1/status'))['mailboxes']).toMatchObject([{ name: 'inbox', ...some }]);
  await server.close();
});
