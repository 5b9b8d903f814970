import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tempDir } from './temp.js';
import type { TempDir } from './temp.js';

/** A temporary folder with files of a test's own making. */
export interface TempFiles extends TempDir {
  at(name: string): string;
  /** Writes a file, its folders included; gives its path. */
  write(name: string, content: string | Buffer): string;
}

export async function tempFiles(): Promise<TempFiles> {
  const folder = await tempDir();
  const at = (name: string) => join(folder.path, name);
  return {
    ...folder,
    at,
    write: (name, content) => {
      mkdirSync(dirname(at(name)), { recursive: true });
      writeFileSync(at(name), content);
      return at(name);
    },
  };
}
