import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Failure } from '../../src/base/failure.js';
import { sizeOf } from '../../src/model/content.js';
import type { Content } from '../../src/model/content.js';
import { unpack } from '../../src/unpack/unpack.js';
import { file, forgeZip, gz, inMemory, see, xml } from './forge.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unpack-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function onDisk(bytes: Buffer): Promise<Content> {
  const path = join(folder, `${bytes.length}.bin`);
  await writeFile(path, bytes);
  return { kind: 'file', path, size: bytes.length };
}

describe('what is looked at', () => {
  test.each([
    ['bare XML', xml],
    ['XML after blank lines', `\r\n\r\n  ${xml}`],
    ['XML with a byte order mark', `\ufeff${xml}`],
    ['XML without a declaration', '<feedback/>'],
    ['prefixed XML', '<ns:feedback xmlns:ns="urn:x"/>'],
    ['XML that is no report', '<note>hello</note>'],
    ['JSON', '{"organization-name":"example.net"}'],
  ])('%s is handed on as it is', async (_, text) => {
    expect(await see(text)).toEqual([file([], text)]);
  });

  test.each(['utf16le', 'utf-16be'])('XML in %s is handed on as it is', async (encoding) => {
    const bytes = Buffer.from(`\ufeff${xml}`, 'utf16le');
    if (encoding === 'utf-16be') bytes.swap16();
    expect(await see(bytes)).toHaveLength(1);
    expect(await see(bytes.subarray(2))).toHaveLength(1);
  });

  test('a report under some lines of text is cut free, and that is noted', async () => {
    expect(await see(`See below.\n\n${xml}`)).toEqual([file([], xml, 'complete', ['leading-text'])]);
  });

  test.each([
    ['nothing', ''],
    ['blanks', ' \r\n\t'],
    ['a text', 'This is a DMARC aggregate report for example.org'],
    ['one long word', 'Thisisasentencewithoutanyblanksinitatall'],
    ['an HTML body', '<!DOCTYPE html>\n<html><body>report</body></html>'],
    ['an HTML body without doctype', '  <HTML><head>'],
    ['an HTML fragment', '<div>see <b>attachment</b></div>'],
    ['XHTML', '<?xml version="1.0"?><!DOCTYPE html PUBLIC "x"><html xmlns="x"/>'],
    ['a commented web page', '<!-- [if mso] --><table></table>'],
    ['a PNG', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
    ['a PDF', '%PDF-1.7\n<?xml version="1.0"?>\0'],
    [
      'a detached signature',
      Buffer.from(
        '308006092a864886f70d010702a0803080020101310b300906052b0e03021a0500308006092a864886f70d0107010000',
        'hex',
      ),
    ],
  ])('%s yields nothing', async (_, content) => {
    expect(await see(content)).toEqual([]);
  });

  test.each([
    ['winmail.dat', '789f3e220100'],
    ['a sealed S/MIME message', '308202a506092a864886f70d010703a0820296'],
    ['an opaquely signed S/MIME message', '308006092a864886f70d010702a080308002010131'],
    ['RAR', '526172211a0700'],
    ['7z', '377abcaf271c0004'],
    ['xz', 'fd377a585a000004'],
    ['bzip2', '425a6839314159265359'],
  ])('%s is named unsupported', async (_, hex) => {
    expect(await see(Buffer.from(hex, 'hex'))).toMatchObject([{ text: null, end: 'unsupported' }]);
  });

  test('base64 that was never removed is removed once, blanks and missing padding or not', async () => {
    const lines = gz(xml).toString('base64').replace(/.{60}/g, '$& \r\n').replace(/=/g, '');
    expect(await see(lines)).toEqual([file([], xml)]);
    expect(await see(Buffer.from(xml).toString('base64'))).toEqual([file([], xml)]);
    expect(await see(Buffer.from(gz(xml).toString('base64')).toString('base64'))).toEqual([]);
    expect(await see(`${gz(`${xml} `).toString('base64')}\r\n_______\r\nfooter`)).toEqual([
      file([], `${xml} `, 'complete', ['trailing-bytes']),
    ]);
  });
});

describe('files on disk', () => {
  test('XML, gzip and zip are read as from memory', async () => {
    expect(await see(await onDisk(Buffer.from(xml)))).toEqual([file([], xml)]);
    expect(await see(await onDisk(gz(xml)))).toEqual([file([], xml)]);
    const zip = forgeZip([{}, { name: 'b', data: gz(xml), method: 0 }]);
    expect(await see(await onDisk(zip))).toEqual([file(['report.xml'], xml), file(['b'], xml)]);
    expect(await see(await onDisk(zip.subarray(0, -30)))).toMatchObject([{ text: xml }, { text: xml }]);
  });

  test('a file that is gone is a Failure', async () => {
    const gone: Content = { kind: 'file', path: join(folder, 'gone'), size: 10 };
    await expect(see(gone)).rejects.toBeInstanceOf(Failure);
  });

  test('a large file flows in small chunks', async () => {
    const record = Array.from({ length: 400_000 }, (_, i) => `<r>${(i * 2654435761) % 4294967296}</r>`).join('');
    const content = await onDisk(gzipSync(`<feedback>${record}`, { level: 1 }));
    expect(sizeOf(content)).toBeGreaterThan(1024 * 1024);
    let bytes = 0;
    let largest = 0;
    for await (const item of unpack(content)) {
      if (item.kind !== 'file') throw new Error(item.reason);
      for await (const chunk of item.chunks) {
        bytes += chunk.length;
        largest = Math.max(largest, chunk.length);
      }
    }
    expect(bytes).toBe(record.length + 10);
    expect(largest).toBeLessThanOrEqual(256 * 1024);
  });
});

describe('leaving early', () => {
  const zip = forgeZip([{ name: 'a' }, { name: 'b' }]);

  test('files whose chunks were not read, or only in part, do not disturb the next', async () => {
    const names: string[] = [];
    for await (const item of unpack(inMemory(zip))) {
      names.push(...item.members);
      if (item.kind === 'file') for await (const chunk of item.chunks) if (chunk.length > 0) break;
    }
    for await (const item of unpack(inMemory(zip))) names.push(...item.members);
    expect(names).toEqual(['a', 'b', 'a', 'b']);
  });

  test('nothing stays open behind a consumer that stops', async () => {
    const before = process.getActiveResourcesInfo().length;
    const packed = await onDisk(gzipSync(`<feedback>${'<r>1</r>'.repeat(400_000)}`, { level: 0 }));
    for (const content of [await onDisk(zip), packed]) {
      const files = unpack(content);
      const first = await files.next();
      if (first.done === true || first.value.kind !== 'file') throw new Error('no file');
      for await (const chunk of first.value.chunks) if (chunk.length > 0) break;
      await files.return();
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before);
  });
});

describe('hostile bytes', () => {
  const seeds = [
    gz(xml),
    gz(gz(xml)),
    forgeZip([{}, { name: 'b', data: gz(xml) }]),
    forgeZip([{ descriptor: true, zip64: true }], { zip64: true }),
    gz(forgeZip([{}])),
    Buffer.from(gz(xml).toString('base64')),
  ];
  const change = fc.record({ at: fc.nat(2000), byte: fc.nat(255) });

  test('changed, cut and joined containers always end, and never throw', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...seeds),
        fc.array(change, { maxLength: 6 }),
        fc.nat(2000),
        async (seed, changes, cut) => {
          const bytes = Buffer.from(seed);
          for (const { at, byte } of changes) bytes[at % bytes.length] = byte;
          for (const seen of await see(bytes.subarray(0, bytes.length - (cut % 40)), { unpackedTotalBytes: 1 << 20 })) {
            expect(['complete', 'truncated', 'corrupt', 'oversized', 'malformed', 'unsupported']).toContain(seen.end);
          }
        },
      ),
      { numRuns: 1500 },
    );
  });
});
