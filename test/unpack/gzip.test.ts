import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { file, gz, see, xml } from './forge.js';

const large = `<feedback>${Array.from({ length: 60_000 }, (_, i) => `<r>${(i * 2654435761) % 4294967296}</r>`).join('')}</feedback>`;

describe('gzip', () => {
  test('a whole file arrives as it was', async () => {
    expect(await see(gz(xml))).toEqual([file([], xml)]);
  });

  test('a file of more than 256 KiB packed is streamed and arrives as it was', async () => {
    const packed = gzipSync(large, { level: 1 });
    expect(packed.length).toBeGreaterThan(256 * 1024);
    expect(await see(packed)).toEqual([file([], large)]);
  });

  test('members that follow each other are one file, small or streamed', async () => {
    const [head, tail] = [large.slice(0, 700_000), large.slice(700_000)];
    expect(await see(Buffer.concat([gz(xml.slice(0, 20)), gz(xml.slice(20))]))).toEqual([file([], xml)]);
    expect(await see(Buffer.concat([gz(head), gz(tail)]))).toEqual([file([], large)]);
  });

  test('bytes after the end are ignored and noted; zero padding is not worth a note', async () => {
    expect(await see(Buffer.concat([gz(xml), Buffer.from('\r\n-- \r\nfooter')]))).toEqual([
      file([], xml, 'complete', ['trailing-bytes']),
    ]);
    expect(await see(Buffer.concat([gz(xml), Buffer.alloc(512)]))).toEqual([file([], xml)]);
    expect(await see(Buffer.concat([gz(large), Buffer.from('x')]))).toEqual([
      file([], large, 'complete', ['trailing-bytes']),
    ]);
  });

  test('a wrong checksum or length is corrupt, and all bytes are delivered', async () => {
    const badCrc = gz(xml);
    badCrc.writeUInt32LE(7, badCrc.length - 8);
    expect(await see(badCrc)).toEqual([file([], xml, 'corrupt', ['bad-checksum'])]);
    const badLength = gz(xml);
    badLength.writeUInt32LE(7, badLength.length - 4);
    expect(await see(badLength)).toEqual([file([], xml, 'corrupt', ['bad-length'])]);
  });

  test('damage in the middle is corrupt, and what came before it is delivered', async () => {
    const packed = gzipSync(large);
    packed.fill(0xff, packed.length >> 1, (packed.length >> 1) + 64);
    const [seen] = await see(packed);
    expect(seen?.end).toBe('corrupt');
    expect(large.startsWith((seen?.text ?? 'nothing').slice(0, 300_000))).toBe(true);
    expect(seen?.text?.length).toBeGreaterThan(300_000);
  });

  test('damage in a small file keeps what came before it', async () => {
    const packed = gz(xml);
    packed.fill(0xff, packed.length - 24, packed.length - 8);
    const [seen] = await see(packed);
    expect(seen?.end).toBe('corrupt');
    expect(seen?.text?.startsWith('<?xml version="1.0"?>')).toBe(true);
  });

  test('optional header fields are passed over', async () => {
    const plain = gz(xml);
    const extra = Buffer.concat([
      Buffer.from([3, 0, 1, 2, 3]),
      Buffer.from('name.xml\0'),
      Buffer.from('comment\0'),
      Buffer.alloc(2),
    ]);
    const head = Buffer.from(plain.subarray(0, 10));
    head[3] = 4 | 8 | 16 | 2;
    expect(await see(Buffer.concat([head, extra, plain.subarray(10)]))).toEqual([file([], xml)]);
  });

  test('cut at every byte it ends truncated, with a true beginning of the text, or is named malformed', async () => {
    const packed = gz(xml);
    for (let length = 2; length < packed.length; length += 1) {
      const [seen, ...more] = await see(packed.subarray(0, length));
      expect(more).toEqual([]);
      expect(seen?.end).toBe(seen?.text === null ? 'malformed' : 'truncated');
      expect(xml.startsWith(seen?.text ?? '')).toBe(true);
    }
  });

  test('a streamed file that is cut ends truncated after what could be inflated', async () => {
    const packed = gzipSync(large, { level: 1 });
    const [seen] = await see(packed.subarray(0, packed.length - 20));
    expect(seen?.end).toBe('truncated');
    expect(large.startsWith(seen?.text ?? 'nothing')).toBe(true);
    expect(seen?.text?.length).toBeGreaterThan(large.length - 1000);
  });

  test('a picture inside is no report and no trouble', async () => {
    expect(await see(gz(Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')))).toEqual([]);
  });

  test('an empty gzip is malformed', async () => {
    expect(await see(gz(''))).toMatchObject([{ end: 'malformed', reason: 'the packed file is empty' }]);
  });
});

describe('zlib', () => {
  test.each([1, 6, 9])('a bare stream of level %i arrives as it was', async (level) => {
    expect(await see(deflateSync(xml, { level }))).toEqual([file([], xml)]);
    expect(await see(deflateSync(large, { level }))).toEqual([file([], large)]);
  });

  test('a wrong checksum is corrupt, a missing one truncated, bytes behind it are noted', async () => {
    const packed = deflateSync(xml);
    const wrong = Buffer.from(packed);
    wrong.writeUInt32BE(7, wrong.length - 4);
    expect(await see(wrong)).toEqual([file([], xml, 'corrupt', ['bad-checksum'])]);
    expect(await see(packed.subarray(0, -2))).toEqual([file([], xml, 'truncated', ['truncated'])]);
    expect(await see(Buffer.concat([packed, Buffer.from('\n')]))).toEqual([
      file([], xml, 'complete', ['trailing-bytes']),
    ]);
  });

  test('a header whose check fails is no zlib stream', async () => {
    expect(await see(Buffer.from('789d4b4c4a06', 'hex'))).toEqual([]);
  });
});
