import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../base/failure.js';

export interface FoundFile {
  /** Relative to the folder walked, with `/`. */
  readonly path: string;
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
 * names that begin with a dot or end in .tmp or .part are somebody's unfinished work. Rejects only when the root cannot be read.
 */
export async function walk(root: string): Promise<Walk> {
  const files: FoundFile[] = [];
  const unlooked: Unlooked[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const { name, kind } of await entriesOf(root, folder, unlooked)) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (kind === 'folder') folders.push(path);
      else files.push(...(await fileAt(root, path, unlooked)));
    }
  }
  files.sort((a, b) => a.modifiedAt - b.modifiedAt || (a.path < b.path ? -1 : 1));
  return { files, unlooked };
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

async function fileAt(root: string, path: string, unlooked: Unlooked[]): Promise<readonly FoundFile[]> {
  try {
    const stat = await lstat(join(root, path));
    return stat.isFile() ? [{ path, size: stat.size, modifiedAt: stat.mtimeMs }] : [];
  } catch (error) {
    // A name that is not UTF-8 is read with replacement characters and then not found.
    const unnameable = path.includes('\ufffd');
    if (unnameable) unlooked.push({ path, code: 'name is not UTF-8' });
    else if (codeOf(error) !== 'ENOENT') unlooked.push({ path, code: codeOf(error) });
    return [];
  }
}
