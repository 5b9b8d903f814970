import { crc32 } from 'node:zlib';
import { plainText } from '../base/text.js';
import type { UnreadableFile } from '../model/report-file.js';
import { mergeEndings } from './ending.js';
import type { EndingNotes } from './ending.js';
import { peekable } from './flow.js';
import type { Flow, Peekable } from './flow.js';
import { inflation } from './inflate.js';

/** A member that can be read, or why it cannot; `name` is for people. */
export type Member =
  | { readonly name: string; readonly flow: Flow }
  | { readonly name: string | null; readonly outcome: UnreadableFile['outcome']; readonly reason: string };

export interface MemberFacts {
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly flags: number;
  readonly crc: number;
  /** Unpacked bytes, as the archive says. */
  readonly size: number;
  /** Packed bytes, as the archive says. */
  readonly packed: number;
}

/** What came out of a member. */
export interface Seen {
  readonly crc: number;
  readonly size: number;
  readonly damage: string | null;
}

const nameChars = 255;
/** Packed bytes of nothing: an empty deflate stream has two. */
const emptyBytes = 2;

/** Bit 11 says UTF-8; without it the bytes are taken as UTF-8 when they are, else as Latin-1. */
export function memberName(raw: Buffer, flags: number): string {
  const utf8 = raw.toString('utf8');
  const broken = (flags & 0x800) === 0 && utf8.includes('\ufffd');
  return plainText(broken ? raw.toString('latin1') : utf8, nameChars);
}

/** A directory. A name alone makes none: what has content is looked at, whatever it is called. */
export function isDirectory(name: string, packed: number | null): boolean {
  return (packed === null || packed <= emptyBytes) && /(?:^|[/\\])$/.test(name);
}

export function unreadableReason(facts: Pick<MemberFacts, 'method' | 'flags'>): string | null {
  if (facts.flags & 0x2041) return 'the zip member is encrypted';
  if (facts.method === 0 || facts.method === 8) return null;
  return `the zip member is packed with method ${facts.method}; only stored and deflated members are read`;
}

/** The unpacked bytes of a member; `judge` is asked once, behind the last of them. */
export function memberFlow(
  range: Flow,
  method: number,
  notes: EndingNotes,
  judge: (seen: Seen, packed: Peekable) => Promise<void> | void,
): Flow {
  const packed = peekable(range);
  const data = method === 8 ? inflation(packed) : null;
  let crc = 0;
  let size = 0;
  let over = false;
  return {
    next: async () => {
      if (over) return null;
      const bytes = await (data ?? packed).next();
      if (bytes === null) {
        over = true;
        await judge({ crc, size, damage: data?.damage() ?? null }, packed);
        return null;
      }
      crc = crc32(bytes, crc);
      size += bytes.length;
      return bytes;
    },
    close: async () => {
      over = true;
      data?.close();
      await packed.close();
    },
    ending: () => mergeEndings(range.ending(), notes.ending()),
  };
}

/** A wrong size over a right checksum is a careless packer, not damage. `whole`: the archive is long enough for the member. */
export function judgeMember(notes: EndingNotes, facts: MemberFacts, seen: Seen, whole: boolean): void {
  if (seen.damage !== null) notes.fail('corrupt', 'damaged', seen.damage);
  else if (seen.crc !== facts.crc && !whole)
    notes.fail('truncated', 'truncated', 'the zip archive stops inside this member');
  else if (seen.crc !== facts.crc) notes.fail('corrupt', 'bad-checksum', 'zip CRC-32 does not match');
  if (whole && seen.size !== facts.size)
    notes.note('bad-length', `zip says ${facts.size} bytes, there are ${seen.size}`);
}
