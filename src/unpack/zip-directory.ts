import { fromBufferPromise } from 'yauzl';
import type { Entry as DirectoryEntry } from 'yauzl';
import type { Content } from '../model/content.js';
import { sizeOf } from '../model/content.js';
import { readSlice } from './origin.js';
import { memberName } from './zip-member.js';
import type { MemberFacts } from './zip-member.js';

/** Where the directory of an archive lies; `end` is exclusive. APPNOTE 4.3.12, 4.3.16. */
export interface Directory {
  readonly start: number;
  readonly end: number;
  /** Bytes that somebody put in front of the archive: all its offsets are this much too small. */
  readonly base: number;
}

/** A member as the directory tells it. */
export interface Entry extends MemberFacts {
  readonly name: string;
  /** Where its local header is. */
  readonly position: number;
}

const endMark = Buffer.from('504b0506', 'hex');
const endBytes = 22;
const end64Mark = 0x06064b50;
const locatorMark = 0x07064b50;
/** The zip64 end record and its locator, which stand before the end record. */
const end64Bytes = 76;
const entryMark = Buffer.from('504b0102', 'hex');
const entryBytes = 46;
/** The end record, its comment of 64 KiB at most, and as much again for what mail systems add. */
const tailBytes = endBytes + 2 * 65_536;
/** End marks tried, from the last on: a comment or a footer may have false ones. */
const endTries = 64;
/** What is held of the directory at a time; the longest entry has 46 bytes and three texts of 64 KiB. */
const windowBytes = 256 * 1024;
/** Sizes and names are hostile: judged by us after the fact. */
const options = { decodeStrings: false, validateEntrySizes: false } as const;
/**
 * What yauzl finds behind the window: an end record of ours, its directory at 0 and its count the largest, because the
 * archive's own may lie. The zeros keep yauzl from taking the window's last bytes for a zip64 locator.
 */
const windowEnd = Buffer.from(`${'00'.repeat(20)}504b050600000000ffffffff${'00'.repeat(10)}`, 'hex');

/** The directory, found by the last end record that has one in front of it; null when there is none. */
export async function findDirectory(content: Content): Promise<Directory | null> {
  const from = Math.max(0, sizeOf(content) - tailBytes);
  const tail = await readSlice(content, from, tailBytes);
  let at = tail.length - endBytes + 1;
  for (let tries = 0; tries < endTries && at > 0; tries += 1) {
    at = tail.lastIndexOf(endMark, at - 1);
    const found = at < 0 ? null : await directoryBefore(content, from + at, tail.subarray(at));
    if (found !== null) return found;
  }
  return null;
}

/** An archive that is too large for the plain end record, or was packed as if, has its numbers in front of it (APPNOTE 4.3.14). */
async function directoryBefore(content: Content, position: number, record: Buffer): Promise<Directory | null> {
  const wide = await readSlice(content, position - end64Bytes, end64Bytes);
  const isWide =
    wide.length === end64Bytes && wide.readUInt32LE(0) === end64Mark && wide.readUInt32LE(56) === locatorMark;
  const end = isWide ? position - end64Bytes : position;
  const start = end - (isWide ? Number(wide.readBigUInt64LE(40)) : record.readUInt32LE(12));
  const base = start - (isWide ? Number(wide.readBigUInt64LE(48)) : record.readUInt32LE(16));
  if (base < 0) return null;
  const first = await readSlice(content, start, 4);
  // an archive of nothing is nothing but its end record
  return end === 0 || first.equals(entryMark) ? { start, end, base } : null;
}

/** The entries up to the directory's end, as yauzl reads them; null stands for a damaged rest. */
export async function* directoryEntries(
  content: Content,
  { start, end, base }: Directory,
): AsyncGenerator<Entry | null, void, undefined> {
  let stuck = false;
  for (let at = start, read = 0; at < end; at += read) {
    const slice = await readSlice(content, at, Math.min(windowBytes, end - at));
    const window = Buffer.concat([slice, windowEnd]);
    if (stuck) mend(window);
    read = 0;
    try {
      const zip = await fromBufferPromise(window, options);
      for await (const entry of zip.eachEntry()) {
        const next = read + lengthOf(entry);
        if (next > slice.length) break;
        read = next;
        yield memberEntry(entry, base);
      }
    } catch {
      // behind the window, or in an entry that the next turn mends
    }
    if (stuck && read === 0) return yield null;
    stuck = read === 0;
  }
}

/** yauzl gives up at a strongly encrypted entry and at a malformed extra field: the one is called encrypted, the other comment. */
function mend(entry: Buffer): void {
  const flags = entry.readUInt16LE(8);
  if (flags & 0x40) entry.writeUInt16LE((flags & ~0x40) | 1, 8);
  entry.writeUInt16LE(Math.min(0xffff, entry.readUInt16LE(30) + entry.readUInt16LE(32)), 32);
  entry.writeUInt16LE(0, 30);
}

const lengthOf = (entry: DirectoryEntry): number =>
  entryBytes + entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength;

function memberEntry(entry: DirectoryEntry, base: number): Entry {
  return {
    name: memberName(entry.fileNameRaw, entry.generalPurposeBitFlag),
    flags: entry.generalPurposeBitFlag,
    method: entry.compressionMethod,
    crc: entry.crc32,
    size: entry.uncompressedSize,
    packed: entry.compressedSize,
    position: base + entry.relativeOffsetOfLocalHeader,
  };
}
