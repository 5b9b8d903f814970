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
