import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, test } from 'vitest';
import { limits } from '../../src/config/limits.js';
import type { Config } from '../../src/config/config.js';
import { digestPath } from '../../src/base/digest.js';
import type { RawMail } from '../../src/model/raw-mail.js';
import { sampleServer } from '../support/sample-server.js';
import type { SampleServer } from '../support/sample-server.js';
import { insert, sampleStore } from '../support/sample-store.js';

const token = 'a-push-token-of-ours';
const apiToken = 'an-api-token-of-ours';
let server: SampleServer;
let delivered: RawMail[];
/** What storing does; by default a ledger line is written, as the thread would. */
let failure: Error | null;
let isUnsettled: boolean;
afterEach(() => server.close());

async function open(changes: Partial<Config> = { push_token: token }): Promise<void> {
  delivered = [];
  failure = null;
  isUnsettled = false;
  const store = sampleStore();
  server = await sampleServer(changes, store, async (mails) => {
    if (failure) throw failure;
    if (isUnsettled) return mails.map(() => null);
    delivered.push(...mails);
    for (const { origin, size } of mails) {
      insert(store.db, 'mails', { source: origin.source, folder: '', path: origin.path, size, processed_at: 1, outcome: 'bounce', reason: 'a bounce' }); // prettier-ignore
    }
    return mails.map(() => ({ outcome: 'bounce', reason: 'a bounce', reportIds: [] }));
  });
}

function post(body: string, headers: Readonly<Record<string, string>> = {}, query = ''): Promise<Response> {
  const { 'content-type': type = 'message/rfc822', ...others } = headers;
  const init = { authorization: `Bearer ${token}`, ...others, ...(type === '' ? {} : { 'content-type': type }) };
  return fetch(`${server.address}/api/v1/mails${query}`, {
    method: 'POST',
    headers: init,
    body: new Uint8Array(Buffer.from(body)),
  });
}

test('a mail is answered with its line in the ledger once it is committed', async () => {
  await open();
  const response = await post('Subject: x\r\n\r\nhello');
  expect(response.status).toBe(202);
  const [line] = await server.rows('/api/v1/mails?source=http&from=1970-01-01');
  expect(await response.json()).toEqual({ id: line?.['id'], outcome: 'bounce', reason: 'a bounce', report_ids: [], known: false }); // prettier-ignore
  expect(delivered).toMatchObject([
    { origin: { source: 'http', path: digestPath(Buffer.from('Subject: x\r\n\r\nhello')) }, size: 19, receivedAt: null, name: null },
  ]); // prettier-ignore
});

test('the same bytes again are answered with the same line and are not stored again', async () => {
  await open();
  const first = (await (await post('one')).json()) as { id: number };
  const again = await post('one');
  expect(again.status).toBe(200);
  expect(await again.json()).toMatchObject({ id: first.id, known: true });
  expect(((await (await post('two')).json()) as { id: number }).id).not.toBe(first.id);
  expect(delivered).toHaveLength(2);
});

test.each(['application/gzip', 'application/json', 'text/plain', 'application/x-www-form-urlencoded', ''])(
  'a report file may be called "%s"',
  async (type) => {
    await open();
    expect((await post('{"bytes":', { 'content-type': type }, '?name=a!b!1!2.xml')).status).toBe(202);
    expect(delivered[0]?.name).toBe('a!b!1!2.xml');
    expect(delivered[0]?.content).toEqual({ kind: 'bytes', bytes: Buffer.from('{"bytes":') });
  },
);

test('a pipe that hands its mail over has a source of its own, and nothing else can be claimed', async () => {
  await open();
  expect((await post('one', {}, '?source=stdin')).status).toBe(202);
  expect((await post('one', {}, '?source=http')).status).toBe(202);
  const refused = await post('one', {}, '?source=reports');
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({ error: { message: 'source must be one of http, stdin' } });
  expect(delivered.map(({ origin }) => origin.source)).toEqual(['stdin', 'http']);
});

test('a form, an empty body and an unknown parameter are refused', async () => {
  await open();
  expect((await post('x', { 'content-type': 'multipart/form-data; boundary=x' })).status).toBe(415);
  expect((await post('')).status).toBe(400);
  expect((await post('x', {}, '?file=x')).status).toBe(400);
  expect(delivered).toEqual([]);
});

test.each([
  ['no token', ''],
  ['a wrong token', 'Bearer a-push-token-of-hers'],
  ['the token as the password of a browser', `Basic ${Buffer.from(`x:${token}`).toString('base64')}`],
])('%s is not enough to post', async (_what, authorization) => {
  await open();
  const response = await post('x', { authorization });
  expect(response.status).toBe(401);
  expect(delivered).toEqual([]);
});

test('the API token may post too, and the push token may not read', async () => {
  await open({ push_token: token, api_token: apiToken });
  expect((await post('x')).status).toBe(202);
  expect((await post('y', { authorization: `Bearer ${apiToken}` })).status).toBe(202);
  expect((await server.get('/api/v1/mails', { authorization: `Bearer ${token}` })).status).toBe(403);
});

test('without any token nobody may post, though everybody may read', async () => {
  await open({});
  expect((await post('x')).status).toBe(403);
  expect((await server.get('/api/v1/mails')).status).toBe(200);
});

test.each(['rejects', 'leaves it unsettled'])('when the store %s the mail is to be sent again', async (how) => {
  await open();
  if (how === 'rejects') failure = new Error('the disk is full');
  else isUnsettled = true;
  const response = await post('x');
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('30');
  expect(await response.json()).toMatchObject({ error: { code: 'store_unavailable' } });
  failure = null;
  isUnsettled = false;
  expect((await post('x')).status).toBe(202);
});

/** The beginning of a request whose body never comes. */
async function begin(length: number | null): Promise<Socket> {
  const socket = connect(Number(new URL(server.address).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const size = length === null ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`;
  socket.write(`POST /api/v1/mails HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n${size}\r\n\r\n`);
  return socket;
}

async function statusOf(socket: Socket): Promise<string> {
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return /^HTTP\/1.1 (\d+)/.exec(chunk.toString('latin1'))?.[1] ?? '';
}

test('a body that is announced larger than the bound is refused before it comes, one at the bound is waited for', async () => {
  await open();
  const over = await begin(limits.mailBytes + 1);
  expect(await statusOf(over)).toBe('413');
  over.destroy();
  const within = await begin(limits.mailBytes);
  within.end();
  expect(await statusOf(within)).toBe('400');
});

test('a body of unknown length is refused as soon as it is a byte too long', async () => {
  await open();
  const socket = await begin(null);
  const answer = statusOf(socket);
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  for (let sent = 0; sent < limits.mailBytes; sent += chunk.length) socket.write(`100000\r\n${chunk.toString()}\r\n`);
  socket.write('1\r\nx\r\n');
  expect(await answer).toBe('413');
  socket.destroy();
});

test('a body that comes byte by byte takes no more memory than its bytes', async () => {
  await open();
  const heapInUse = (): number => {
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    return process.memoryUsage().heapUsed;
  };
  const socket = await begin(null);
  const answer = statusOf(socket);
  const bytes = 1_000_000;
  const send = async (text: string): Promise<void> => {
    await new Promise<void>((resolve) => socket.write(text, () => resolve()));
  };
  await send('1\r\nx\r\n');
  const before = heapInUse();
  for (let sent = 1; sent < bytes; sent += 10_000) await send('1\r\nx\r\n'.repeat(Math.min(10_000, bytes - sent)));
  // A Buffer alone takes some 90 bytes.
  expect(heapInUse() - before).toBeLessThan(bytes * 40);
  await send('0\r\n\r\n');
  expect(await answer).toBe('202');
  expect(delivered[0]?.size).toBe(bytes);
  socket.destroy();
});

test('bodies that arrive together have room for so many bytes; beyond it they are put off until one is through', async () => {
  await open();
  const first = await begin(limits.mailBytes);
  const second = await begin(limits.arrivingBytes - limits.mailBytes);
  await expect.poll(async () => (await post('x')).status).toBe(503);
  first.destroy();
  await expect.poll(async () => (await post('x')).status).toBeLessThan(300);
  second.destroy();
});

test('the OpenAPI page has the path', async () => {
  await open();
  const document = (await server.json('/api/docs/json')) as { paths: Record<string, { post?: { responses: object } }> };
  expect(Object.keys(document.paths['/api/v1/mails']?.post?.responses ?? {})).toEqual(expect.arrayContaining(['200', '202', '413', '503'])); // prettier-ignore
});
