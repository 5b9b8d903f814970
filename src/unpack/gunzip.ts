import { crc32 } from 'node:zlib';
import type { Tally } from './bounded.js';
import { endingNotes, mergeEndings } from './ending.js';
import type { EndingNotes } from './ending.js';
import type { Flow, Peekable } from './flow.js';
import { inflation } from './inflate.js';
import type { Inflation } from './inflate.js';

/** Longest header read: an extra field may have 65535 bytes; names and comments are a line. */
const maxHeaderBytes = 128 * 1024;
const trailerBytes = 8;

interface Member {
  readonly data: Inflation;
  crc: number;
  size: number;
}

/**
 * All members of a gzip file (RFC 1952) in one flow, up to `maxMembers` in the tally. Checksums and lengths are checked
 * after the bytes were handed on.
 */
export function gunzip(flow: Peekable, maxMembers: number, tally: Tally): Flow {
  const notes = endingNotes('gzip');
  let member: Member | null = null;
  let members = 0;
  let over = false;
  const next = async (): Promise<Buffer | null> => {
    while (!over) {
      member ??= await openMember(flow, notes, members, tally.members < maxMembers ? null : maxMembers);
      if (member === null) break;
      const bytes = await member.data.next();
      if (bytes !== null) {
        member.crc = crc32(bytes, member.crc);
        member.size += bytes.length;
        return bytes;
      }
      over = !(await closeMember(flow, notes, member));
      member = null;
      members += 1;
      tally.members += 1;
    }
    over = true;
    return null;
  };
  return {
    next,
    close: async () => {
      over = true;
      member?.data.close();
      await flow.close();
    },
    ending: () => mergeEndings(flow.ending(), notes.ending()),
  };
}

async function openMember(
  flow: Peekable,
  notes: EndingNotes,
  members: number,
  passed: number | null,
): Promise<Member | null> {
  const head = await flow.peek(2);
  if (members > 0 && !startsMember(head)) {
    await skipTrailingBytes(flow, head, notes);
    return null;
  }
  if (passed !== null) {
    notes.fail('oversized', 'oversized', `more than ${passed} packed members; the rest were not read`);
    return null;
  }
  const length = await headerLength(flow);
  if (typeof length === 'string') {
    if (length === 'cut') notes.fail('truncated', 'truncated', 'the gzip header is cut off');
    else notes.fail('corrupt', 'damaged', 'the gzip header is damaged');
    return null;
  }
  await flow.read(length);
  return { data: inflation(flow), crc: 0, size: 0 };
}

/** A mark of which one byte is right or missing is a member too: taken for a footer, its content would be lost in silence. */
function startsMember(head: Buffer): boolean {
  return head[0] === 0x1f || head[1] === 0x8b;
}

/** Zero bytes are tape padding and no news; anything else was added on the way. */
async function skipTrailingBytes(flow: Peekable, head: Buffer, notes: EndingNotes): Promise<void> {
  if (head.length === 0) return;
  let bytes = 0;
  let padding = true;
  for (let chunk = await flow.next(); chunk !== null; chunk = await flow.next()) {
    bytes += chunk.length;
    padding &&= chunk.every((byte) => byte === 0);
  }
  if (!padding) notes.note('trailing-bytes', `${bytes} bytes after the gzip data were ignored`);
}

/** Length of the header, or why it has none. */
async function headerLength(flow: Peekable): Promise<number | 'cut' | 'damaged'> {
  for (let wanted = 10; ;) {
    const head = await flow.peek(wanted);
    const length = parseHeader(head);
    if (typeof length === 'number' || length === 'damaged') return length;
    if (head.length < wanted) return 'cut';
    if (head.length > maxHeaderBytes) return 'damaged';
    wanted = head.length * 2;
  }
}

/** RFC 1952 section 2.3. */
function parseHeader(head: Buffer): number | 'cut' | 'damaged' {
  if (head.length < 10) return 'cut';
  if (head[0] !== 0x1f || head[1] !== 0x8b || head[2] !== 8) return 'damaged';
  const flags = head[3] ?? 0;
  let position = 10;
  if (flags & 4) {
    if (head.length < position + 2) return 'cut';
    position += 2 + head.readUInt16LE(position);
  }
  for (const flag of [8, 16]) {
    if (!(flags & flag)) continue;
    const zero = head.indexOf(0, position);
    if (zero < 0) return 'cut';
    position = zero + 1;
  }
  if (flags & 2) position += 2;
  return head.length < position ? 'cut' : position;
}

/** Whether another member may follow. */
async function closeMember(flow: Peekable, notes: EndingNotes, member: Member): Promise<boolean> {
  const damage = member.data.damage();
  member.data.close();
  if (damage !== null) {
    notes.fail('corrupt', 'damaged', damage);
    return false;
  }
  const trailer = await flow.peek(trailerBytes);
  if (trailer.length < trailerBytes) {
    notes.fail('truncated', 'truncated', `the gzip data stops after ${member.size} unpacked bytes`);
    return false;
  }
  if (trailer.readUInt32LE(0) !== member.crc) notes.fail('corrupt', 'bad-checksum', 'gzip CRC-32 does not match');
  if (trailer.readUInt32LE(4) !== member.size % 2 ** 32) notes.fail('corrupt', 'bad-length', 'gzip length is wrong');
  await flow.read(trailerBytes);
  return true;
}
