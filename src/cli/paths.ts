import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import type { Dirent, Stats } from 'node:fs';
import { join, resolve } from 'node:path';
import { codeOf, Failure, messageOf } from '../base/failure.js';
import { limits } from '../config/limits.js';
import { splitMbox } from '../mail/mail.js';
import type { ByteRange, MboxMail } from '../mail/mail.js';
import { sizeOf } from '../model/content.js';
import type { Content } from '../model/content.js';
import type { RawMail } from '../model/raw-mail.js';
import { standardInput } from './standard-input.js';

/** Files up to this size are read whole; larger ones stay on disk and are streamed. */
const wholeBytes = 1024 * 1024;

/** A mail or report file found under a path of the command line. */
export interface FoundMail {
  /** As the user would name it. */
  readonly name: string;
  readonly raw: RawMail;
  /** Where it stands in its file; null: it is the file. */
  readonly range: ByteRange | null;
}

/** A file that is there but cannot be read. */
export interface Unreadable {
  readonly name: string;
  readonly raw: null;
  readonly reason: string;
}

/**
 * The regular files under the paths, folders walked in name order; `-` stays, and so does a path that is not there: it is one
 * of the files that cannot be read. Throws a Failure when none is there.
 */
export function listFiles(paths: readonly string[]): string[] {
  const isThere = (path: string): boolean => path === '-' || existsSync(path);
  const [first] = paths;
  if (first !== undefined && !paths.some(isThere)) statOf(first);
  return paths.flatMap((path) => (path !== '-' && isThere(path) && statOf(path).isDirectory() ? walk(path) : [path]));
}

function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw new Failure(`cannot read ${path}: ${reasonOf(error)}`, { hint: 'check the path', exitCode: 2, cause: error });
  }
}

function reasonOf(error: unknown): string {
  return codeOf(error) === 'ENOENT' ? 'there is no such file or folder' : messageOf(error);
}

/** A folder that cannot be read stands for itself, so that it is named among the files that cannot. */
function walk(folder: string): string[] {
  const entries = entriesOf(folder);
  if (!entries) return [folder];
  const files: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...walk(path));
    else if (entry.isFile()) files.push(path);
  }
  return files;
}

/** Null when the folder cannot be read. */
function entriesOf(folder: string): Dirent[] | null {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return null;
  }
}

/** The mails of one file: several for an mbox, else one. */
export async function* mailsOf(file: string): AsyncGenerator<FoundMail | Unreadable> {
  if (file === '-') {
    yield { name: '-', raw: await standardInput(limits.packedBytes), range: null };
    return;
  }
  try {
    yield* readMails(file);
  } catch (error) {
    if (!fileCodes.includes(codeOf(error))) throw error;
    yield { name: file, raw: null, reason: reasonOf(error) };
  }
}

const fileCodes: readonly string[] = ['EACCES', 'EPERM', 'ENOENT', 'EISDIR', 'EIO'];

async function* readMails(file: string): AsyncGenerator<FoundMail> {
  const { content, modifiedAt } = contentOf(file);
  if (!isMbox(content)) {
    yield { name: file, raw: rawMail(resolve(file), content, modifiedAt), range: null };
    return;
  }
  yield* mailsOfMbox(file, modifiedAt);
}

function contentOf(file: string): { content: Content; modifiedAt: number } {
  const { size, mtimeMs } = statSync(file);
  const content: Content =
    size <= wholeBytes ? { kind: 'bytes', bytes: readFileSync(file) } : { kind: 'file', path: file, size };
  return { content, modifiedAt: Math.floor(mtimeMs / 1000) };
}

/** A mail that `mailsOf` found, read once more. */
export async function mailAgain(
  found: Pick<FoundMail, 'name' | 'range'>,
  file: string,
): Promise<FoundMail | Unreadable> {
  const { name, range } = found;
  try {
    if (range === null) {
      const { content, modifiedAt } = contentOf(file);
      return { name, raw: rawMail(resolve(file), content, modifiedAt), range };
    }
    const mails = splitMbox(file, limits, range);
    const first = await mails.next();
    await mails.return(undefined);
    if (!first.done) {
      const { content, size } = first.value;
      return { name, raw: { ...rawMail(resolve(name), content, null), size }, range };
    }
    return { name, raw: null, reason: 'the file was changed while it was read' };
  } catch (error) {
    if (!fileCodes.includes(codeOf(error))) throw error;
    return { name, raw: null, reason: messageOf(error) };
  }
}

/** A file that only looks like an mbox, because somebody saved one mail with its `From ` line, keeps its own name. */
async function* mailsOfMbox(file: string, modifiedAt: number): AsyncGenerator<FoundMail> {
  let number = 0;
  let held: MboxMail | null = null;
  const found = (mail: MboxMail, suffix: string, end: number): FoundMail => ({
    name: file + suffix,
    raw: { ...rawMail(resolve(file) + suffix, null, modifiedAt), content: mail.content, size: mail.size },
    range: { start: mail.offset, end },
  });
  for await (const mail of splitMbox(file)) {
    if (held) yield found(held, `#${++number}`, mail.offset);
    held = mail;
  }
  if (held) yield found(held, number === 0 ? '' : `#${number + 1}`, Infinity);
}

function rawMail(path: string, content: Content | null, receivedAt: number | null): RawMail {
  const size = content ? sizeOf(content) : 0;
  const origin = { source: 'ingest', folder: '', uidValidity: null, uid: null, path };
  return { origin, content, size, receivedAt };
}

/** Editors put a byte order mark or blank lines in front. */
function isMbox(content: Content): boolean {
  return /^(?:\u00ef\u00bb\u00bf)?[\r\n]*From /.test(headOf(content, 64).toString('latin1'));
}

/** The first bytes, at most so many. */
export function headOf(content: Content, headBytes: number): Buffer {
  if (content.kind === 'bytes') return content.bytes.subarray(0, headBytes);
  const file = openSync(content.path, 'r');
  try {
    const head = Buffer.alloc(headBytes);
    return head.subarray(0, readSync(file, head, 0, headBytes, 0));
  } finally {
    closeSync(file);
  }
}
