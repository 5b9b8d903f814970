import { deflateRawSync, deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { base64Text } from '../../src/unpack/base64-text.js';
import { complete } from '../../src/unpack/ending.js';
import { peekable } from '../../src/unpack/flow.js';
import type { Flow } from '../../src/unpack/flow.js';
import { gunzip } from '../../src/unpack/gunzip.js';
import { rawDeflate } from '../../src/unpack/raw-deflate.js';
import { unzlib } from '../../src/unpack/zlib-data.js';
import { gz, xml } from './forge.js';

/** A flow that hands on the pieces one by one. */
function flowOf(pieces: readonly Buffer[]): Flow {
  const rest = pieces.filter((piece) => piece.length > 0);
  return {
    next: async () => rest.shift() ?? null,
    close: async () => void rest.splice(0),
    ending: () => complete,
  };
}

async function read(flow: Flow): Promise<object> {
  const pieces: Buffer[] = [];
  for (let bytes = await flow.next(); bytes !== null; bytes = await flow.next()) pieces.push(bytes);
  const { state, problems } = flow.ending();
  return { text: Buffer.concat(pieces).toString(), state, codes: problems.map(({ code }) => code) };
}

const footer = Buffer.from('\r\n-- \r\nfooter');
const noted = { text: xml, state: 'complete', codes: ['trailing-bytes'] };

const layers: readonly (readonly [string, Buffer, (flow: Flow) => Flow])[] = [
  [
    'gzip',
    Buffer.concat([gz(xml.slice(0, 30)), gz(xml.slice(30)), footer]),
    (flow) => gunzip(peekable(flow), 9, { bytes: 0, members: 0 }),
  ],
  ['zlib', Buffer.concat([deflateSync(xml), footer]), (flow) => unzlib(peekable(flow))],
  ['deflate', Buffer.concat([deflateRawSync(xml), footer]), (flow) => rawDeflate(peekable(flow))],
  ['base64', Buffer.concat([Buffer.from(Buffer.from(xml).toString('base64')), footer]), base64Text],
];

describe.each(layers)('%s', (_, bytes, open) => {
  test('is read alike wherever its bytes are split in two', async () => {
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(await read(open(flowOf([bytes.subarray(0, at), bytes.subarray(at)])))).toEqual(noted);
    }
  });

  test.each([1, 2, 3, 7])('is read alike in pieces of %i bytes', async (length) => {
    const pieces = Array.from({ length: Math.ceil(bytes.length / length) }, (__, index) =>
      bytes.subarray(index * length, (index + 1) * length),
    );
    expect(await read(open(flowOf(pieces)))).toEqual(noted);
  });
});
