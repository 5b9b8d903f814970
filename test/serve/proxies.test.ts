import { afterEach, expect, it } from 'vitest';
import { limits } from '../../src/config/limits.js';
import { clientOf } from '../../src/serve/rate.js';
import { ask } from '../support/raw-http.js';
import { sampleServer } from '../support/sample-server.js';
import type { SampleServer } from '../support/sample-server.js';

const token = 'an-api-token-of-ours';
const most = limits.httpWrongTokensPerMinute;

let server: SampleServer;
afterEach(() => server.close());

async function open(...trusted_proxies: string[]): Promise<void> {
  server = await sampleServer({ api_token: token, trusted_proxies });
}

/** The status that a client gets which the proxy names so. */
async function read(forwarded: string, shown: string): Promise<number> {
  const headers = { 'x-forwarded-for': forwarded, authorization: `Bearer ${shown}` };
  return (await ask(server.address, '/api/v1/domains', headers)).status;
}

async function guess(forwarded: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) expect(await read(forwarded, `guess-${i}`)).toBe(401);
}

it('who guesses behind a trusted proxy is refused alone', async () => {
  await open('127.0.0.1');
  await guess('198.51.100.7', most);
  expect(await read('198.51.100.7', token)).toBe(429);
  expect(await read('198.51.100.8', token)).toBe(200);
  expect(server.logged().match(/too many wrong tokens/g)).toHaveLength(1);
  expect(server.logged()).toContain('"client":"198.51.100.7"');
});

it('one guess less than that is no reason for a line in the log', async () => {
  await open('127.0.0.1');
  await guess('198.51.100.7', most - 1);
  expect(server.logged()).not.toContain('too many wrong tokens');
  expect(await read('198.51.100.7', token)).toBe(200);
});

it('many that guess in one minute make one line in the log', async () => {
  await open('127.0.0.1');
  for (let i = 1; i <= 3; i++) await guess(`198.51.100.${i}`, most);
  expect(server.logged().match(/too many wrong tokens/g)).toHaveLength(1);
});

it('without a trusted proxy nobody chooses an address, and all behind the proxy are one', async () => {
  await open();
  for (let i = 0; i < most; i++) expect(await read(`198.51.100.${i}`, `guess-${i}`)).toBe(401);
  expect(await read('198.51.100.200', token)).toBe(429);
  expect(server.logged()).toContain('"client":"127.0.0.1"');
});

it('what a client claims itself stands left of what the proxy adds, and is not believed', async () => {
  await open('127.0.0.0/8');
  for (let i = 0; i < most; i++) expect(await read(`203.0.113.${i}, 198.51.100.7`, `guess-${i}`)).toBe(401);
  expect(await read('203.0.113.200, 198.51.100.7', token)).toBe(429);
  expect(await read('198.51.100.7, 203.0.113.1', token)).toBe(200);
});

it('a chain of trusted proxies is followed to the first that is not one', async () => {
  await open('127.0.0.1', '2001:db8::/32');
  await guess('198.51.100.7, 2001:db8::1', most);
  expect(await read('198.51.100.7', token)).toBe(429);
  expect(await read('198.51.100.8, 2001:db8::1', token)).toBe(200);
});

it('what is no address counts for the proxy that passed it on', async () => {
  await open('127.0.0.1');
  for (let i = 0; i < most; i++) expect(await read(`unknown-${i}`, `guess-${i}`)).toBe(401);
  expect(await read('x'.repeat(5_000), token)).toBe(429);
  expect(await read('198.51.100.8', token)).toBe(200);
  const socket = { remoteAddress: '2001:db8:1:2::3' } as Parameters<typeof clientOf>[0]['socket'];
  expect(clientOf({ ip: '198.51.100.7:4711', socket })).toBe(clientOf({ ip: '2001:db8:1:2::9', socket }));
});
