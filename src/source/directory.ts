import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import { codeOf, messageOf } from '../base/failure.js';
import { plainText } from '../base/text.js';
import type { DirectoryConfig } from '../config/config.js';
import { limits as standardLimits } from '../config/limits.js';
import type { Limits } from '../config/limits.js';
import type { Content } from '../model/content.js';
import type { RawMail } from '../model/raw-mail.js';
import { Backlog } from './backlog.js';
import { inBatches } from './batches.js';
import { asking, deliver, tellUnsettled, unsettledIn } from './delivery.js';
import { walk } from './directory-walk.js';
import type { FoundFile, Unlooked, Walk } from './directory-walk.js';
import { PollFailure } from './poll-failure.js';
import { runPolls } from './poll-loop.js';
import type { FolderState, Source, SourceDeps } from './port.js';

/** A file this long untouched is taken for finished. */
const settledMs = 2_000;

/** What a file looked like at the last look, by path. */
type Looks = ReadonlyMap<string, string>;

/** A folder of mails or report files, Maildirs included, looked at from time to time. Files are left as they are. */
export function directorySource(directory: DirectoryConfig, deps: SourceDeps): Source {
  return {
    name: directory.name,
    run: (signal) => {
      const { clock, events } = deps;
      const poll = poller(directory, deps);
      return runPolls({ name: directory.name, intervalMs: directory.poll_seconds * 1000, clock, events, poll }, signal);
    },
    probe: () => probe(directory),
  };
}

async function probe(directory: DirectoryConfig): Promise<readonly FolderState[]> {
  const { files, unlooked } = await look(directory);
  if (unlooked[0]) throw notLooked(directory, unlooked[0], unlooked.length - 1);
  return [{ folder: directory.path, messages: files.length }];
}

function poller(directory: DirectoryConfig, deps: SourceDeps): (signal: AbortSignal) => Promise<number> {
  const backlog = new Backlog(directory.name, deps.events, deps.clock);
  let before: Looks = new Map();
  return async (signal) => {
    const { files, unlooked } = await look(directory);
    const fresh = files.filter((file) => !isSeen(directory, deps, file));
    const ready = fresh.filter((file) => isFinished(file, before, deps.clock));
    before = new Map(fresh.map((file) => [file.path, lookOf(file)]));
    let delivered = 0;
    let unsettled = 0;
    // Of plain files only names travel in a batch, so their bytes do not matter.
    for (const batch of inBatches(ready, ({ isMaildir, size }) => (isMaildir ? size : 0))) {
      if (signal.aborted) return delivered;
      backlog.set(directory.path, ready.length - delivered, seconds(batch[0]?.modifiedAt ?? 0));
      const mails = await rawMails(directory, batch, deps.limits ?? standardLimits);
      unsettled += unsettledIn(await deliver(deps.intake, directory.name, mails));
      delivered += batch.length;
    }
    backlog.set(directory.path, 0, 0);
    tellUnsettled(directory.name, unsettled);
    if (unlooked[0]) throw notLooked(directory, unlooked[0], unlooked.length - 1);
    return delivered - unsettled;
  };
}

async function look({ name, path }: DirectoryConfig): Promise<Walk> {
  try {
    return await walk(path);
  } catch (error) {
    const code = codeOf(error);
    const what = code === 'ENOENT' ? 'does not exist' : `cannot be read: ${code || messageOf(error)}`;
    const hint = 'make the folder, give this user the right to read it, or correct path of the directory';
    throw new PollFailure('other', `directory ${name}: ${path} ${what}`, hint, error);
  }
}

function notLooked({ name }: DirectoryConfig, first: Unlooked, others: number): PollFailure {
  const more = others > 0 ? ` (and ${others} more)` : '';
  const message = `directory ${name}: ${plainText(first.path)} cannot be read: ${first.code}${more}; all others were`;
  return new PollFailure('other', message, 'give this user the right to read it, or rename it');
}

function isSeen({ name }: DirectoryConfig, { intake }: SourceDeps, { place, size, modifiedAt }: FoundFile): boolean {
  return asking(name, () => intake.seenFile(name, place, size, seconds(modifiedAt)));
}

/** Writers seldom say that they are done, but for those of a Maildir, who rename into new and cur what is whole: a file is taken once it is quiet, or looks as it did the last time. */
function isFinished(file: FoundFile, before: Looks, clock: Clock): boolean {
  return file.isMaildir || clock.now() - file.modifiedAt > settledMs || before.get(file.path) === lookOf(file);
}

function lookOf({ size, modifiedAt }: FoundFile): string {
  return `${size} ${modifiedAt}`;
}

/** Without those that were renamed or removed meanwhile. */
async function rawMails(directory: DirectoryConfig, files: readonly FoundFile[], limits: Limits): Promise<RawMail[]> {
  const mails: RawMail[] = [];
  for (const file of files) {
    const content = await contentOf(directory, file, limits);
    if (content !== undefined) mails.push(rawMail(directory, file, content));
  }
  return mails;
}

/**
 * A mail of a Maildir is read here and now: by the time that the store comes to it a mail program may have given it another
 * name. Null: larger than the limit. Undefined: not there any more, or not to be read.
 */
async function contentOf({ path: root }: DirectoryConfig, { path, size, isMaildir }: FoundFile, limits: Limits) {
  const content: Content = { kind: 'file', path: join(root, path), size };
  if (!isMaildir) return content;
  if (size > limits.mailBytes) return null;
  try {
    return { kind: 'bytes', bytes: await readFile(content.path) } satisfies Content;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    return content;
  }
}

function rawMail({ name, path: root }: DirectoryConfig, file: FoundFile, content: Content | null): RawMail {
  const { place, size, modifiedAt } = file;
  return {
    origin: { source: name, folder: root, uidValidity: null, uid: null, path: place },
    content,
    size,
    receivedAt: seconds(modifiedAt),
  };
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
