import { createServer, request } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { topFrom } from '../../src/serve/markup.js';
import { portOf } from '../support/ports.js';
import { sampleServer } from '../support/sample-server.js';
import type { SampleServer } from '../support/sample-server.js';

const prefix = '/mail/dmarc';

let server: SampleServer;
let proxy: Server;
let outside: string;

/** A reverse proxy as docs/deploy.md wants it: it takes its own path away and passes the rest on. */
function pass(from: IncomingMessage, to: ServerResponse): void {
  const path = from.url ?? '';
  if (!path.startsWith(`${prefix}/`)) {
    to.writeHead(418).end('this is not ruawatch');
    return;
  }
  const options = { method: from.method, headers: from.headers };
  const onward = request(server.address + path.slice(prefix.length), options, (answer) => {
    to.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(to);
  });
  from.pipe(onward);
}

beforeAll(async () => {
  server = await sampleServer({ public_url: 'https://example.org/mail/dmarc/' });
  proxy = createServer(pass).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  outside = `http://127.0.0.1:${portOf(proxy)}${prefix}/`;
});
afterAll(async () => {
  proxy.closeAllConnections();
  proxy.close();
  await server.close();
});

const asBrowser = { headers: { accept: 'text/html' } };

/** Every address that a page links to or loads, as a browser resolves it. */
async function linksOf(address: string): Promise<string[]> {
  const page = await (await fetch(address, asBrowser)).text();
  const found = [...page.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, link = '']) => link.replaceAll('&amp;', '&'));
  return found.map((link) => new URL(link, address).href);
}

async function deadOnes(links: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(links.map(async (link) => ({ link, status: (await fetch(link)).status })));
  // Nothing polls the mailbox of the sample, so /readyz answers 503.
  return answers
    .filter(({ status }) => status !== 200 && status !== 503)
    .map(({ link, status }) => `${status} ${link}`);
}

describe('behind a proxy that serves it under a path', () => {
  it('every link of the overview leads back to ruawatch', async () => {
    const links = await linksOf(outside);
    expect(links.length).toBeGreaterThan(5);
    expect(links.some((link) => link.includes('/alerts/'))).toBe(true);
    expect(links.some((link) => link.includes('?domain='))).toBe(true);
    expect(await deadOnes(links)).toEqual([]);
  });

  it('every link of an alert leads back to ruawatch', async () => {
    const alert = (await linksOf(outside)).find((link) => link.includes('/alerts/')) ?? '';
    const links = await linksOf(alert);
    expect(links).toContain(outside);
    expect(links.length).toBeGreaterThan(2);
    expect(await deadOnes(links)).toEqual([]);
  });

  it.each(['nothing', 'nothing/here/at/all', 'alerts/al_nothing'])(
    '%s is not found, and says the way back',
    async (path) => {
      expect((await fetch(outside + path, asBrowser)).status).toBe(404);
      expect(await linksOf(outside + path)).toEqual([outside]);
    },
  );

  it('the page of the API loads its parts, and tries paths below public_url', async () => {
    const parts = await linksOf(`${outside}api/docs/`);
    expect(parts.some((part) => part.endsWith('swagger-ui-bundle.js'))).toBe(true);
    expect(await deadOnes(parts)).toEqual([]);
    const document = (await (await fetch(`${outside}api/docs/json`)).json()) as { servers: unknown };
    expect(document.servers).toEqual([{ url: 'https://example.org/mail/dmarc' }]);
  });
});

it.each([
  ['/', './'],
  ['/metrics', './'],
  ['/alerts/al_1', '../'],
  ['/a/b/c', '../../'],
  ['*', './'],
  ['', './'],
])('the way from %s up is %s', (path, way) => {
  expect(topFrom(path)).toBe(way);
});
