import { crc32 } from 'node:zlib';
import { plainText } from '../base/text.js';
import type { UnreadableFile } from '../model/report-file.js';
import { endingNotes, mergeEndings } from './ending.js';
import type { EndingNotes } from './ending.js';
import { peekable } from './flow.js';
import type { Flow } from './flow.js';
import { inflation } from './inflate.js';

/** A member that can be read, or why it cannot; `name` is for people. */
export type ZipMember =
  | { readonly name: string; readonly flow: Flow }
  | { readonly name: string | null; readonly outcome: UnreadableFile['outcome']; readonly reason: string };

export interface MemberFacts {
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly flags: number;
  readonly crc: number;
  /** Unpacked, as the archive says. */
  readonly size: number;
}

const nameChars = 255;

/** Bit 11 says UTF-8; without it the bytes are taken as UTF-8 when they are, else as Latin-1. */
export function memberName(raw: Buffer, flags: number): string {
  const utf8 = raw.toString('utf8');
  const broken = (flags & 0x800) === 0 && utf8.includes('\ufffd');
  return plainText(broken ? raw.toString('latin1') : utf8, nameChars);
}

/** Directories, macOS resource forks, and members without a name. */
export function isPassedOver(name: string): boolean {
  return name === '' || name.endsWith('/') || name.endsWith('\\') || name.split('/').includes('__MACOSX');
}

export function unreadableReason(facts: Pick<MemberFacts, 'method' | 'flags'>): string | null {
  if (facts.flags & 0x2041) return 'the zip member is encrypted';
  if (facts.method === 0 || facts.method === 8) return null;
  return `the zip member is packed with method ${facts.method}; only stored and deflated members are read`;
}

/** The unpacked bytes of a member; CRC-32 and size are checked after the last of them. */
export function memberFlow(range: Flow, facts: MemberFacts): Flow {
  const notes = endingNotes('zip');
  const data = facts.method === 8 ? inflation(peekable(range)) : null;
  let crc = 0;
  let size = 0;
  let over = false;
  return {
    next: async () => {
      if (over) return null;
      const bytes = await (data ?? range).next();
      if (bytes === null) {
        over = true;
        judge(notes, facts, { crc, size, damage: data?.damage() ?? null });
        return null;
      }
      crc = crc32(bytes, crc);
      size += bytes.length;
      return bytes;
    },
    close: async () => {
      over = true;
      data?.close();
      await range.close();
    },
    ending: () => mergeEndings(range.ending(), notes.ending()),
    packed: range.packed,
  };
}

interface Seen {
  readonly crc: number;
  readonly size: number;
  readonly damage: string | null;
}

/** A wrong size over a right checksum is a careless packer, not damage. */
function judge(notes: EndingNotes, facts: MemberFacts, seen: Seen): void {
  if (seen.damage !== null) notes.fail('corrupt', 'damaged', seen.damage);
  else if (seen.crc !== facts.crc) notes.fail('corrupt', 'bad-checksum', 'zip CRC-32 does not match');
  if (seen.size !== facts.size) notes.note('bad-length', `zip says ${facts.size} bytes, there are ${seen.size}`);
}
