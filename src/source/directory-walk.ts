import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../base/failure.js';

export interface FoundFile {
  /** Relative to the folder walked, with `/`. */
  readonly path: string;
  /** What the ledger knows it by: the path, but for a mail in a Maildir its Maildir and unique name, which stay when it is read or flagged. */
  readonly place: string;
  readonly isMaildir: boolean;
  readonly size: number;
  /** Milliseconds since the Unix epoch. */
  readonly modifiedAt: number;
}

/** A folder or file below the root that could not be looked at. */
export interface Unlooked {
  readonly path: string;
  readonly code: string;
}

export interface Walk {
  readonly files: readonly FoundFile[];
  readonly unlooked: readonly Unlooked[];
}

/**
 * Every regular file below a folder, oldest first. Symbolic links are not followed, so nothing outside the tree is read;
 * names that begin with a dot or end in .tmp or .part are somebody's unfinished work, and so is the tmp of a Maildir.
 * Rejects only when the root cannot be read.
 */
export async function walk(root: string): Promise<Walk> {
  const files: FoundFile[] = [];
  const unlooked: Unlooked[] = [];
  const folders: Folder[] = [{ path: '', maildir: null }];
  for (let folder = folders.pop(); folder; folder = folders.pop()) {
    const { path: parent, maildir } = folder;
    const entries = await entriesOf(root, parent, unlooked);
    const isMaildir = maildirParts.every((part) =>
      entries.some(({ name, kind }) => name === part && kind === 'folder'),
    );
    for (const { name, kind } of entries) {
      const path = within(parent, name);
      if (kind === 'file') files.push(...(await fileAt(root, { path, ...placeOf(maildir, path, name) }, unlooked)));
      else if (!isMaildir || !maildirParts.includes(name)) folders.push({ path, maildir: null });
      else if (name !== 'tmp') folders.push({ path, maildir: parent });
    }
  }
  files.sort((a, b) => a.modifiedAt - b.modifiedAt || (a.path < b.path ? -1 : 1));
  return { files, unlooked };
}

const maildirParts: readonly string[] = ['cur', 'new', 'tmp'];

interface Folder {
  readonly path: string;
  /** Path of the Maildir whose cur or new this is. */
  readonly maildir: string | null;
}

function within(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** In a Maildir the flags behind the colon change, and so does the folder. */
function placeOf(maildir: string | null, path: string, name: string): Pick<FoundFile, 'place' | 'isMaildir'> {
  if (maildir === null) return { place: path, isMaildir: false };
  return { place: within(maildir, name.split(':', 1)[0] ?? name), isMaildir: true };
}

interface Entry {
  readonly name: string;
  readonly kind: 'folder' | 'file';
}

async function entriesOf(root: string, folder: string, unlooked: Unlooked[]): Promise<readonly Entry[]> {
  try {
    const entries = await readdir(join(root, folder), { withFileTypes: true });
    return entries.flatMap((entry): Entry[] => {
      if (entry.name.startsWith('.')) return [];
      if (entry.isDirectory()) return [{ name: entry.name, kind: 'folder' }];
      return entry.isFile() && !/\.(tmp|part)$/i.test(entry.name) ? [{ name: entry.name, kind: 'file' }] : [];
    });
  } catch (error) {
    if (folder === '') throw error;
    if (codeOf(error) !== 'ENOENT') unlooked.push({ path: folder, code: codeOf(error) });
    return [];
  }
}

async function fileAt(
  root: string,
  found: Pick<FoundFile, 'path' | 'place' | 'isMaildir'>,
  unlooked: Unlooked[],
): Promise<readonly FoundFile[]> {
  const { path } = found;
  try {
    const stat = await lstat(join(root, path));
    return stat.isFile() ? [{ ...found, size: stat.size, modifiedAt: stat.mtimeMs }] : [];
  } catch (error) {
    // A name that is not UTF-8 is read with replacement characters and then not found.
    const unnameable = path.includes('\ufffd');
    if (unnameable) unlooked.push({ path, code: 'name is not UTF-8' });
    else if (codeOf(error) !== 'ENOENT') unlooked.push({ path, code: codeOf(error) });
    return [];
  }
}
