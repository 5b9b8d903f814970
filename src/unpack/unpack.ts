import { limits as defaultLimits } from '../config/limits.js';
import type { Limits } from '../config/limits.js';
import type { Content } from '../model/content.js';
import { sizeOf } from '../model/content.js';
import type { ReportFile, UnreadableFile } from '../model/report-file.js';
import { base64Text } from './base64-text.js';
import { bounded } from './bounded.js';
import type { Tally } from './bounded.js';
import { endingNotes, mergeEndings } from './ending.js';
import { peekable } from './flow.js';
import type { Flow, Peekable } from './flow.js';
import { gunzip } from './gunzip.js';
import { contentFlow } from './origin.js';
import { sniff, sniffBytes } from './sniff.js';
import { zipMembers } from './zip.js';
import type { ZipMember } from './zip-member.js';
import { unzlib } from './zlib-data.js';

type Unpacked = ReportFile | UnreadableFile;

/** A zip inside something else must be held in memory: its directory is at its end. Real ones are below 1 MB. */
const nestedZipBytes = 64 * 1024 * 1024;
/** Unpacked bytes below which a broken container brought nothing that could be judged. */
const leastBytes = 64;

interface Place {
  readonly members: readonly string[];
  /** Containers around this place. */
  readonly depth: number;
  /** The bytes as they came in, not yet bounded and readable at any position; null inside a container. */
  readonly content: Content | null;
  readonly base64Tried: boolean;
}

interface Bounds {
  readonly limits: Limits;
  readonly tally: Tally;
}

/**
 * Every file in a part that may be a report, and every container that could hide one but cannot be read. Decides by the
 * bytes alone (RFC 7489 section 7.2.1.1 names gzip; zip, zlib, bare XML and JSON occur). Texts, web pages and pictures
 * yield nothing. Nothing is read ahead; leaving early closes everything. Rejects only with a Failure when a file of
 * ours cannot be read.
 */
export async function* unpack(
  content: Content,
  limits: Limits = defaultLimits,
): AsyncGenerator<Unpacked, void, undefined> {
  const flow = peekable(contentFlow(content));
  const place: Place = { members: [], depth: 0, content, base64Tried: false };
  try {
    yield* walk(flow, place, { limits, tally: { bytes: 0 } });
  } finally {
    await flow.close();
  }
}

async function* walk(flow: Peekable, place: Place, bounds: Bounds): AsyncGenerator<Unpacked, void, undefined> {
  const head = await flow.peek(sniffBytes);
  const found = sniff(head);
  switch (found.kind) {
    case 'document':
      return yield* document(flow, found.offset, place, bounds);
    case 'unsupported':
      return yield unreadable(place, 'unsupported', found.reason);
    case 'base64':
      return yield* fromBase64(flow, place, bounds);
    case 'nothing': {
      const reason = brokenBefore(flow, head);
      if (reason !== null) yield unreadable(place, ...reason);
      return;
    }
    default:
      yield* container(found.kind, flow, place, bounds);
  }
}

async function* document(
  flow: Peekable,
  offset: number,
  place: Place,
  bounds: Bounds,
): AsyncGenerator<Unpacked, void, undefined> {
  const notes = endingNotes('text');
  if (offset > 0) {
    await flow.read(offset);
    notes.note('leading-text', `${offset} bytes of text before the report were ignored`);
  }
  const file = place.content !== null ? bounded(flow, bounds.limits, bounds.tally) : flow;
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

/** Why a container gave (nearly) nothing, when that is its own fault. */
function brokenBefore(flow: Flow, head: Buffer): [UnreadableFile['outcome'], string] | null {
  const { state, problems } = flow.ending();
  if (head.length >= leastBytes || state === 'complete') return null;
  const reason = problems.map((problem) => problem.detail).join('; ');
  return [state === 'oversized' ? 'oversized' : 'malformed', `nothing could be unpacked: ${reason}`];
}

async function* fromBase64(flow: Peekable, place: Place, bounds: Bounds): AsyncGenerator<Unpacked, void, undefined> {
  if (place.base64Tried) return;
  const inner = peekable(bounded(base64Text(flow), bounds.limits, bounds.tally));
  yield* walk(inner, { ...place, content: null, base64Tried: true }, bounds);
}

type ContainerKind = 'gzip' | 'zip' | 'zlib';

async function* container(
  kind: ContainerKind,
  flow: Peekable,
  place: Place,
  bounds: Bounds,
): AsyncGenerator<Unpacked, void, undefined> {
  const { archiveDepth, packedBytes } = bounds.limits;
  if (place.depth >= archiveDepth) {
    return yield unreadable(place, 'oversized', `containers are nested deeper than ${archiveDepth}`);
  }
  if (place.content !== null && sizeOf(place.content) > packedBytes) {
    return yield unreadable(place, 'oversized', `the packed file is larger than ${packedBytes} bytes`);
  }
  if (kind === 'zip') return yield* fromZip(flow, place, bounds);
  yield* inside(kind === 'gzip' ? gunzip(flow) : unzlib(flow), place, bounds);
}

/** What is in an opened container, one deeper. */
async function* inside(opened: Flow, place: Place, bounds: Bounds): AsyncGenerator<Unpacked, void, undefined> {
  const inner = peekable(bounded(opened, bounds.limits, bounds.tally));
  try {
    const head = await inner.peek(1);
    const here = { ...place, content: null, depth: place.depth + 1 };
    if (head.length > 0 || inner.ending().state !== 'complete') yield* walk(inner, here, bounds);
    else yield unreadable(place, 'malformed', 'the packed file is empty');
  } finally {
    await inner.close();
  }
}

async function* fromZip(flow: Peekable, place: Place, bounds: Bounds): AsyncGenerator<Unpacked, void, undefined> {
  const content = place.content ?? (await heldInMemory(flow));
  if (content === null) {
    return yield unreadable(place, 'oversized', `a zip inside another file is larger than ${nestedZipBytes} bytes`);
  }
  const outer = place.content === null ? flow.ending : null;
  let opened = 0;
  let met = 0;
  for await (const member of zipMembers(content)) {
    met += 1;
    const stop = opened >= bounds.limits.archiveMembers ? 'members' : spent(bounds) ? 'bytes' : null;
    if (stop !== null) return yield unreadable(place, 'oversized', stopReason(stop, bounds.limits));
    opened += 1;
    yield* fromMember(member, place, bounds, outer);
  }
  if (met === 0) yield unreadable(place, 'malformed', 'the zip holds no file that can be read');
}

const spent = (bounds: Bounds): boolean => bounds.tally.bytes >= bounds.limits.unpackedTotalBytes;

function stopReason(stop: 'members' | 'bytes', limits: Limits): string {
  return stop === 'members'
    ? `the zip holds more than ${limits.archiveMembers} files; the rest were not opened`
    : `the zip unpacks to more than ${limits.unpackedTotalBytes} bytes; the rest was not opened`;
}

async function* fromMember(
  member: ZipMember,
  place: Place,
  bounds: Bounds,
  outer: Flow['ending'] | null,
): AsyncGenerator<Unpacked, void, undefined> {
  const members = member.name === null ? place.members : [...place.members, member.name];
  if (!('flow' in member)) return yield unreadable({ ...place, members }, member.outcome, member.reason);
  const { flow } = member;
  const ending = outer === null ? flow.ending : () => mergeEndings(outer(), flow.ending());
  yield* inside({ ...flow, ending }, { ...place, members }, bounds);
}

/** The whole flow in one buffer; null when it is too large for that. */
async function heldInMemory(flow: Peekable): Promise<Content | null> {
  const bytes = await flow.peek(nestedZipBytes + 1);
  return bytes.length > nestedZipBytes ? null : { kind: 'bytes', bytes };
}

function unreadable(place: Place, outcome: UnreadableFile['outcome'], reason: string): UnreadableFile {
  return { kind: 'unreadable', members: place.members, outcome, reason };
}
