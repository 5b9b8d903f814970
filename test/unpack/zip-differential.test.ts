import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import type { Zippable } from 'fflate';
import { describe, expect, test } from 'vitest';
import { fromBufferPromise } from 'yauzl';
import { zipMembers } from '../../src/unpack/zip.js';
import { forgeZip, inMemory } from './forge.js';

type Read = readonly (readonly [name: string, content: string])[];

/** With all its own checks on: what it takes is a sound archive. */
async function byYauzlAlone(bytes: Buffer): Promise<Read> {
  const read: [string, string][] = [];
  const zip = await fromBufferPromise(bytes, {});
  for await (const entry of zip.eachEntry()) {
    read.push([entry.fileName, (await buffer(await zip.openReadStreamPromise(entry))).toString('hex')]);
  }
  return read;
}

async function byUs(bytes: Buffer): Promise<Read> {
  const read: [string, string][] = [];
  for await (const member of zipMembers(inMemory(bytes))) {
    if (member === null || !('flow' in member)) throw new Error('a member of a sound archive was not opened');
    const pieces: Buffer[] = [];
    const { flow } = member;
    for (let piece = await flow.next(); piece !== null; piece = await flow.next()) pieces.push(piece);
    expect(flow.ending()).toEqual({ state: 'complete', problems: [] });
    read.push([member.name, Buffer.concat(pieces).toString('hex')]);
  }
  return read;
}

const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
/** Bytes that deflate, and bytes that do not. */
const content = fc.oneof(
  bytes(300),
  fc.nat({ max: 3_000 }).map((count) => Buffer.from('<feedback>'.repeat(count))),
);
const name = fc.string({ unit: fc.constantFrom('a', 'B', '7', '!', ' ', '-', 'ä', '報'), maxLength: 40 });
const around = fc.record({ front: bytes(40), footer: bytes(40) });

async function expectAlike(zip: Buffer, { front, footer }: { front: Buffer; footer: Buffer }): Promise<void> {
  const expected = await byYauzlAlone(zip);
  expect(await byUs(zip)).toEqual(expected);
  expect(await byUs(Buffer.concat([front, zip, footer]))).toEqual(expected);
}

describe('a sound archive is read as yauzl alone reads it, whatever stands in front of it and behind it', () => {
  const level = fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);

  test('packed by fflate, with comments and extra fields', async () => {
    const extra = fc.dictionary(fc.integer({ min: 2, max: 0x7000 }).map(String), bytes(30), { maxKeys: 3 });
    const member = fc.record({ name, content, options: fc.record({ level, comment: name, extra }) });
    const archive = fc.array(member, { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(archive, around, async (members, outside) => {
        const packed: Zippable = {};
        for (const [at, { name: start, content: data, options }] of members.entries()) {
          packed[`${start}${at}.xml`] = [data, { ...options, mtime: '2026-09-01T00:00:00Z' }];
        }
        const zip = Buffer.from(zipSync(packed));
        expect(await byYauzlAlone(zip)).toEqual(
          members.map((one, at) => [`${one.name}${at}.xml`, one.content.toString('hex')]),
        );
        await expectAlike(zip, outside);
      }),
    );
  });

  test('forged by hand, with descriptors and zip64 records', async () => {
    const ascii = fc.string({ unit: fc.constantFrom('a', 'B', '7', '!', ' ', '-'), maxLength: 40 });
    const member = fc.record({
      name: ascii.map((start) => `${start}.xml`),
      data: content,
      method: fc.constantFrom(0, 8),
      descriptor: fc.boolean(),
      zip64: fc.boolean(),
    });
    const archive = fc.array(member, { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(archive, fc.boolean(), around, async (members, zip64, outside) => {
        await expectAlike(forgeZip(members, { zip64 }), outside);
      }),
    );
  });
});
