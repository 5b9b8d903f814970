import { endingNotes } from './ending.js';
import type { EndingNotes } from './ending.js';
import { drain } from './flow.js';
import type { Flow, Peekable } from './flow.js';
import { inflation } from './inflate.js';
import { inflatedFlow } from './inflated-flow.js';

const headerBytes = 2;
/** Bytes that Adler-32 may add up before its sums must be reduced (RFC 1950 section 9). */
const adlerRun = 3800;

/** One bare zlib stream (RFC 1950), its Adler-32 checked after the bytes were handed on. */
export function unzlib(flow: Peekable): Flow {
  const notes = endingNotes('zlib');
  const data = inflation(flow);
  let adler = 1;
  let started = false;
  const next = async (): Promise<Buffer | null> => {
    if (!started) await skipHeader(flow);
    started = true;
    const bytes = await data.next();
    if (bytes !== null) adler = adler32(bytes, adler);
    return bytes;
  };
  return inflatedFlow(flow, { next, close: data.close }, notes, () => judge(flow, notes, data.damage(), adler));
}

async function skipHeader(flow: Peekable): Promise<void> {
  await flow.peek(headerBytes);
  await flow.read(headerBytes);
}

async function judge(flow: Peekable, notes: EndingNotes, damage: string | null, adler: number): Promise<void> {
  if (damage !== null) return notes.fail('corrupt', 'damaged', damage);
  const trailer = await flow.peek(4);
  if (trailer.length < 4) return notes.fail('truncated', 'truncated', 'the zlib data stops before its end');
  if (trailer.readUInt32BE(0) !== adler) notes.fail('corrupt', 'bad-checksum', 'zlib Adler-32 does not match');
  await flow.read(4);
  const rest = await drain(flow);
  if (rest > 0) notes.note('trailing-bytes', `${rest} bytes after the zlib data were ignored`);
}

function adler32(bytes: Buffer, seed: number): number {
  let low = seed & 0xffff;
  let high = seed >>> 16;
  for (let start = 0; start < bytes.length; start += adlerRun) {
    const end = Math.min(start + adlerRun, bytes.length);
    for (let index = start; index < end; index += 1) {
      low += bytes[index] ?? 0;
      high += low;
    }
    low %= 65521;
    high %= 65521;
  }
  return high * 65536 + low;
}
