import { randomBytes } from 'node:crypto';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { daySeconds } from '../../src/base/clock.js';
import { limits } from '../../src/config/limits.js';
import type { RawMail } from '../../src/model/raw-mail.js';
import type { OriginalsPolicy } from '../../src/store/store.js';
import { StoreWriter } from '../../src/store/store.js';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';
import { day } from '../support/readings.js';

const now = day(9, 2);
const plenty: OriginalsPolicy = { days: 90, bytes: 1024 * 1024 };
const mib = 1024 * 1024;

let folder: TempFiles;
let store: StoreWriter;
let uid: number;

beforeEach(async () => {
  folder = await tempFiles();
  uid = 0;
});

afterEach(async () => {
  await store.close();
  await folder.remove();
});

function open(policy: OriginalsPolicy, originalBytes: number = limits.originalBytes): void {
  store = new StoreWriter(folder.at('test.db'), { originals: policy, limits: { ...limits, originalBytes } });
}

const letter = {
  mail: null,
  outcome: { outcome: 'not-a-report', reason: 'a letter', reportIds: [] },
  problems: [],
} as const;

/** Stores a mail; its ledger line is that of its UID. */
async function keep(content: RawMail['content'], at = now): Promise<number> {
  uid += 1;
  const origin = { source: 'rua', folder: 'INBOX', uidValidity: 7, uid, path: null };
  const raw = { origin, content, size: 1, receivedAt: at };
  await store.batch(() => store.mail(raw, at, () => Promise.resolve(letter), () => null)); // prettier-ignore
  return uid;
}

const bytesOf = (bytes: Buffer) => ({ kind: 'bytes', bytes }) as const;
const keptIds = () => store.db.prepare('SELECT mail_id FROM originals ORDER BY 1').pluck().all();
const pieces = () => store.db.prepare('SELECT count(*) FROM original_pieces').pluck().get();

describe('an original', () => {
  it.each([0, 1, 1024 * 1024, 1024 * 1024 + 1, 3 * 1024 * 1024 - 1])(
    'of %d bytes comes back as it was',
    async (size) => {
      open({ days: 90, bytes: 10 * mib });
      const bytes = randomBytes(size);
      expect(store.original(await keep(bytesOf(bytes)))?.equals(bytes)).toBe(true);
    },
  );

  it.each([
    ['gzip', gzipSync('abc')],
    ['the start of a zip', Buffer.from('PK\x03\x04 and more')],
    ['what deflate makes', deflateSync('abc')],
    ['one byte of gzip', Buffer.from([0x1f])],
  ])('of %s comes back as it was', async (_, bytes) => {
    open(plenty);
    expect(store.original(await keep(bytesOf(bytes)))?.equals(bytes)).toBe(true);
  });

  it('that is packed already takes no more room than it has', async () => {
    open(plenty);
    const bytes = gzipSync('abc');
    await keep(bytesOf(bytes));
    expect(store.db.prepare('SELECT bytes FROM originals').pluck().get()).toBe(bytes.length);
  });

  it('of a file comes back as it was, and its digest is in the ledger', async () => {
    open(plenty);
    const path = folder.write('mail.eml', 'abc');
    const id = await keep({ kind: 'file', path, size: 3 });
    expect(store.original(id)?.toString()).toBe('abc');
    // SHA-256 of "abc": FIPS 180-2 appendix B.1
    expect(store.db.prepare('SELECT lower(hex(digest)) FROM mails').pluck().get()).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  it('is kept up to the bound and not above', async () => {
    open(plenty, 100);
    await keep(bytesOf(Buffer.alloc(100)));
    await keep(bytesOf(Buffer.alloc(101)));
    expect(keptIds()).toEqual([1]);
    expect(store.original(2)).toBeNull();
  });

  it('of a mail that was not fetched, or whose file is gone, is none', async () => {
    open(plenty);
    await keep(null);
    await keep({ kind: 'file', path: folder.at('absent'), size: 3 });
    expect(keptIds()).toEqual([]);
  });

  it('is not kept when none are wanted', async () => {
    open({ days: 0, bytes: mib });
    await keep(bytesOf(Buffer.from('x')));
    expect(keptIds()).toEqual([]);
  });
});

describe('originals', () => {
  it('go with their pieces, the oldest first, when they are more than is wanted', async () => {
    open({ days: 90, bytes: 3_000 });
    // Random bytes do not shrink: with the frame of zlib each is some twenty bytes over 1,000.
    for (let n = 0; n < 5; n++) await keep(bytesOf(randomBytes(1_000)));
    expect(keptIds()).toEqual([4, 5]);
    expect(pieces()).toBe(2);
  });

  it('go when they are as old as is wanted, and not a second earlier', async () => {
    open({ days: 2, bytes: mib });
    await keep(bytesOf(Buffer.from('x')));
    await store.tidy(now + 2 * daySeconds - 1);
    expect(keptIds()).toEqual([1]);
    await store.tidy(now + 2 * daySeconds);
    expect(keptIds()).toEqual([]);
    expect(pieces()).toBe(0);
  });

  it('go in steps of at most 500, and the ledger stays', async () => {
    open(plenty);
    for (let n = 0; n < 501; n++) await keep(bytesOf(Buffer.from('x')));
    expect(await store.tidy(now + 100 * daySeconds)).toBe(true);
    expect(keptIds()).toEqual([501]);
    await store.tidy(now + 100 * daySeconds);
    expect(keptIds()).toEqual([]);
    expect(await store.tidy(now + 100 * daySeconds)).toBe(false);
    expect(store.db.prepare('SELECT count(*) FROM mails').pluck().get()).toBe(501);
  });

  it('of a batch that fails are not kept and do not count', async () => {
    open({ days: 90, bytes: 3_000 });
    const failing = store.batch(async () => {
      await store.mail(
        { origin: { source: 'rua', folder: 'INBOX', uidValidity: 7, uid: 9, path: null }, content: bytesOf(randomBytes(2_500)), size: 1, receivedAt: now },
        now,
        () => Promise.resolve(letter),
        () => null,
      ); // prettier-ignore
      throw new Error('the machine failed');
    });
    await expect(failing).rejects.toThrow('the machine failed');
    await keep(bytesOf(randomBytes(1_000)));
    await keep(bytesOf(randomBytes(1_000)));
    expect(keptIds()).toEqual([1, 2]);
  });
});
