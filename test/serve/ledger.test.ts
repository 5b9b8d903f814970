import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStoreReader } from '../../src/store/reader.js';
import type { StoreReader } from '../../src/store/reader.js';
import { insert, march, sampleStore } from '../support/sample-store.js';
import type { SampleStore } from '../support/sample-store.js';

let store: SampleStore;
let reader: StoreReader;
beforeAll(() => {
  store = sampleStore();
  reader = openStoreReader(store.path);
});
afterAll(() => {
  reader.close();
  store.close();
});

test('mails with a ledger line are not unseen', () => {
  expect(reader.unseenUids('inbox', 'INBOX', 9, [1, 2, 7, 8, 20])).toEqual([8, 20]);
  expect(reader.unseenUids('inbox', 'INBOX', 9, [])).toEqual([]);
});

test('of mails with a ledger line it is told what became of them', () => {
  const known = reader.settledMails('inbox', 'INBOX', 9, [2, 7, 8, 20]);
  expect(known.map(({ uid }) => uid)).toEqual([2, 7]);
  const outcome = store.db.prepare('SELECT outcome FROM mails WHERE uid_validity = 9 AND uid = 2').pluck().get();
  expect(known[0]?.outcome).toBe(outcome);
  expect(reader.settledMails('inbox', 'INBOX', 9, [])).toEqual([]);
  expect(reader.settledMails('other', 'INBOX', 9, [2])).toEqual([]);
});

test('mails with a stored report are found by size and date, once they were read before a time', () => {
  const line = { source: 'kept', folder: 'INBOX', uid_validity: 9, size: 70, received_at: 1000, reason: '' };
  const lines = [
    { uid: 1, processed_at: 2000, outcome: 'report', digest: Buffer.from('a1', 'hex') },
    { uid: 2, processed_at: 2000, outcome: 'duplicate', digest: Buffer.from('a2', 'hex') },
    { uid: 3, processed_at: 2001, outcome: 'report', digest: Buffer.from('a3', 'hex') },
    { uid: 4, processed_at: 2000, outcome: 'malformed', digest: Buffer.from('a4', 'hex') },
    { uid: 5, processed_at: 2000, outcome: 'tls-report', digest: Buffer.from('a5', 'hex') },
    { uid: 6, processed_at: 2000, outcome: 'not-a-report', digest: Buffer.from('a6', 'hex') },
    { uid: 7, processed_at: 2000, outcome: 'report', digest: null },
    { uid: 8, processed_at: 2000, outcome: 'report', digest: Buffer.from('a8', 'hex'), size: 71 },
    { uid: 9, processed_at: 2000, outcome: 'report', digest: Buffer.from('a9', 'hex'), received_at: 1001 },
    { uid: 10, processed_at: 2000, outcome: 'report', digest: Buffer.from('aa', 'hex'), source: 'other' },
  ];
  for (const each of lines) insert(store.db, 'mails', { ...line, ...each });
  const found = reader.storedMails('kept', 2001, [{ size: 70, receivedAt: 1000 }]);
  expect(found.map(({ digest }) => digest)).toEqual(['a1', 'a2']);
  expect(found[0]).toEqual({ size: 70, receivedAt: 1000, digest: 'a1' });
  expect(reader.storedMails('kept', 2001, [])).toEqual([]);
});

test('another folder, mailbox or UIDVALIDITY is another list', () => {
  expect(reader.unseenUids('inbox', 'Archive', 9, [1])).toEqual([1]);
  expect(reader.unseenUids('other', 'INBOX', 9, [1])).toEqual([1]);
  expect(reader.unseenUids('inbox', 'INBOX', 10, [1])).toEqual([1]);
});

test('a hundred thousand UIDs are told apart, gaps included', () => {
  const uids = Array.from({ length: 100_000 }, (_, i) => i + 1);
  const seen = new Set([1, 2, 3, 4, 5, 6, 7, 60_000]);
  insert(store.db, 'mails', {
    source: 'inbox', folder: 'INBOX', uid_validity: 9, uid: 60_000, size: 1, processed_at: 0, outcome: 'bounce', reason: '',
  }); // prettier-ignore
  expect(reader.unseenUids('inbox', 'INBOX', 9, uids)).toEqual(uids.filter((uid) => !seen.has(uid)));
  const even = uids.filter((uid) => uid % 2 === 0);
  expect(reader.unseenUids('inbox', 'INBOX', 9, even)).toEqual(even.filter((uid) => !seen.has(uid)));
});

test('a file is seen by its path, size and modification time', () => {
  expect(reader.seenFile('dropbox', '/var/mail/drop/b.eml', 1008, march(8))).toBe(true);
  expect(reader.seenFile('dropbox', '/var/mail/drop/b.eml', 1009, march(8))).toBe(false);
  expect(reader.seenFile('dropbox', '/var/mail/drop/b.eml', 1008, march(8) + 1)).toBe(false);
  expect(reader.seenFile('dropbox', '/var/mail/drop/a.eml', 1008, march(8))).toBe(false);
});

test('the status counts again once another connection has committed', async () => {
  const before = await reader.status();
  expect(await reader.status()).toBe(before);
  insert(store.db, 'sources', { ip: '198.51.100.99' });
  expect((await reader.status()).sources).toBe(before.sources + 1);
});
