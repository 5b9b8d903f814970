import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { limits } from '../../src/config/limits.js';
import { unpack } from '../../src/unpack/unpack.js';
import { hostileContainers } from '../support/hostile-containers.js';
import { file, forgeTar, forgeZip, gz, inMemory, see, withoutDirectory, xml } from './forge.js';

const ofBytes = (bytes: number): string => `<feedback>${'x'.repeat(bytes - 10)}`;
const text = ofBytes(1000);

describe('unpackedBytes', () => {
  // 64 KiB and 256 KiB are where one chunk of ours ends
  test.each([1000, 64 * 1024, 64 * 1024 + 1, 256 * 1024, 256 * 1024 + 1])(
    'of %i: a file at the bound comes whole, one past it is cut there and oversized',
    async (bound) => {
      const whole = ofBytes(bound);
      const past = ofBytes(bound + 1);
      const pack = [Buffer.from, gz, (data: string) => forgeZip([{ text: data }]), stored] as const;
      for (const packed of pack) {
        expect(await see(packed(whole), { unpackedBytes: bound })).toMatchObject([{ text: whole, end: 'complete' }]);
        expect(await see(packed(past), { unpackedBytes: bound })).toMatchObject([
          { text: whole, end: 'oversized', codes: ['oversized'] },
        ]);
      }
    },
  );
});

const stored = (data: string): Buffer => forgeZip([{ text: data, method: 0 }]);

describe('unpackedTotalBytes', () => {
  const zip = forgeZip(['a', 'b', 'c'].map((name) => ({ name, text })));

  test('counts all members; the rest is named and not opened', async () => {
    expect(await see(zip, { unpackedTotalBytes: 3000 })).toMatchObject([{}, {}, { text, end: 'complete' }]);
    expect(await see(zip, { unpackedTotalBytes: 2999 })).toMatchObject([{}, {}, { end: 'oversized' }]);
    expect(await see(zip, { unpackedTotalBytes: 2000 })).toMatchObject([
      { end: 'complete' },
      { text, end: 'complete' },
      { text: null, end: 'oversized' },
    ]);
  });

  test('counts what every layer unpacks', async () => {
    const packed = gz(gz(text));
    const inner = gz(text).length;
    expect(await see(packed, { unpackedTotalBytes: 1000 + inner })).toMatchObject([{ text, end: 'complete' }]);
    expect(await see(packed, { unpackedTotalBytes: 999 + inner })).toMatchObject([{ end: 'oversized' }]);
  });

  test('counts over all parts of a mail', async () => {
    const spent = { bytes: 0, members: 0 };
    const ends: string[] = [];
    for (let part = 0; part < 3; part += 1) {
      for await (const item of unpack(inMemory(gz(text)), { ...limits, unpackedTotalBytes: 2500 }, spent)) {
        if (item.kind === 'unreadable') throw new Error(item.reason);
        for await (const chunk of item.chunks) expect(chunk.length).toBeGreaterThan(0);
        ends.push(item.ending().state);
      }
    }
    expect(ends).toEqual(['complete', 'complete', 'oversized']);
    expect(spent.bytes).toBe(2500);
  });
});

describe('unpackRatio', () => {
  test('is judged when more than the grace is unpacked', async () => {
    const bomb = gz(`<feedback>${' '.repeat(99_990)}`);
    const ratio = 100_000 / bomb.length;
    expect(await see(bomb, { unpackRatio: ratio, ratioGraceBytes: 0 })).toMatchObject([{ end: 'complete' }]);
    const [past] = await see(bomb, { unpackRatio: ratio - 0.01, ratioGraceBytes: 0 });
    expect(past?.end).toBe('oversized');
    expect(past?.text?.length).toBeLessThan(100_000);
    expect(await see(bomb, { unpackRatio: 1, ratioGraceBytes: 100_000 })).toMatchObject([{ end: 'complete' }]);
    expect(await see(bomb, { unpackRatio: 1, ratioGraceBytes: 99_999 })).toMatchObject([{ end: 'oversized' }]);
  });

  test('holds for the archive as a whole, though each member that shares its bytes is within it', async () => {
    const zip = forgeZip([{ text }, ...[1, 2, 3].map((at) => ({ name: `${at}.xml`, text, offset: 0 }))]);
    const twice = { unpackRatio: 2000 / zip.length, ratioGraceBytes: 0 };
    expect(await see(zip, twice)).toMatchObject([
      { text, end: 'complete' },
      { text, end: 'complete' },
      { text: null, end: 'oversized', reason: expect.stringContaining('times its packed size') as string },
    ]);
  });
});

test('packedBytes: a container at the bound is opened, one past it is not', async () => {
  const packed = gz(text);
  expect(await see(packed, { packedBytes: packed.length })).toMatchObject([{ end: 'complete' }]);
  expect(await see(packed, { packedBytes: packed.length - 1 })).toMatchObject([{ text: null, end: 'oversized' }]);
});

test('archiveDepth: as many containers in containers are opened, and not one more', async () => {
  const three = gz(forgeZip([{ name: 'a', data: gz(xml) }]));
  expect(await see(three, { archiveDepth: 3 })).toEqual([file(['a'], xml)]);
  expect(await see(three, { archiveDepth: 2 })).toMatchObject([{ members: ['a'], text: null, end: 'oversized' }]);
});

test.each([
  ['zip', forgeZip],
  ['zip without its directory', (members: Parameters<typeof forgeZip>[0]) => withoutDirectory(forgeZip(members))],
])('archiveMembers and archiveEntries of a %s: directories are entries, not members', async (_, forge) => {
  const zip = forge([{ name: 'a' }, { name: 'dir/', text: '', method: 0 }, { name: 'b' }, { name: 'c' }]);
  const three = [{ text: xml }, { text: xml }, { text: xml }];
  expect((await see(zip, { archiveMembers: 3, archiveEntries: 4 })).slice(0, 3)).toMatchObject(three);
  const oversized = { text: null, end: 'oversized' };
  expect(await see(zip, { archiveMembers: 2 })).toMatchObject([{ text: xml }, { text: xml }, oversized]);
  expect(await see(zip, { archiveEntries: 3 })).toMatchObject([{ text: xml }, { text: xml }, oversized]);
});

test('archiveEntries of a tar counts directories too', async () => {
  const data = Buffer.from(xml);
  const tar = forgeTar([
    { name: 'dir/', data: Buffer.alloc(0), type: '5' },
    { name: 'a', data },
    { name: 'b', data },
  ]);
  expect(await see(tar, { archiveEntries: 3 })).toEqual([file(['a'], xml), file(['b'], xml)]);
  expect(await see(tar, { archiveEntries: 2 })).toMatchObject([{ text: xml }, { text: null, end: 'oversized' }]);
});

test('packedMembers: as many are read, and what a further one holds is not', async () => {
  const packed = Buffer.concat([gz(xml.slice(0, 30)), gz(xml.slice(30, 60)), gz(xml.slice(60))]);
  expect(await see(packed, { packedMembers: 3 })).toEqual([file([], xml)]);
  expect(await see(packed, { packedMembers: 2 })).toEqual([file([], xml.slice(0, 60), 'oversized', ['oversized'])]);
});

test('packedMembers: those of an archive and those in its members count together', async () => {
  const empty = Buffer.concat(Array.from({ length: 5 }, () => gz('')));
  const zip = forgeZip(['a', 'b', 'c'].map((name) => ({ name, data: Buffer.concat([empty, gz(xml)]), method: 0 })));
  const names = (seen: Awaited<ReturnType<typeof see>>) => seen.map(({ members, end }) => [members.join(), end]);
  // Three members of the zip, each with six of gzip.
  expect(names(await see(zip, { packedMembers: 21 }))).toEqual([
    ['a', 'complete'],
    ['b', 'complete'],
    ['c', 'complete'],
  ]);
  expect(names(await see(zip, { packedMembers: 20 })).at(-1)?.[1]).toBe('oversized');
});

test('nestedArchiveBytes: an archive inside a container is held up to the bound', async () => {
  const zip = forgeZip([{ name: 'a' }]);
  const tar = forgeTar([{ name: 'a', data: Buffer.from(xml) }]);
  for (const archive of [zip, tar]) {
    expect(await see(gz(archive), { nestedArchiveBytes: archive.length })).toEqual([file(['a'], xml)]);
    expect(await see(gz(archive), { nestedArchiveBytes: archive.length - 1 })).toMatchObject([{ end: 'oversized' }]);
  }
});

describe('bombs', () => {
  test('of two layers stop at the ratio, whatever the inner layer promises', async () => {
    const zeros = Buffer.alloc(40 << 20);
    zeros.write('<feedback>');
    const [seen] = await see(gz(gz(zeros)));
    expect(seen?.end).toBe('oversized');
    expect(seen?.text?.length).toBeLessThanOrEqual(limits.ratioGraceBytes);
  });

  test('of zeros, that no report starts with, are named and not silently passed over', async () => {
    expect(await see(gz(Buffer.alloc(100_000)), { ratioGraceBytes: 50_000 })).toMatchObject([
      { text: null, end: 'oversized' },
    ]);
    expect(await see(gz(Buffer.alloc(50_000)), { ratioGraceBytes: 50_000 })).toEqual([]);
  });

  test.each(Object.entries(hostileContainers))('%s: ends, within the bounds', async (_, forge) => {
    const bytes = forge(40_000);
    const bound = 1 << 20;
    const spent = { bytes: 0, members: 0 };
    let given = 0;
    for await (const item of unpack(inMemory(bytes), { ...limits, unpackedTotalBytes: bound }, spent)) {
      if (item.kind === 'unreadable') expect(item.reason).not.toBe('');
      else for await (const chunk of item.chunks) given += chunk.length;
    }
    expect(given).toBeLessThanOrEqual(bound);
    expect(spent.bytes).toBeLessThanOrEqual(bound);
  });
});

test('a tail that is no member, after a member of any size, is found where it starts', async () => {
  // sizes around the 256 KiB that one synchronous call takes
  for (const size of [262_000, 262_100, 262_144, 262_200, 300_000]) {
    const body = Buffer.concat([Buffer.from('<feedback>'), randomBytes(size)]);
    const packed = Buffer.concat([gzipSync(body, { level: 0 }), gz(xml), Buffer.from('\r\n')]);
    const [seen] = await see(packed);
    expect(seen).toMatchObject({ end: 'complete', codes: ['trailing-bytes'] });
    expect(seen?.text).toBe(body.toString() + xml);
  }
});
