import { limits as defaultLimits } from '../config/limits.js';
import type { Limits } from '../config/limits.js';
import type { Content } from '../model/content.js';
import { sizeOf } from '../model/content.js';
import type { ReportFile, UnreadableFile } from '../model/report-file.js';
import { base64Text } from './base64-text.js';
import { bounded, budgetOf, nothingSpent, spentReason } from './bounded.js';
import type { Budget, Tally } from './bounded.js';
import { endingNotes, mergeEndings } from './ending.js';
import { drain, peekable } from './flow.js';
import type { Flow, Peekable } from './flow.js';
import { gunzip } from './gunzip.js';
import { isOutlookMessage } from './ole.js';
import { contentFlow } from './origin.js';
import { rawDeflate } from './raw-deflate.js';
import { sniff, sniffBytes } from './sniff.js';
import type { Sniffed } from './sniff.js';
import { tarMembers } from './tar.js';
import { hasZipDirectory, zipMembers } from './zip.js';
import type { Member } from './zip-member.js';
import { unzlib } from './zlib-data.js';

export { nothingSpent };
export type { Tally };

type Unpacked = ReportFile | UnreadableFile;
type Walked = AsyncGenerator<Unpacked, void, undefined>;

interface Place {
  readonly members: readonly string[];
  /** Containers around this place. */
  readonly depth: number;
  /** The bytes as they came in, not yet bounded and readable at any position; null inside a container. */
  readonly content: Content | null;
  readonly base64Tried: boolean;
}

/**
 * Every file in a part that may be a report, and every container that could hide one but cannot be read. Decides by the
 * bytes alone (RFC 7489 section 7.2.1.1 names gzip; zip, zlib, bare XML and JSON occur). Texts, web pages and pictures
 * yield nothing. Nothing is read ahead; leaving early closes everything. `spent` is shared by the parts of a mail and
 * grows by what is unpacked. Rejects only with a Failure when a file of ours cannot be read.
 */
export async function* unpack(content: Content, limits: Limits = defaultLimits, spent: Tally = nothingSpent()): Walked {
  const flow = peekable(contentFlow(content));
  const place: Place = { members: [], depth: 0, content, base64Tried: false };
  try {
    yield* walk(flow, place, budgetOf(content, limits, spent));
  } finally {
    await flow.close();
  }
}

async function* walk(flow: Peekable, place: Place, budget: Budget): Walked {
  const found = sniff((await flow.peek(sniffBytes)).subarray(0, sniffBytes));
  switch (found.kind) {
    case 'document':
      return yield* document(flow, found.offset, place, budget);
    case 'unsupported':
      return yield unreadable(place, 'unsupported', found.reason);
    case 'compound':
      return yield* fromCompound(flow, place, budget);
    case 'base64':
      return yield* fromBase64(flow, place, budget);
    case 'nothing':
      return yield* fromNothing(flow, place, budget);
    default:
      yield* container(found.kind, flow, place, budget);
  }
}

async function* document(flow: Peekable, offset: number, place: Place, budget: Budget): Walked {
  const notes = endingNotes('text');
  if (offset > 0) {
    await flow.read(offset);
    notes.note('leading-text', `${offset} bytes of text before the report were ignored`);
  }
  const file = place.content !== null ? bounded(flow, budget) : flow;
  try {
    const ending = (): ReturnType<Flow['ending']> => mergeEndings(file.ending(), notes.ending());
    yield { kind: 'file', members: place.members, chunks: chunksOf(file), ending };
  } finally {
    await file.close();
  }
}

async function* chunksOf(flow: Flow): AsyncGenerator<Buffer> {
  try {
    for (let chunk = await flow.next(); chunk !== null; chunk = await flow.next()) yield chunk;
  } finally {
    await flow.close();
  }
}

/** No report as far as the first bytes tell; but an archive may stand behind them, and damage may have made them so. */
async function* fromNothing(flow: Peekable, place: Place, budget: Budget): Walked {
  if (place.content !== null) {
    if (await hasZipDirectory(place.content)) yield* container('zip', flow, place, budget);
    return;
  }
  await drain(flow);
  const { state, problems } = flow.ending();
  if (state === 'complete') return;
  const reason = `nothing could be unpacked: ${problems.map((problem) => problem.detail).join('; ')}`;
  yield unreadable(place, state === 'oversized' ? 'oversized' : 'malformed', reason);
}

/** Office documents are none of ours; in an Outlook message a report may be attached. */
async function* fromCompound(flow: Peekable, place: Place, budget: Budget): Walked {
  if (!(await isOutlookMessage(flow, place.content))) return yield* fromNothing(flow, place, budget);
  yield unreadable(place, 'unsupported', 'an Outlook message (.msg); have the report forwarded as an attachment');
}

async function* fromBase64(flow: Peekable, place: Place, budget: Budget): Walked {
  if (place.base64Tried) return;
  const inner = peekable(bounded(base64Text(flow), budget));
  yield* walk(inner, { ...place, content: null, base64Tried: true }, budget);
}

type ContainerKind = Extract<Sniffed['kind'], 'gzip' | 'zip' | 'zlib' | 'deflate' | 'tar'>;

async function* container(kind: ContainerKind, flow: Peekable, place: Place, budget: Budget): Walked {
  const { archiveDepth, packedBytes } = budget.limits;
  if (place.depth >= archiveDepth) {
    return yield unreadable(place, 'oversized', `containers are nested deeper than ${archiveDepth}`);
  }
  if (place.content !== null && sizeOf(place.content) > packedBytes) {
    return yield unreadable(place, 'oversized', `the packed file is larger than ${packedBytes} bytes`);
  }
  if (kind === 'zip' || kind === 'tar') return yield* fromArchive(kind, flow, place, budget);
  yield* inside(streamOf(kind, flow, budget), place, budget);
}

function streamOf(kind: 'gzip' | 'zlib' | 'deflate', flow: Peekable, { limits, tally }: Budget): Flow {
  if (kind === 'gzip') return gunzip(flow, limits.packedMembers, tally);
  return kind === 'zlib' ? unzlib(flow) : rawDeflate(flow);
}

/** What is in an opened container, one deeper. */
async function* inside(opened: Flow, place: Place, budget: Budget): Walked {
  const inner = peekable(bounded(opened, budget));
  try {
    const head = await inner.peek(1);
    const here = { ...place, content: null, depth: place.depth + 1 };
    if (head.length > 0 || inner.ending().state !== 'complete') yield* walk(inner, here, budget);
    else yield unreadable(place, 'malformed', 'the packed file is empty');
  } finally {
    await inner.close();
  }
}

async function* fromArchive(kind: 'zip' | 'tar', flow: Peekable, place: Place, budget: Budget): Walked {
  const { nestedArchiveBytes } = budget.limits;
  const content = place.content ?? (await heldInMemory(flow, nestedArchiveBytes));
  if (content === null) {
    return yield unreadable(place, 'oversized', `an archive in another is larger than ${nestedArchiveBytes} bytes`);
  }
  const outer = place.content === null ? flow.ending : null;
  let entries = 0;
  let opened = 0;
  for await (const member of kind === 'zip' ? zipMembers(content) : tarMembers(content)) {
    const stop = stopReason(entries, opened, member, budget);
    if (stop !== null) return yield unreadable(place, 'oversized', `${stop}; the rest of the archive was not opened`);
    entries += 1;
    if (member === null) continue;
    opened += 1;
    budget.tally.members += 1;
    yield* fromMember(member, place, budget, outer);
  }
  if (opened === 0) yield unreadable(place, 'malformed', 'the archive holds no file that can be read');
}

function stopReason(entries: number, opened: number, member: Member | null, budget: Budget): string | null {
  const { archiveEntries, archiveMembers } = budget.limits;
  if (entries >= archiveEntries) return `more than ${archiveEntries} entries`;
  if (member === null) return null;
  const { packedMembers } = budget.limits;
  if (budget.tally.members >= packedMembers) return `more than ${packedMembers} packed members in one mail`;
  return opened >= archiveMembers ? `more than ${archiveMembers} files` : spentReason(budget);
}

async function* fromMember(member: Member, place: Place, budget: Budget, outer: Flow['ending'] | null): Walked {
  const members = member.name === null ? place.members : [...place.members, member.name];
  if (!('flow' in member)) return yield unreadable({ ...place, members }, member.outcome, member.reason);
  const { flow } = member;
  const ending = outer === null ? flow.ending : () => mergeEndings(outer(), flow.ending());
  yield* inside({ ...flow, ending }, { ...place, members }, budget);
}

/** The whole flow in one buffer; null when it is too large for that. */
async function heldInMemory(flow: Peekable, max: number): Promise<Content | null> {
  const bytes = await flow.peek(max + 1);
  return bytes.length > max ? null : { kind: 'bytes', bytes };
}

function unreadable(place: Place, outcome: UnreadableFile['outcome'], reason: string): UnreadableFile {
  return { kind: 'unreadable', members: place.members, outcome, reason };
}
