import { once } from 'node:events';
import { ImapFlow } from 'imapflow';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openImapServer, type ImapServer } from '../../src/demo/demo.js';

const user = 'reader';
const password = 'p"a\\ss wörd';
/** 2026-03-31 06:30:15 UTC. */
const received = 1_774_938_615;
const first = Buffer.from('Subject: one\r\nX-Kind: a\r\n\r\nfirst body\r\n');
const second = Buffer.concat([Buffer.from('Subject: two\r\n\r\n'), Buffer.from([0x80, 0xff, 0x0d, 0x0a])]);

let server: ImapServer;
const clients: ImapFlow[] = [];

async function connect(options: { pass?: string; loginMethod?: 'LOGIN' | 'AUTH=PLAIN' } = {}): Promise<ImapFlow> {
  const { pass = password, loginMethod } = options;
  const client = new ImapFlow({
    host: server.host,
    port: server.port,
    secure: false,
    doSTARTTLS: false,
    auth: { user, pass, ...(loginMethod === undefined ? {} : { loginMethod }) },
    logger: false,
    disableAutoIdle: true,
  });
  client.on('error', () => undefined);
  clients.push(client);
  await client.connect();
  return client;
}

beforeEach(async () => {
  server = await openImapServer({ user, password, uidValidity: 77 });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.close();
});

describe('logging in with imapflow', () => {
  it('works with AUTHENTICATE PLAIN and with LOGIN, whatever is in the password', async () => {
    for (const loginMethod of ['AUTH=PLAIN', 'LOGIN'] as const) {
      const client = await connect({ loginMethod });
      expect(client.authenticated).toBe(true);
      expect(client.serverInfo).toMatchObject({ name: 'ruawatch demo' });
      await client.logout();
    }
  });

  it('is refused with a wrong password', async () => {
    for (const loginMethod of ['AUTH=PLAIN', 'LOGIN'] as const) {
      await expect(connect({ pass: 'guess', loginMethod })).rejects.toMatchObject({
        authenticationFailed: true,
        serverResponseCode: 'AUTHENTICATIONFAILED',
      });
    }
  });
});

describe('looking at folders with imapflow', () => {
  it('lists the INBOX and created folders with their status', async () => {
    server.append({ raw: first, receivedAt: received });
    const client = await connect();
    expect(await client.mailboxCreate('Reports/Done')).toMatchObject({ path: 'Reports/Done', created: true });
    expect(await client.mailboxCreate('Reports/Done')).toMatchObject({ created: false });
    const folders = await client.list({ statusQuery: { messages: true, unseen: true, uidNext: true } });
    expect(folders.map(({ path, delimiter }) => ({ path, delimiter }))).toEqual([
      { path: 'INBOX', delimiter: '/' },
      { path: 'Reports/Done', delimiter: '/' },
    ]);
    expect(folders[0]?.status).toMatchObject({ messages: 1, unseen: 1, uidNext: 2 });
  });

  it('tells status, UIDVALIDITY and UIDNEXT', async () => {
    server.append({ raw: first, receivedAt: received });
    const client = await connect();
    const status = await client.status('INBOX', { messages: true, uidNext: true, uidValidity: true, unseen: true });
    expect(status).toMatchObject({ messages: 1, uidNext: 2, uidValidity: 77n, unseen: 1 });
    const opened = await client.mailboxOpen('INBOX', { readOnly: true });
    expect(opened).toMatchObject({ exists: 1, uidValidity: 77n, uidNext: 2, readOnly: true });
    await expect(client.mailboxOpen('Nowhere')).rejects.toMatchObject({ mailboxMissing: true });
  });
});

describe('reading with imapflow', () => {
  it('finds by ALL, by UID range, by flag, by size and by date', async () => {
    for (const raw of [first, second, first]) server.append({ raw, receivedAt: received });
    server.append({ raw: first, receivedAt: received + 86_400 });
    const client = await connect();
    await client.mailboxOpen('INBOX');
    await client.messageFlagsAdd('2', ['\\Seen'], { uid: true });
    const find = (query: Parameters<ImapFlow['search']>[0]) => client.search(query, { uid: true });
    expect(await find({ all: true })).toEqual([1, 2, 3, 4]);
    expect(await find({ uid: '2:*' })).toEqual([2, 3, 4]);
    expect(await find({ uid: '9:*' })).toEqual([4]);
    expect(await find({ seen: false })).toEqual([1, 3, 4]);
    expect(await find({ not: { uid: '1,3' } })).toEqual([2, 4]);
    expect(await find({ or: [{ uid: '1' }, { seen: true }] })).toEqual([1, 2]);
    expect(await find({ larger: second.length })).toEqual([1, 3, 4]);
    expect(await find({ since: new Date('2026-04-01T00:00:00Z') })).toEqual([4]);
    expect(await find({ before: new Date('2026-04-01T00:00:00Z') })).toEqual([1, 2, 3]);
  });

  it('fetches whole mails, byte for byte, with size and date, and leaves them unseen', async () => {
    server.append({ raw: first, receivedAt: received });
    server.append({ raw: second, receivedAt: received + 60 });
    const client = await connect();
    await client.mailboxOpen('INBOX');
    const found = await client.fetchAll(
      '1:2',
      { uid: true, flags: true, size: true, internalDate: true, source: true },
      { uid: true },
    );
    expect(found.map(({ source }) => source)).toEqual([first, second]);
    expect(found.map(({ uid, size }) => [uid, size])).toEqual([
      [1, 39],
      [2, 20],
    ]);
    expect(found[0]?.internalDate).toEqual(new Date('2026-03-31T06:30:15Z'));
    expect(found.every(({ flags }) => flags?.size === 0)).toBe(true);
  });

  it('fetches headers and a part of the bytes', async () => {
    server.append({ raw: first, receivedAt: received });
    const client = await connect();
    await client.mailboxOpen('INBOX');
    const message = await client.fetchOne(
      '1',
      { headers: ['x-kind'], source: { start: 9, maxLength: 3 } },
      { uid: true },
    );
    expect(message && message.headers?.toString()).toBe('X-Kind: a\r\n\r\n');
    expect(message && message.source?.toString()).toBe('one');
  });

  it('serves a mail of 20 MiB', async () => {
    const raw = Buffer.alloc(20 * 1024 * 1024, 'x');
    server.append({ raw, receivedAt: received });
    const client = await connect();
    await client.mailboxOpen('INBOX');
    const message = await client.fetchOne('1', { source: true }, { uid: true });
    expect(message && message.source?.equals(raw)).toBe(true);
  });
});

describe('changing with imapflow', () => {
  it('adds and removes flags', async () => {
    server.append({ raw: first, receivedAt: received });
    const client = await connect();
    await client.mailboxOpen('INBOX');
    await client.messageFlagsAdd('1', ['\\Seen', '$Reported'], { uid: true });
    expect(await client.fetchOne('1', { flags: true }, { uid: true })).toMatchObject({
      flags: new Set(['\\Seen', '$Reported']),
    });
    await client.messageFlagsRemove('1', ['\\Seen'], { uid: true });
    expect(await client.fetchOne('1', { flags: true }, { uid: true })).toMatchObject({ flags: new Set(['$Reported']) });
  });

  it('copies and moves to another folder and says the new UIDs', async () => {
    for (const raw of [first, second, first]) server.append({ raw, receivedAt: received });
    const client = await connect();
    await client.mailboxCreate('Done');
    await client.mailboxOpen('INBOX');
    expect(await client.messageCopy('1', 'Done', { uid: true })).toMatchObject({ uidMap: new Map([[1, 1]]) });
    expect(await client.messageMove('2:3', 'Done', { uid: true })).toMatchObject({
      uidMap: new Map([
        [2, 2],
        [3, 3],
      ]),
    });
    expect(await client.search({ all: true }, { uid: true })).toEqual([1]);
    expect(await client.messageMove('1', 'Nowhere', { uid: true })).toBe(false);
    await client.mailboxOpen('Done');
    const moved = await client.fetchOne('2', { source: true, internalDate: true }, { uid: true });
    expect(moved && moved.source).toEqual(second);
    expect(moved && moved.internalDate).toEqual(new Date(received * 1000));
  });

  it('deletes the named mails and no others that are flagged', async () => {
    for (const raw of [first, second, first]) server.append({ raw, receivedAt: received });
    const client = await connect();
    await client.mailboxOpen('INBOX');
    await client.messageFlagsAdd('3', ['\\Deleted'], { uid: true });
    expect(await client.messageDelete('1', { uid: true })).toBe(true);
    expect(await client.search({ all: true }, { uid: true })).toEqual([2, 3]);
  });

  it('changes nothing in a folder opened read-only', async () => {
    server.append({ raw: first, receivedAt: received });
    const client = await connect();
    await client.mailboxOpen('INBOX', { readOnly: true });
    expect(await client.messageFlagsAdd('1', ['\\Seen'], { uid: true })).toBe(false);
    expect(await client.messageMove('1', 'INBOX', { uid: true })).toBe(false);
    expect(await client.fetchOne('1', { flags: true }, { uid: true })).toMatchObject({ flags: new Set() });
  });
});

describe('news', () => {
  it('of an appended mail wakes a client in IDLE, which can then fetch it', async () => {
    server.append({ raw: first, receivedAt: received });
    const client = await connect();
    await client.mailboxOpen('INBOX');
    const told = once(client, 'exists');
    const idling = client.idle();
    const uid = server.append({ raw: second, receivedAt: received });
    expect((await told)[0]).toMatchObject({ path: 'INBOX', count: 2, prevCount: 1 });
    const message = await client.fetchOne(String(uid), { source: true }, { uid: true });
    expect(message && message.source).toEqual(second);
    await idling;
  });

  it('of an appended mail comes with NOOP', async () => {
    const client = await connect();
    await client.mailboxOpen('INBOX');
    const told = once(client, 'exists');
    server.append({ raw: first, receivedAt: received });
    await client.noop();
    expect((await told)[0]).toMatchObject({ count: 1 });
  });

  it('of a mail moved away by another client comes as an expunge', async () => {
    server.append({ raw: first, receivedAt: received });
    server.append({ raw: second, receivedAt: received });
    const watcher = await connect();
    const mover = await connect();
    await mover.mailboxCreate('Done');
    await watcher.mailboxOpen('INBOX');
    await mover.mailboxOpen('INBOX');
    const told = once(watcher, 'expunge');
    await mover.messageMove('1', 'Done', { uid: true });
    await watcher.noop();
    expect((await told)[0]).toMatchObject({ path: 'INBOX', seq: 1 });
    const left = await watcher.fetchOne('1', { uid: true });
    expect(left && left.uid).toBe(2);
  });
});

describe('closing', () => {
  it('hangs up on its clients', async () => {
    const client = await connect();
    const gone = once(client, 'close');
    await server.close();
    await gone;
    expect(client.usable).toBe(false);
  });
});
