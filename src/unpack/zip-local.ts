import { crc32 } from 'node:zlib';
import type { Content } from '../model/content.js';
import { sizeOf } from '../model/content.js';
import { endingNotes, mergeEndings } from './ending.js';
import type { EndingNotes } from './ending.js';
import { peekable } from './flow.js';
import type { Flow, Peekable } from './flow.js';
import { inflation } from './inflate.js';
import { contentFlow, readSlice } from './origin.js';
import { isPassedOver, memberName, unreadableReason } from './zip-member.js';
import type { ZipMember } from './zip-member.js';

const headerBytes = 30;
const memberMark = 0x04034b50;
const descriptorMark = 0x08074b50;
/** A size that is only in the zip64 extra field. */
const elsewhere = 0xffffffff;

interface LocalHeader {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  /** Null when they follow the data, in a descriptor. */
  readonly known: { readonly crc: number; readonly packed: number } | null;
  readonly dataStart: number;
}

/** The members of an archive whose directory is missing, by the headers in front of each. `why` goes into their problems. */
export async function* localMembers(content: Content, why: string): AsyncGenerator<ZipMember> {
  let position = 0;
  for (;;) {
    const header = await readHeader(content, position);
    if (header === null) return;
    const refused = unreadableReason(header);
    const opened = refused === null && canBeDelimited(header) ? open(content, header, why) : null;
    if (!isPassedOver(header.name)) yield offered(header, opened, refused);
    const end = header.known === null ? (opened?.end() ?? null) : header.dataStart + header.known.packed;
    if (end === null) return;
    position = end;
  }
}

const canBeDelimited = (header: LocalHeader): boolean => header.known !== null || header.method === 8;

function offered(header: LocalHeader, opened: Opened | null, refused: string | null): ZipMember {
  if (opened !== null) return { name: header.name, flow: opened.flow };
  if (refused !== null) return { name: header.name, outcome: 'unsupported', reason: refused };
  return {
    name: header.name,
    outcome: 'malformed',
    reason: 'the zip directory is missing and the member has no length',
  };
}

async function readHeader(content: Content, position: number): Promise<LocalHeader | null> {
  const fixed = await readSlice(content, position, headerBytes);
  if (fixed.length < headerBytes || fixed.readUInt32LE(0) !== memberMark) return null;
  const flags = fixed.readUInt16LE(6);
  const nameLength = fixed.readUInt16LE(26);
  const dataStart = position + headerBytes + nameLength + fixed.readUInt16LE(28);
  const packed = fixed.readUInt32LE(18);
  const known = (flags & 8) === 0 && packed !== elsewhere ? { crc: fixed.readUInt32LE(14), packed } : null;
  const name = memberName(await readSlice(content, position + headerBytes, nameLength), flags);
  if (dataStart > sizeOf(content)) return null;
  return { name, flags, method: fixed.readUInt16LE(8), known, dataStart };
}

interface Opened {
  readonly flow: Flow;
  /** Where the next header should be; null while the member was not read to a good end. */
  end(): number | null;
}

function open(content: Content, header: LocalHeader, why: string): Opened {
  const notes = endingNotes('zip');
  notes.note('zip-directory', why);
  const end = header.known === null ? sizeOf(content) : header.dataStart + header.known.packed;
  const range = contentFlow(content, header.dataStart, end);
  const packed = peekable(range);
  const data = header.method === 8 ? inflation(packed) : null;
  let crc = 0;
  let next: number | null = null;
  let over = false;
  const finish = async (): Promise<void> => {
    over = true;
    const descriptor = await judge(packed, header, notes, {
      crc,
      damage: data?.damage() ?? null,
      reach: end <= sizeOf(content),
    });
    if (descriptor !== null) next = header.dataStart + descriptor;
  };
  const flow: Flow = {
    next: async () => {
      if (over) return null;
      const bytes = await (data ?? packed).next();
      if (bytes === null) await finish();
      else crc = crc32(bytes, crc);
      return bytes;
    },
    close: async () => {
      over = true;
      data?.close();
      await packed.close();
    },
    ending: () => mergeEndings(range.ending(), notes.ending()),
    packed: range.packed,
  };
  return { flow, end: () => next };
}

interface Seen {
  readonly crc: number;
  readonly damage: string | null;
  /** Whether the archive is long enough to hold all of the member. */
  readonly reach: boolean;
}

/** Judges the member's end; answers the packed length with its descriptor where one was found. */
async function judge(packed: Peekable, header: LocalHeader, notes: EndingNotes, seen: Seen): Promise<number | null> {
  if (seen.damage !== null) {
    notes.fail('corrupt', 'damaged', seen.damage);
    return null;
  }
  if (header.known !== null) {
    if (!seen.reach) notes.fail('truncated', 'truncated', 'the zip archive stops inside this member');
    else if (header.known.crc !== seen.crc) notes.fail('corrupt', 'bad-checksum', 'zip CRC-32 does not match');
    return null;
  }
  return readDescriptor(packed, notes, seen.crc);
}

/** The descriptor has an optional mark, the CRC-32, and two sizes of four or eight bytes. */
async function readDescriptor(packed: Peekable, notes: EndingNotes, crc: number): Promise<number | null> {
  const rest = await packed.peek(24);
  const marked = rest.length >= 4 && rest.readUInt32LE(0) === descriptorMark;
  const at = marked ? 4 : 0;
  if (rest.length < at + 4 || rest.readUInt32LE(at) !== crc) {
    notes.fail('truncated', 'truncated', 'the zip archive stops inside this member');
    return null;
  }
  const consumed = packed.packed() - rest.length;
  for (const sizes of [8, 16]) {
    const next = rest.subarray(at + 4 + sizes, at + 8 + sizes);
    if (next.length === 4 && next.readUInt32LE(0) === memberMark) return consumed + at + 4 + sizes;
  }
  return null;
}
