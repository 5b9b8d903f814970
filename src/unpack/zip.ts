import type { Content } from '../model/content.js';
import { sizeOf } from '../model/content.js';
import { endingNotes } from './ending.js';
import { contentFlow } from './origin.js';
import { directoryEntries, findDirectory } from './zip-directory.js';
import type { Entry } from './zip-directory.js';
import { localMembers, readHeader } from './zip-local.js';
import { isDirectory, judgeMember, memberFlow, unreadableReason } from './zip-member.js';
import type { Member } from './zip-member.js';

/** Whether there is a zip archive somewhere in these bytes: a self-extractor has a program in front. */
export async function hasZipDirectory(content: Content): Promise<boolean> {
  const directory = await findDirectory(content);
  return directory !== null && directory.end > directory.start;
}

/**
 * The members of a zip archive in the order of its directory; without one, by its local headers. Null stands for a
 * directory entry. Sizes and names are hostile: judged after the fact, never believed.
 * Drain or close a member's flow before asking for the next.
 */
export async function* zipMembers(content: Content): AsyncGenerator<Member | null, void, undefined> {
  const directory = await findDirectory(content);
  if (directory === null) return yield* localMembers(content);
  if (directory.base > 0 && (await readHeader(content, 0)) !== null)
    yield { name: null, outcome: 'malformed', reason: inFront };
  for await (const entry of directoryEntries(content, directory)) {
    if (entry === null) yield { name: null, outcome: 'malformed', reason: 'the zip directory is damaged' };
    else if (isDirectory(entry.name, entry.packed)) yield null;
    else yield await openEntry(content, entry);
  }
}

const inFront = 'another zip archive, which was not read, stands in front of this one';

async function openEntry(content: Content, entry: Entry): Promise<Member> {
  const { name, packed, position, method } = entry;
  const refused = unreadableReason(entry);
  if (refused !== null) return { name, outcome: 'unsupported', reason: refused };
  const header = await readHeader(content, position);
  if (header === null) return { name, outcome: 'malformed', reason: 'the zip member is not where the directory says' };
  const start = header.dataStart;
  const notes = endingNotes('zip');
  const whole = start + packed <= sizeOf(content);
  const flow = memberFlow(contentFlow(content, start, start + packed), method, notes, (seen) =>
    judgeMember(notes, entry, seen, whole),
  );
  return { name, flow };
}
