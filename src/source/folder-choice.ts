import type { MailboxConfig } from '../config/config.js';
import type { Limits } from '../config/limits.js';
import type { AfterActions } from './after-action.js';
import { moveTargets } from './after-action.js';
import { canonical, findFolder, isUse, sameFolder } from './folder-name.js';
import type { ListedFolder } from './folder-name.js';
import { PollFailure } from './poll-failure.js';

/** Which folders of a mailbox are read: those that are there, and what is wrong with the others. */
export interface FolderChoice {
  readonly folders: readonly string[];
  readonly failures: readonly PollFailure[];
}

/** Names longer than this are matched by no wildcard: matching takes time by the length of both. */
const longestName = 500;

/** Whether the server must be asked for its folders before it is known which are read. */
export function needsList({ folders }: MailboxConfig, actions: AfterActions): boolean {
  const targets = moveTargets(actions);
  const mayBeTarget = (name: string): boolean => targets.some((target) => lastWord(target) === lastWord(name));
  return folders.some((name) => isUse(name) || isPattern(name) || mayBeTarget(name)) || targets.some(isUse);
}

/** What two names of one folder share, whatever the server's separator and prefix. */
function lastWord(name: string): string {
  return /[\p{L}\p{N}]*$/u.exec(name.normalize('NFC'))?.[0].toLowerCase() ?? '';
}

/** The folders as they are configured, each once. For names that are complete. */
export function plainChoice({ folders }: MailboxConfig): FolderChoice {
  return { folders: folders.filter(isFirst), failures: [] };
}

/** Finds what wildcards and uses stand for. A name that stands for nothing fails alone. */
export function chooseFolders(
  mailbox: MailboxConfig,
  actions: AfterActions,
  listed: readonly ListedFolder[],
  { mailboxFolders }: Pick<Limits, 'mailboxFolders'>,
): FolderChoice {
  const targets = new Set(moveTargets(actions).map((name) => findFolder(listed, name) ?? name));
  const folders = new Map<string, string>();
  const failures: PollFailure[] = [];
  for (const name of plainChoice(mailbox).folders) {
    const found = standsFor(name, listed);
    const free = found.filter(({ path }) => !targets.has(path));
    for (const { path, asRead } of free) if (!folders.has(path)) folders.set(path, asRead);
    if (found.length === 0) failures.push(nothingFor(mailbox, name, listed));
    else if (free.length === 0 && !isPattern(name)) failures.push(isTarget(mailbox, name));
  }
  if (folders.size > mailboxFolders) failures.push(tooMany(mailbox, folders.size, mailboxFolders));
  return { folders: [...folders.values()].slice(0, mailboxFolders), failures };
}

interface Found {
  /** The server's name. */
  readonly path: string;
  /** The name in the ledger: a plain one stays as it is configured. */
  readonly asRead: string;
}

function standsFor(name: string, listed: readonly ListedFolder[]): readonly Found[] {
  if (isPattern(name) && !listed.some(({ path }) => path === name)) {
    return listed.filter((each) => isOpenable(each) && matches(name, each)).map(({ path }) => ({ path, asRead: path }));
  }
  const path = findFolder(listed, name);
  if (!isUse(name)) return [{ path: path ?? name, asRead: name }];
  return path === null ? [] : [{ path, asRead: path }];
}

function matches(pattern: string, { path, delimiter }: ListedFolder): boolean {
  if (path.length > longestName) return false;
  const name = canonical(path, delimiter);
  const wanted = canonical(pattern, '/');
  return like(wanted, name) || like(`INBOX/${wanted}`, name);
}

/** Whether a name fits a pattern of IMAP's LIST (RFC 3501 section 6.3.8). One row of a table a character: no pattern makes it slow. */
export function like(pattern: string, name: string): boolean {
  let row = Array.from({ length: name.length + 1 }, (_, length) => length === 0);
  for (const sign of pattern.split('')) {
    const next: boolean[] = [];
    for (let length = 0; length <= name.length; length++) {
      const last = name[length - 1] ?? '';
      const wild = sign === '*' || (sign === '%' && last !== '/');
      next.push(
        isWild(sign)
          ? row[length] === true || (wild && next[length - 1] === true)
          : sign === last && row[length - 1] === true,
      );
    }
    row = next;
  }
  return row[name.length] === true;
}

function isWild(sign: string): boolean {
  return sign === '*' || sign === '%';
}

function isPattern(name: string): boolean {
  return name.split('').some(isWild);
}

function isOpenable({ flags }: ListedFolder): boolean {
  return !(flags?.has('\\Noselect') ?? false) && !(flags?.has('\\NonExistent') ?? false);
}

function isFirst(folder: string, index: number, folders: readonly string[]): boolean {
  return folders.findIndex((other) => sameFolder(other, folder)) === index;
}

function nothingFor({ name: mailbox }: MailboxConfig, name: string, listed: readonly ListedFolder[]): PollFailure {
  return noFolder(mailbox, isUse(name) ? `no folder that is marked ${name}` : `no folder like ${name}`, listed);
}

/** Folders named in a hint. */
const shownFolders = 10;

/** `what`: what the mailbox has not. */
export function noFolder(mailbox: string, what: string, listed: readonly ListedFolder[]): PollFailure {
  const names = listed.map(({ path }) => path);
  const more = names.length > shownFolders ? ` and ${names.length - shownFolders} more` : '';
  const hint = `set folders of the mailbox to what exists: ${names.slice(0, shownFolders).join(', ')}${more}`;
  return new PollFailure('other', `mailbox ${mailbox} has ${what}`, hint);
}

function isTarget({ name: mailbox }: MailboxConfig, name: string): PollFailure {
  const message = `mailbox ${mailbox}: folder ${name} is not read, because mails are moved there`;
  return new PollFailure(
    'other',
    message,
    `take ${name} out of folders, or name another folder in the after_ settings`,
  );
}

function tooMany({ name: mailbox }: MailboxConfig, found: number, most: number): PollFailure {
  const message = `mailbox ${mailbox}: folders stands for ${found} folders, of which the first ${most} are read`;
  return new PollFailure('other', message, 'name fewer folders of the mailbox, or make a mailbox of each part');
}
