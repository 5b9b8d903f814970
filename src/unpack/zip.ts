import { fromBufferPromise, openPromise } from 'yauzl';
import type { Entry, ZipFile } from 'yauzl';
import { codeOf, messageOf } from '../base/failure.js';
import { plainText } from '../base/text.js';
import type { Content } from '../model/content.js';
import { contentFlow, readFailure } from './origin.js';
import { memberFlow, memberName, isPassedOver, unreadableReason } from './zip-member.js';
import type { MemberFacts, ZipMember } from './zip-member.js';
import { localMembers } from './zip-local.js';

/** Sizes and names are hostile: judged by us after the fact, never by refusing the archive. */
const options = { autoClose: false, decodeStrings: false, validateEntrySizes: false } as const;

/**
 * The members of a zip archive in the order of its directory; of a truncated archive, by its local headers.
 * Drain or close a member's flow before asking for the next.
 */
export async function* zipMembers(content: Content): AsyncGenerator<ZipMember> {
  const whole = withoutTrailingBytes(content);
  const zip = await openZip(whole);
  if (typeof zip === 'string') {
    yield* localMembers(whole, zip);
    return;
  }
  try {
    yield* directoryMembers(zip, whole);
  } finally {
    zip.close();
  }
}

/** The archive, or what is wrong with its directory. */
async function openZip(content: Content): Promise<ZipFile | string> {
  try {
    return content.kind === 'bytes'
      ? await fromBufferPromise(content.bytes, options)
      : await openPromise(content.path, options);
  } catch (error) {
    if (content.kind === 'file' && codeOf(error) !== '') throw readFailure(content.path, error);
    return plainText(messageOf(error));
  }
}

async function* directoryMembers(zip: ZipFile, content: Content): AsyncGenerator<ZipMember> {
  let entries = 0;
  try {
    for await (const entry of zip.eachEntry()) {
      entries += 1;
      const member = await directoryMember(zip, entry, content);
      if (member !== null) yield member;
    }
  } catch (error) {
    if (content.kind === 'file' && codeOf(error) !== '') throw readFailure(content.path, error);
    const reason = plainText(messageOf(error));
    if (entries === 0) yield* localMembers(content, reason);
    else yield { name: null, ...directoryTrouble(reason) };
  }
}

/** yauzl gives up at the first member with strong encryption (flag bit 6). */
function directoryTrouble(reason: string): { readonly outcome: 'unsupported' | 'malformed'; readonly reason: string } {
  if (reason.includes('strong encryption')) return { outcome: 'unsupported', reason: 'a zip member is encrypted' };
  return { outcome: 'malformed', reason: `the zip directory is damaged: ${reason}` };
}

async function directoryMember(zip: ZipFile, entry: Entry, content: Content): Promise<ZipMember | null> {
  const name = memberName(entry.fileNameRaw, entry.generalPurposeBitFlag);
  if (isPassedOver(name)) return null;
  const facts: MemberFacts = {
    method: entry.compressionMethod,
    flags: entry.generalPurposeBitFlag,
    crc: entry.crc32,
    size: entry.uncompressedSize,
  };
  const refused = unreadableReason(facts);
  if (refused !== null) return { name, outcome: 'unsupported', reason: refused };
  try {
    const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
    const range = contentFlow(content, fileDataStart, fileDataStart + entry.compressedSize);
    return { name, flow: memberFlow(range, facts) };
  } catch (error) {
    if (content.kind === 'file' && codeOf(error) !== '') throw readFailure(content.path, error);
    return { name, outcome: 'malformed', reason: `the zip member cannot be found: ${plainText(messageOf(error))}` };
  }
}

const endMark = Buffer.from('504b0506', 'hex');

/** Mail systems add line ends and footers; yauzl wants the archive to end where its directory says. */
function withoutTrailingBytes(content: Content): Content {
  if (content.kind === 'file') return content;
  const { bytes } = content;
  const end = bytes.lastIndexOf(endMark);
  if (end < 0 || end + 22 > bytes.length) return content;
  const length = end + 22 + bytes.readUInt16LE(end + 20);
  return length < bytes.length ? { kind: 'bytes', bytes: bytes.subarray(0, length) } : content;
}
