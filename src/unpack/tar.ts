import type { Content } from '../model/content.js';
import { sizeOf } from '../model/content.js';
import { endingNotes, mergeEndings } from './ending.js';
import type { Flow } from './flow.js';
import { contentFlow, readSlice } from './origin.js';
import { memberName } from './zip-member.js';
import type { Member } from './zip-member.js';

const blockBytes = 512;
/** Type flag of an ordinary file: `0`, in old archives a zero byte, `7` where it lies in one piece. */
const fileTypes: readonly number[] = [0x30, 0, 0x37];
const damaged = 'the tar archive ends early or is damaged; more members may be missing';

/** The files of a tar archive (POSIX.1-1988, ustar); null for directories, links and extended headers. */
export async function* tarMembers(content: Content): AsyncGenerator<Member | null, void, undefined> {
  for (let position = 0; ;) {
    const header = await readSlice(content, position, blockBytes);
    if (header.length === blockBytes && header.every((byte) => byte === 0)) return yield* behindEnd(content, position);
    const size = statedSize(header);
    if (size === null) return yield { name: null, outcome: 'malformed', reason: damaged };
    const start = position + blockBytes;
    const isFile = fileTypes.includes(header[156] ?? -1) && size > 0;
    yield isFile ? { name: nameIn(header), flow: fileFlow(content, start, size) } : null;
    position = start + Math.ceil(size / blockBytes) * blockBytes;
  }
}

/** What somebody put behind the archive, another one for instance, is not read and not passed over in silence. */
async function* behindEnd(content: Content, from: number): AsyncGenerator<Member, void, undefined> {
  const flow = contentFlow(content, from, sizeOf(content));
  try {
    for (let chunk = await flow.next(); chunk !== null; chunk = await flow.next()) {
      if (chunk.every((byte) => byte === 0)) continue;
      return yield { name: null, outcome: 'malformed', reason: 'something that was not read follows the tar archive' };
    }
  } finally {
    await flow.close();
  }
}

/** Null when the header is cut, or its checksum says that it is none. */
function statedSize(header: Buffer): number | null {
  if (header.length < blockBytes) return null;
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  return octal(header.subarray(148, 156)) === sum ? octal(header.subarray(124, 136)) : null;
}

function octal(field: Buffer): number | null {
  const digits = /^[ 0]*([0-7]{1,12})[ \0]*$/.exec(field.toString('latin1'))?.[1];
  return digits === undefined ? null : Number.parseInt(digits, 8);
}

function nameIn(header: Buffer): string {
  const part = (start: number, end: number): Buffer => {
    const field = header.subarray(start, end);
    const zero = field.indexOf(0);
    return zero < 0 ? field : field.subarray(0, zero);
  };
  const prefix = part(345, 500);
  const name = part(0, 100);
  return memberName(prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]), 0);
}

function fileFlow(content: Content, start: number, size: number): Flow {
  const range = contentFlow(content, start, start + size);
  const notes = endingNotes('tar');
  if (start + size > sizeOf(content)) notes.fail('truncated', 'truncated', 'the tar archive stops inside this file');
  return { ...range, ending: () => mergeEndings(range.ending(), notes.ending()) };
}
