import { parseExtraFields } from 'yauzl';
import type { Content } from '../model/content.js';
import { sizeOf } from '../model/content.js';
import { endingNotes } from './ending.js';
import { drain } from './flow.js';
import type { Flow } from './flow.js';
import { contentFlow, readSlice } from './origin.js';
import { isDirectory, judgeMember, memberFlow, memberName, unreadableReason } from './zip-member.js';
import type { Member, MemberFacts } from './zip-member.js';

const headerBytes = 30;
/** The longest descriptor, and the mark behind it. */
const descriptorBytes = 28;
const memberMark = 0x04034b50;
const descriptorMark = 0x08074b50;
const directoryMark = 0x02014b50;
/** A size that is only in the zip64 extra field. */
const elsewhere = 0xffffffff;

interface LocalHeader {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  /** Null when they follow the data, in a descriptor. */
  readonly known: MemberFacts | null;
  readonly dataStart: number;
}

/** The members of an archive whose directory is missing, by the headers in front of each; null for a directory entry. */
export async function* localMembers(content: Content): AsyncGenerator<Member | null, void, undefined> {
  let position = 0;
  for (;;) {
    const header = await readHeader(content, position);
    if (header === null) break;
    const { name, known } = header;
    const refused = unreadableReason(header);
    const opened = refused === null && canBeDelimited(header) ? open(content, header) : null;
    if (!isDirectory(name, known?.packed ?? null)) yield offered(name, opened, refused);
    else if (opened !== null) {
      await drain(opened.flow);
      yield null;
    }
    const end = known === null ? (opened?.end() ?? null) : header.dataStart + known.packed;
    if (end === null) return;
    position = Math.min(end, sizeOf(content));
  }
  if (!(await isDirectoryAt(content, position))) yield { name: null, outcome: 'malformed', reason: cutOff };
}

const cutOff = 'the zip archive ends before its directory; more members may be missing';

const canBeDelimited = (header: LocalHeader): boolean => header.known !== null || header.method === 8;

function offered(name: string, opened: Opened | null, refused: string | null): Member {
  if (opened !== null) return { name, flow: opened.flow };
  if (refused !== null) return { name, outcome: 'unsupported', reason: refused };
  return { name, outcome: 'malformed', reason: 'the zip directory is missing and the member has no length' };
}

async function isDirectoryAt(content: Content, position: number): Promise<boolean> {
  const mark = await readSlice(content, position, 4);
  return mark.length === 4 && mark.readUInt32LE(0) === directoryMark;
}

/** The local header at `position`; null when there is none, or not all of it. */
export async function readHeader(content: Content, position: number): Promise<LocalHeader | null> {
  const fixed = await readSlice(content, position, headerBytes);
  if (fixed.length < headerBytes || fixed.readUInt32LE(0) !== memberMark) return null;
  const flags = fixed.readUInt16LE(6);
  const method = fixed.readUInt16LE(8);
  const nameLength = fixed.readUInt16LE(26);
  const dataStart = position + headerBytes + nameLength + fixed.readUInt16LE(28);
  const rest = await readSlice(content, position + headerBytes, dataStart - position - headerBytes);
  if (dataStart > sizeOf(content)) return null;
  const stated = { size: fixed.readUInt32LE(22), packed: fixed.readUInt32LE(18) };
  const sizes = stated.packed === elsewhere ? (zip64Sizes(rest.subarray(nameLength)) ?? stated) : stated;
  const known = (flags & 8) === 0 ? { method, flags, crc: fixed.readUInt32LE(14), ...sizes } : null;
  return { name: memberName(rest.subarray(0, nameLength), flags), flags, method, known, dataStart };
}

/** The zip64 field of a local header has both sizes, whichever of them needs it (APPNOTE 4.5.3). Null without a whole one. */
function zip64Sizes(extra: Buffer): Pick<MemberFacts, 'size' | 'packed'> | null {
  try {
    const field = parseExtraFields(extra).find(({ id }) => id === 1)?.data;
    return field ? { size: Number(field.readBigUInt64LE(0)), packed: Number(field.readBigUInt64LE(8)) } : null;
  } catch {
    return null;
  }
}

interface Opened {
  readonly flow: Flow;
  /** Where the next header should be; null while the member was not read to a good end. */
  end(): number | null;
}

function open(content: Content, { method, known, dataStart }: LocalHeader): Opened {
  const notes = endingNotes('zip');
  notes.note('zip-directory', 'the zip archive has no directory; read by its local headers');
  let next: number | null = null;
  const end = known === null ? sizeOf(content) : dataStart + known.packed;
  const range = contentFlow(content, dataStart, end);
  const flow = memberFlow(range, method, notes, async (seen, packed) => {
    if (known !== null) return judgeMember(notes, known, seen, end <= sizeOf(content));
    if (seen.damage !== null) return notes.fail('corrupt', 'damaged', seen.damage);
    const rest = await packed.peek(descriptorBytes);
    const length = descriptorLength(rest, seen.crc);
    if (length === null) notes.fail('truncated', 'truncated', 'the zip archive stops inside this member');
    else next = dataStart + range.given() - rest.length + length;
  });
  return { flow, end: () => next };
}

/** The descriptor has an optional mark, the CRC-32, and two sizes of four or eight bytes. Null when the CRC-32 is not there. */
function descriptorLength(rest: Buffer, crc: number): number | null {
  const marked = rest.length >= 4 && rest.readUInt32LE(0) === descriptorMark;
  const at = marked ? 4 : 0;
  if (rest.length < at + 4 || rest.readUInt32LE(at) !== crc) return null;
  const wide = rest.subarray(at + 20, at + 24);
  return wide.length === 4 && [memberMark, directoryMark].includes(wide.readUInt32LE(0)) ? at + 20 : at + 12;
}
