import type { Limits } from '../config/limits.js';
import type { Part } from '../model/part.js';
import { guessBoundary, splitSections } from './boundary.js';
import type { Sections } from './boundary.js';
import { readHeader } from './header.js';
import type { Header } from './header.js';
import { looksLikeMail } from './looks.js';
import { describe } from './node.js';
import type { NodeFacts } from './node.js';
import type { ProblemList } from './problems.js';
import { decodeTransfer } from './transfer.js';

/** A node of the tree, for telling what kind of mail it is. */
export interface SeenNode {
  /** Messages around it: 0 is the mail itself, 1 a mail inside it. */
  readonly nesting: number;
  readonly type: string | null;
  readonly reportType: string | null;
  /** Null for a multipart. */
  readonly part: Part | null;
}

export interface Tree {
  readonly header: Header;
  /** In document order; a multipart before its parts. */
  readonly nodes: readonly SeenNode[];
}

interface Walk {
  readonly limits: Limits;
  readonly problems: ProblemList;
  readonly nodes: SeenNode[];
  /** Bytes that may still be searched for boundaries. */
  scanBytes: number;
  parts: number;
  full: boolean;
}

/** Every level of nesting is searched once more. Real mails nest up to five deep; this keeps deep hostile ones linear. */
const scansOfMail = 8;
/** Small mails may nest as deep as the limit says. */
const freeScanBytes = 1024 * 1024;

interface Place {
  /** Part number if this node is a leaf, and what its children's numbers start with. */
  readonly number: string;
  readonly prefix: string;
  readonly depth: number;
  readonly nesting: number;
  readonly defaultType: string | null;
}

/** Every leaf of a mail's MIME tree, mails inside it included. Bytes of leaves are views of `mail` where nothing was encoded. */
export function readTree(mail: Buffer, limits: Limits, problems: ProblemList): Tree {
  const scanBytes = freeScanBytes + scansOfMail * mail.length;
  const walk: Walk = { limits, problems, nodes: [], scanBytes, parts: 0, full: false };
  const place: Place = { number: '1', prefix: '', depth: 0, nesting: 0, defaultType: null };
  return { header: walkNode(walk, withoutLead(mail), place), nodes: walk.nodes };
}

/** Blank lines or a byte order mark in front of a message. */
function withoutLead(message: Buffer): Buffer {
  let start = message[0] === 0xef && message[1] === 0xbb && message[2] === 0xbf ? 3 : 0;
  while (message[start] === 10 || message[start] === 13) start += 1;
  return message.subarray(start);
}

function walkNode(walk: Walk, bytes: Buffer, place: Place): Header {
  const header = readHeader(bytes, walk.limits.mailHeaderBytes);
  if (header.tooLong) walk.problems.note('header-too-long', place.number, `over ${walk.limits.mailHeaderBytes} bytes`);
  if (header.badLines > 0) walk.problems.note('bad-header-line', place.number, `${header.badLines} lines`);
  const facts = describe(header, place.defaultType);
  const body = bytes.subarray(header.bodyStart);
  if (!walkMultipart(walk, body, facts, place)) walkSingle(walk, body, facts, place);
  return header;
}

/** False when the node has no parts to walk. */
function walkMultipart(walk: Walk, body: Buffer, facts: NodeFacts, place: Place): boolean {
  const multipart = facts.type?.startsWith('multipart/') === true;
  if (!multipart && facts.type !== null) return false;
  if (multipart && !maySearch(walk, body, place)) return false;
  const found = findSections(walk, body, facts);
  if (found === null) {
    if (multipart) walk.problems.note('no-boundary', place.number, 'a multipart without parts, taken as one part');
    return false;
  }
  if (!mayOpen(walk, place)) return false;
  walk.nodes.push({ nesting: place.nesting, type: facts.type, reportType: facts.reportType, part: null });
  const defaultType = facts.type === 'multipart/digest' ? 'message/rfc822' : null;
  found.parts.forEach((part, index) => {
    if (roomForPart(walk, place.prefix)) walkNode(walk, part, childPlace(place, index + 1, defaultType));
  });
  if (!found.closed && !walk.full) walk.problems.note('unclosed-multipart', place.number, 'no closing boundary');
  return true;
}

function findSections(walk: Walk, body: Buffer, facts: NodeFacts): Sections | null {
  const max = walk.limits.mailParts + 1 - walk.parts;
  const named = facts.boundary === null ? null : splitSections(body, facts.boundary, max);
  if (named !== null && named.parts.length > 0) return named;
  const guess = guessBoundary(body);
  const guessed = guess === null ? null : splitSections(body, guess, max);
  if (guessed !== null && guessed.parts.length > 0) return guessed;
  if (facts.boundary === null || facts.encoding === 'identity') return null;
  const inner = splitSections(decodeTransfer(body, facts.encoding).bytes, facts.boundary, max);
  return inner.parts.length > 0 ? inner : null;
}

function childPlace(place: Place, index: number, defaultType: string | null): Place {
  const number = place.prefix === '' ? String(index) : `${place.prefix}.${index}`;
  return { number, prefix: number, depth: place.depth + 1, nesting: place.nesting, defaultType };
}

function walkSingle(walk: Walk, body: Buffer, facts: NodeFacts, place: Place): void {
  if (!roomForPart(walk, place.number)) return;
  const decoded = decodeTransfer(body, facts.encoding);
  if (decoded.oddity !== null) {
    walk.problems.note(facts.encoding === 'unknown' ? 'unknown-encoding' : 'bad-base64', place.number, decoded.oddity);
  }
  const message = withoutLead(decoded.bytes);
  if (mayBeMail(facts) && looksLikeMail(message) && mayOpen(walk, place)) {
    const inner: Place = { ...place, number: `${place.number}.1`, prefix: place.number, defaultType: null };
    walkNode(walk, message, { ...inner, depth: place.depth + 1, nesting: place.nesting + 1 });
    return;
  }
  leaf(walk, decoded.bytes, facts, place);
}

function leaf(walk: Walk, bytes: Buffer, facts: NodeFacts, place: Place): void {
  walk.parts += 1;
  const part: Part = { number: place.number, name: facts.name, type: facts.type, content: { kind: 'bytes', bytes } };
  walk.nodes.push({ nesting: place.nesting, type: facts.type, reportType: facts.reportType, part });
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

function mayOpen(walk: Walk, place: Place): boolean {
  if (place.depth < walk.limits.mailDepth) return true;
  walk.problems.note('too-deep', place.number, `nested deeper than ${walk.limits.mailDepth}`);
  return false;
}

function roomForPart(walk: Walk, where: string): boolean {
  if (walk.parts < walk.limits.mailParts) return true;
  if (!walk.full) walk.problems.note('too-many-parts', where, `more than ${walk.limits.mailParts} parts`);
  walk.full = true;
  return false;
}
