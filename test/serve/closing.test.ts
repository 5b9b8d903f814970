import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { createMetrics, createHealth, openLog } from '../../src/observe/observe.js';
import { openServer } from '../../src/serve/serve.js';
import { openStoreReader } from '../../src/store/reader.js';
import { handClock, sampleConfig, sampleServer } from '../support/sample-server.js';
import { sampleNow, sampleStore } from '../support/sample-store.js';

test('a connection that only waits does not hold the end up', async () => {
  const server = await sampleServer();
  await (await server.get('/healthz')).text();
  await server.close();
  await expect(fetch(`${server.address}/healthz`)).rejects.toThrow();
});

test('a request that never ends is cut when the time to drain is over', async () => {
  const store = sampleStore();
  const reader = openStoreReader(store.path);
  let asked = 0;
  const hand = handClock(sampleNow);
  // No waiting in the test: the time to drain is over at once.
  const clock = { ...hand, sleep: (ms: number) => ((asked = ms), Promise.resolve()) };
  const metrics = createMetrics({
    clock, version: '1', domains: [], maxDomains: 1, mailboxes: [], channels: [], rules: {},
    stats: () => reader.domainStats(sampleNow / 1000), counters: () => reader.counters(),
  }); // prettier-ignore
  const deps = { config: sampleConfig(store.path), reader, metrics, health: createHealth([], clock), clock, log: openLog({ level: 'silent' }), deliver: () => Promise.resolve([]), decide: () => Promise.resolve(false), act: () => Promise.resolve('gone' as const), tokenUsed: () => Promise.resolve(), version: '1' }; // prettier-ignore
  const server = await openServer(deps);
  const socket = connect(Number(new URL(server.address).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\nX-Half: ');
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  await fetch(`${server.address}/healthz`);
  await server.close();
  await closed;
  expect(asked).toBe(5_000);
  reader.close();
  store.close();
});
