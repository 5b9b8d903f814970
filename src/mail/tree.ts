import type { Limits } from '../config/limits.js';
import type { Part } from '../model/part.js';
import { guessBoundary, splitSections } from './boundary.js';
import type { Sections } from './boundary.js';
import { readHeader } from './header.js';
import type { Header } from './header.js';
import { looksLikeMail } from './looks.js';
import { marksOf } from './marks.js';
import type { HeaderMarks } from './marks.js';
import { describe } from './node.js';
import type { NodeFacts } from './node.js';
import type { ProblemList } from './problems.js';
import { decodeTransfer } from './transfer.js';

/** A node of the tree, for telling what kind of mail it is. */
export interface SeenNode {
  readonly type: string | null;
  readonly reportType: string | null;
  /** Null for a multipart. */
  readonly part: Part | null;
}

/** The mail itself, or a mail inside it. */
export interface SeenMessage {
  readonly marks: HeaderMarks;
  /** The mail that this one is in; null for the mail itself. */
  readonly around: SeenMessage | null;
  /** Mails around it. */
  readonly nesting: number;
  /** Whether a mail is in it. */
  returns: boolean;
  /** Its own nodes in document order, a multipart before its parts. Nodes of mails inside it are theirs. */
  readonly nodes: SeenNode[];
}

export interface Leaf {
  readonly message: SeenMessage;
  readonly part: Part;
}

export interface Tree {
  readonly header: Header;
  /** In document order, the mail itself first. */
  readonly messages: readonly SeenMessage[];
  /** In document order. */
  readonly leaves: readonly Leaf[];
}

interface Walk {
  readonly limits: Limits;
  readonly problems: ProblemList;
  readonly messages: SeenMessage[];
  readonly leaves: Leaf[];
  /** Bytes that may still be searched for boundaries. */
  scanBytes: number;
  /** Bytes of mails inside mails that may still be decoded. */
  openBytes: number;
  full: boolean;
}

/** Every level of nesting is searched once more. Real mails nest up to five deep; this keeps deep hostile ones linear. */
const scansOfMail = 8;
/** Small mails may nest as deep as the limit says. */
const freeBytes = 1024 * 1024;
/** An encoded mail inside a mail is a copy as long as it is read. Real ones are encoded twice at most. */
const copiesOfMail = 2;

interface Place {
  /** Part number if this node is a leaf, and what its children's numbers start with. */
  readonly number: string;
  readonly prefix: string;
  readonly depth: number;
  readonly defaultType: string | null;
}

/** A place in one message. */
interface Spot extends Place {
  readonly message: SeenMessage;
}

/** Every leaf of a mail's MIME tree, mails inside it included. Bytes of leaves are views of `mail` where nothing was encoded. */
export function readTree(mail: Buffer, limits: Limits, problems: ProblemList): Tree {
  const walk: Walk = {
    limits,
    problems,
    messages: [],
    leaves: [],
    scanBytes: freeBytes + scansOfMail * mail.length,
    openBytes: freeBytes + copiesOfMail * mail.length,
    full: false,
  };
  const place: Place = { number: '1', prefix: '', depth: 0, defaultType: null };
  const header = walkMessage(walk, withoutLead(mail), place, null);
  return { header, messages: walk.messages, leaves: walk.leaves };
}

/** Blank lines or a byte order mark in front of a message. */
function withoutLead(message: Buffer): Buffer {
  let start = message[0] === 0xef && message[1] === 0xbb && message[2] === 0xbf ? 3 : 0;
  while (message[start] === 10 || message[start] === 13) start += 1;
  return message.subarray(start);
}

function walkMessage(walk: Walk, bytes: Buffer, place: Place, around: SeenMessage | null): Header {
  const header = headerOf(walk, bytes, place);
  const nesting = around === null ? 0 : around.nesting + 1;
  const message: SeenMessage = { marks: marksOf(header), around, nesting, returns: false, nodes: [] };
  if (around !== null) around.returns = true;
  walk.messages.push(message);
  walkBody(walk, bytes, header, { ...place, message });
  return header;
}

function headerOf(walk: Walk, bytes: Buffer, place: Place): Header {
  const header = readHeader(bytes, walk.limits.mailHeaderBytes);
  if (header.tooLong) walk.problems.note('header-too-long', place.number, `over ${walk.limits.mailHeaderBytes} bytes`);
  if (header.badLines > 0) walk.problems.note('bad-header-line', place.number, `${header.badLines} lines`);
  return header;
}

function walkBody(walk: Walk, bytes: Buffer, header: Header, spot: Spot): void {
  const facts = describe(header, spot.defaultType);
  const body = bytes.subarray(header.bodyStart);
  if (!walkMultipart(walk, body, facts, spot)) walkSingle(walk, body, facts, spot);
}

/** False when the node has no parts to walk. */
function walkMultipart(walk: Walk, body: Buffer, facts: NodeFacts, spot: Spot): boolean {
  const multipart = facts.type?.startsWith('multipart/') === true;
  if (!multipart && (facts.type !== null || guessBoundary(body) === null)) return false;
  if (!maySearch(walk, body, spot)) return false;
  const found = findSections(walk, body, facts);
  if (found === null) {
    if (multipart) walk.problems.note('no-boundary', spot.number, 'a multipart without parts, taken as one part');
    return false;
  }
  if (!mayOpen(walk, spot)) return false;
  spot.message.nodes.push({ type: facts.type, reportType: facts.reportType, part: null });
  const defaultType = facts.type === 'multipart/digest' ? 'message/rfc822' : null;
  found.parts.forEach((part, index) => {
    if (!roomForPart(walk, spot.prefix)) return;
    const child = childSpot(spot, index + 1, defaultType);
    walkBody(walk, part, headerOf(walk, part, child), child);
  });
  if (!found.closed && !walk.full) walk.problems.note('unclosed-multipart', spot.number, 'no closing boundary');
  return true;
}

function findSections(walk: Walk, body: Buffer, facts: NodeFacts): Sections | null {
  const max = walk.limits.mailParts + 1 - walk.leaves.length;
  const named = facts.boundary === null ? null : splitSections(body, facts.boundary, max);
  if (named !== null && named.parts.length > 0) return named;
  const guess = guessBoundary(body);
  const guessed = guess === null ? null : splitSections(body, guess, max);
  if (guessed !== null && guessed.parts.length > 0) return guessed;
  if (facts.boundary === null || facts.encoding === 'identity') return null;
  const inner = splitSections(decodeTransfer(body, facts.encoding).bytes, facts.boundary, max);
  return inner.parts.length > 0 ? inner : null;
}

function childSpot(spot: Spot, index: number, defaultType: string | null): Spot {
  const number = spot.prefix === '' ? String(index) : `${spot.prefix}.${index}`;
  return { number, prefix: number, depth: spot.depth + 1, message: spot.message, defaultType };
}

function walkSingle(walk: Walk, body: Buffer, facts: NodeFacts, spot: Spot): void {
  if (!roomForPart(walk, spot.number)) return;
  const decoded = decodeTransfer(body, facts.encoding);
  if (decoded.oddity !== null) {
    walk.problems.note(facts.encoding === 'unknown' ? 'unknown-encoding' : 'bad-base64', spot.number, decoded.oddity);
  }
  const message = withoutLead(decoded.bytes);
  if (mayBeMail(facts) && looksLikeMail(message) && mayOpen(walk, spot) && mayCopy(walk, decoded.bytes, body, spot)) {
    const inner = { number: `${spot.number}.1`, prefix: spot.number, depth: spot.depth + 1, defaultType: null };
    walkMessage(walk, message, inner, spot.message);
    return;
  }
  leaf(walk, decoded.bytes, facts, spot);
}

function leaf(walk: Walk, bytes: Buffer, facts: NodeFacts, { number, message }: Spot): void {
  const part: Part = { number, name: facts.name, type: facts.type, content: { kind: 'bytes', bytes } };
  walk.leaves.push({ message, part });
  message.nodes.push({ type: facts.type, reportType: facts.reportType, part });
}

/** A mail inside the mail: labelled so, or under a label that says nothing. Texts are texts, whatever they start with. */
function mayBeMail(facts: NodeFacts): boolean {
  if (facts.type === null) return facts.name !== null;
  if (facts.name?.toLowerCase().endsWith('.eml') === true) return true;
  if (facts.type.startsWith('message/')) return /^message\/(?:rfc822|global|news)$/.test(facts.type);
  return !/^(?:text|image|audio|video|multipart)\//.test(facts.type);
}

function maySearch(walk: Walk, body: Buffer, place: Place): boolean {
  walk.scanBytes -= body.length;
  if (walk.scanBytes >= 0) return true;
  walk.problems.note('too-deep', place.number, 'the same bytes are nested too often');
  return false;
}

function mayCopy(walk: Walk, decoded: Buffer, body: Buffer, place: Place): boolean {
  if (decoded.buffer === body.buffer) return true;
  walk.openBytes -= decoded.length;
  if (walk.openBytes >= 0) return true;
  walk.problems.note('too-deep', place.number, 'mails in mails are encoded too often');
  return false;
}

function mayOpen(walk: Walk, place: Place): boolean {
  if (place.depth < walk.limits.mailDepth) return true;
  walk.problems.note('too-deep', place.number, `nested deeper than ${walk.limits.mailDepth}`);
  return false;
}

function roomForPart(walk: Walk, where: string): boolean {
  if (walk.leaves.length < walk.limits.mailParts) return true;
  if (!walk.full) walk.problems.note('too-many-parts', where, `more than ${walk.limits.mailParts} parts`);
  walk.full = true;
  return false;
}
