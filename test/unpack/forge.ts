import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { limits } from '../../src/config/limits.js';
import type { Limits } from '../../src/config/limits.js';
import type { Content } from '../../src/model/content.js';
import { unpack } from '../../src/unpack/unpack.js';

export const xml = '<?xml version="1.0"?>\n<feedback><record>198.51.100.7</record></feedback>\n';

export interface Seen {
  readonly members: readonly string[];
  /** Text of a file, or null for an unreadable one. */
  readonly text: string | null;
  /** State of a file's ending, or the outcome of an unreadable one. */
  readonly end: string;
  readonly codes: readonly string[];
  readonly reason: string;
}

export const inMemory = (bytes: Buffer | string): Content => ({ kind: 'bytes', bytes: Buffer.from(bytes) });

export async function see(content: Content | Buffer | string, lowered: Partial<Limits> = {}): Promise<Seen[]> {
  const input = typeof content === 'string' || Buffer.isBuffer(content) ? inMemory(content) : content;
  const seen: Seen[] = [];
  for await (const item of unpack(input, { ...limits, ...lowered })) {
    if (item.kind === 'unreadable') {
      seen.push({ members: item.members, text: null, end: item.outcome, codes: [], reason: item.reason });
      continue;
    }
    const pieces: Buffer[] = [];
    for await (const chunk of item.chunks) pieces.push(chunk);
    const { state, problems } = item.ending();
    const codes = problems.map((problem) => problem.code);
    seen.push({ members: item.members, text: Buffer.concat(pieces).toString(), end: state, codes, reason: '' });
  }
  return seen;
}

export const file = (
  members: readonly string[],
  text: string,
  end = 'complete',
  codes: readonly string[] = [],
): Seen => ({
  members,
  text,
  end,
  codes,
  reason: '',
});

export interface Forged {
  readonly name?: string;
  readonly text?: string;
  readonly data?: Buffer;
  readonly method?: number;
  readonly flags?: number;
  readonly crc?: number;
  /** Unpacked size that the archive states. */
  readonly size?: number;
  readonly packedSize?: number;
  /** Where the directory says the member is; for members that share their data. */
  readonly offset?: number;
  /** Sizes after the data instead of in the local header; of eight bytes with `zip64`. */
  readonly descriptor?: boolean;
  readonly zip64?: boolean;
}

const u16 = (value: number): Buffer => Buffer.from(Uint16Array.of(value).buffer);
const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value >>> 0).buffer);
const u64 = (value: number): Buffer => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);

interface Laid {
  readonly local: Buffer;
  readonly central: (offset: number) => Buffer;
}

function lay(member: Forged): Laid {
  const name = Buffer.from(member.name ?? 'report.xml');
  const plain = member.data ?? Buffer.from(member.text ?? xml);
  const method = member.method ?? 8;
  const packed = method === 8 ? deflateRawSync(plain) : plain;
  const flags = (member.flags ?? 0) | (member.descriptor ? 8 : 0);
  const crc = member.crc ?? crc32(plain);
  const size = member.size ?? plain.length;
  const packedSize = member.packedSize ?? packed.length;
  const sizes = (hidden: boolean): Buffer[] =>
    hidden ? [u32(0), u32(0), u32(0)] : [u32(crc), u32(packedSize), u32(size)];
  const common = Buffer.concat([u16(20), u16(flags), u16(method), u32(0)]);
  const tail = member.descriptor
    ? Buffer.concat([u32(0x08074b50), u32(crc), ...[packedSize, size].map(member.zip64 ? u64 : u32)])
    : Buffer.alloc(0);
  const local = Buffer.concat([
    u32(0x04034b50),
    common,
    ...sizes(member.descriptor ?? false),
    u16(name.length),
    u16(0),
    name,
    packed,
    tail,
  ]);
  const extra = (offset: number): Buffer =>
    member.zip64 ? Buffer.concat([u16(1), u16(24), u64(size), u64(packedSize), u64(offset)]) : Buffer.alloc(0);
  const far = 0xffffffff;
  const central = (offset: number): Buffer =>
    Buffer.concat([
      u32(0x02014b50),
      u16(20),
      common,
      ...(member.zip64 ? [u32(crc), u32(far), u32(far)] : sizes(false)),
      u16(name.length),
      u16(extra(offset).length),
      u16(0),
      u16(0),
      u16(0),
      u32(0),
      u32(member.zip64 ? far : offset),
      name,
      extra(offset),
    ]);
  return { local, central };
}

/** A zip archive with every lie that is asked for. */
export function forgeZip(members: readonly Forged[], options: { readonly zip64?: boolean } = {}): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let position = 0;
  for (const member of members) {
    const { local, central } = lay(member);
    centrals.push(central(member.offset ?? position));
    if (member.offset !== undefined) continue;
    locals.push(local);
    position += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end64 = Buffer.concat([
    u32(0x06064b50),
    u64(44),
    u16(45),
    u16(45),
    u32(0),
    u32(0),
    u64(members.length),
    u64(members.length),
    u64(directory.length),
    u64(position),
    u32(0x07064b50),
    u32(0),
    u64(position + directory.length),
    u32(1),
  ]);
  const end = Buffer.concat([
    u32(0x06054b50),
    u16(0),
    u16(0),
    u16(members.length),
    u16(members.length),
    u32(directory.length),
    u32(position),
    u16(0),
  ]);
  return Buffer.concat([...locals, directory, options.zip64 ? end64 : Buffer.alloc(0), end]);
}

export interface ForgedTarEntry {
  readonly name: string;
  readonly data: Buffer;
  /** `0` a file, `5` a directory. */
  readonly type?: string;
}

/** A ustar archive, its two closing blocks of zeros included. */
export function forgeTar(entries: readonly ForgedTarEntry[]): Buffer {
  const blocks = entries.flatMap(({ name, data, type }) => {
    const header = Buffer.alloc(512);
    header.write(name, 0, 100);
    header.write(`${data.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write(`${' '.repeat(8)}${type ?? '0'}`, 148);
    header.write('ustar\x0000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** The local part only: what is left of an archive that lost its end. */
export const withoutDirectory = (zip: Buffer): Buffer => zip.subarray(0, zip.indexOf(u32(0x02014b50)));

export const gz = (text: string | Buffer): Buffer => gzipSync(text);
