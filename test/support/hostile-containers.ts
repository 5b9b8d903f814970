import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { forgeTar, forgeZip, withoutDirectory } from '../unpack/forge.js';

/** About so many packed bytes of trouble, of a bomb a tenth of them; the time to unpack them must grow with them, and no faster. */
export type HostileContainer = (bytes: number) => Buffer;

const repeated = (piece: Buffer, bytes: number): Buffer => Buffer.alloc(Math.max(bytes, piece.length), piece);
const u16 = (value: number): Buffer => Buffer.from(Uint16Array.of(value).buffer);
const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);

/** A document that deflates little, the same each time. */
function noise(bytes: number): Buffer {
  const letters = Buffer.alloc(bytes);
  for (let at = 0, seed = 1; at < bytes; at += 1) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    letters[at] = 97 + ((seed >>> 16) & 15);
  }
  letters.write('<feedback>');
  return letters;
}

/** A gzip stream around deflate data that nobody would make; its checksum is of no bytes. */
const framed = (deflated: Buffer): Buffer =>
  Buffer.concat([Buffer.from('1f8b0800000000000003', 'hex'), deflated, Buffer.from('0300', 'hex'), Buffer.alloc(8)]);

const emptyBlock = Buffer.from('000000ffff', 'hex');

function archiveOf(name: string, text: string, bytes: number): Buffer {
  const packed = deflateRawSync(text).length;
  const each = 30 + 46 + 2 * name.length + packed;
  return forgeZip(Array.from({ length: Math.ceil(bytes / each) }, () => ({ name, text })));
}

/** A stored member, as a local header and as a directory entry. */
function storedEntry(name: string, data: Buffer): { readonly local: Buffer; readonly central: Buffer } {
  const facts = [u32(crc32(data)), u32(data.length), u32(data.length), u16(name.length), u16(0)];
  const common = Buffer.concat([u16(20), u16(0), u16(0), u32(0), ...facts]);
  return {
    local: Buffer.concat([u32(0x04034b50), common, Buffer.from(name), data]),
    central: Buffer.concat([u32(0x02014b50), u16(20), common, Buffer.alloc(14), Buffer.from(name)]),
  };
}

const endRecord = (entries: number, size: number, offset: number, comment: number): Buffer =>
  Buffer.concat([
    u32(0x06054b50),
    u32(0),
    u16(entries % 65_536),
    u16(entries % 65_536),
    u32(size),
    u32(offset),
    u16(comment),
  ]);

/** Every storm by its name. */
export const hostileContainers: Readonly<Record<string, HostileContainer>> = {
  'gzip members of one byte': (bytes) => repeated(gzipSync('<'), bytes),
  'gzip members of nothing': (bytes) => repeated(gzipSync(''), bytes),
  'gzip header with a name that never ends': (bytes) =>
    Buffer.concat([Buffer.from('1f8b0808000000000003', 'hex'), Buffer.alloc(bytes, 'x')]),
  'gzip marks without members': (bytes) => repeated(Buffer.from('1f8b08', 'hex'), bytes),
  'gzip with a long footer': (bytes) => Buffer.concat([gzipSync('<feedback/>'), Buffer.alloc(bytes, 'footer\n')]),
  'deflate blocks of nothing': (bytes) => framed(repeated(emptyBlock, bytes)),
  'deflate blocks of nothing, cut': (bytes) => framed(repeated(emptyBlock, bytes)).subarray(0, -12),
  'a gzip bomb': (bytes) => gzipSync(Buffer.alloc(bytes * 100, '<feedback>')),
  'a gzip bomb in gzip': (bytes) => gzipSync(gzipSync(Buffer.alloc(bytes * 100, '<feedback>'))),
  'a gzip of noise': (bytes) => gzipSync(noise(bytes * 2), { level: 1 }),
  'empty zip members': (bytes) => archiveOf('a', '', bytes),
  'zip directories': (bytes) => archiveOf('a/', '', bytes),
  'zip directories without a zip directory': (bytes) => withoutDirectory(archiveOf('a/', '', bytes)),
  'zip entries that share one member': (bytes) => {
    const { local, central } = storedEntry('a', Buffer.from(`<feedback>${'x'.repeat(bytes >> 1)}`));
    const entries = Math.ceil(bytes / 2 / central.length);
    const directory = repeated(central, entries * central.length);
    return Buffer.concat([local, directory, endRecord(entries, directory.length, local.length, 0)]);
  },
  'zip marks in garbage': (bytes) => repeated(Buffer.from('504b0304', 'hex'), bytes),
  'zip end marks in garbage': (bytes) =>
    Buffer.concat([Buffer.from('504b0304', 'hex'), repeated(Buffer.from('504b0506', 'hex'), bytes)]),
  'zip comment of end records': (bytes) => {
    const comment = repeated(endRecord(1, 1, 0, 0), Math.min(bytes, 65_535)).subarray(0, 65_535);
    const body = Buffer.concat([forgeZip([{ data: noise(bytes), method: 0 }]).subarray(0, -2), u16(comment.length)]);
    return Buffer.concat([body, comment]);
  },
  'zips in zips': (bytes) =>
    forgeZip([{ data: forgeZip([{ data: forgeZip([{ data: noise(bytes), method: 0 }]), method: 0 }]), method: 0 }]),
  'a text without a mark': (bytes) => Buffer.alloc(bytes, 'a'),
  blanks: (bytes) => Buffer.alloc(bytes, ' '),
  'base64 of XML': (bytes) => Buffer.from(Buffer.alloc((bytes >> 2) * 3, '<feedback>').toString('base64')),
  'base64 of gzip members': (bytes) => Buffer.from(repeated(gzipSync('<'), (bytes >> 2) * 3).toString('base64')),
  'base64 of base64': (bytes) =>
    Buffer.from(Buffer.from(Buffer.alloc((bytes >> 4) * 9, '<feedback>').toString('base64')).toString('base64')),
  'base64 between blanks': (bytes) =>
    Buffer.from(
      Buffer.alloc((bytes >> 5) * 3, '<feedback>')
        .toString('base64')
        .replace(/./g, '$&       '),
    ),
  'base64 and a long footer': (bytes) =>
    Buffer.concat([Buffer.from(Buffer.from('<feedback>abcdefgh').toString('base64')), Buffer.alloc(bytes, '=-_\n')]),
  'less-than signs': (bytes) => Buffer.alloc(bytes, '<'),
  'unclosed comments': (bytes) => Buffer.alloc(bytes, '<!--'),
  'tar headers of nothing': (bytes) =>
    repeated(forgeTar([{ name: 'a/', data: Buffer.alloc(0), type: '5' }]).subarray(0, 512), bytes),
};
