import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { codeOf, Failure, messageOf } from '../base/failure.js';
import { guarded, requireFile } from './database.js';

/** What a backup holds. */
export interface Backup {
  readonly bytes: number;
  readonly mails: number;
  readonly reports: number;
}

/**
 * Writes a consistent copy of a database that others may be writing to, as of this moment. The file appears whole and checked,
 * or not at all. Throws a Failure when it is there already or cannot be written.
 */
export function backUp(path: string, file: string): Backup {
  if (existsSync(file)) {
    throw new Failure(`${file} is there already`, { hint: 'name a file that is not there', exitCode: 2 });
  }
  requireFile(path);
  const unfinished = `${file}.unfinished`;
  const db = guarded(path, () => new Database(path, { readonly: true, fileMustExist: true }));
  try {
    rmSync(unfinished, { force: true });
    db.prepare('VACUUM INTO ?').run(unfinished);
    const backup = checked(unfinished);
    sync(unfinished);
    renameSync(unfinished, file);
    sync(dirname(resolve(file)));
    return backup;
  } catch (error) {
    rmSync(unfinished, { force: true });
    if (error instanceof Failure) throw error;
    const full = codeOf(error) === 'SQLITE_FULL' || codeOf(error) === 'ENOSPC';
    throw new Failure(`cannot write the backup ${file}: ${messageOf(error)}`, {
      hint: full
        ? 'its disk is full; make room or name another place'
        : 'name a file in a folder that this user may write',
      cause: error,
    });
  } finally {
    db.close();
  }
}

function checked(path: string): Backup {
  const copy = new Database(path, { readonly: true });
  try {
    const verdict = copy.pragma('quick_check(1)', { simple: true });
    if (verdict !== 'ok') {
      throw new Failure(`the copy is damaged: ${String(verdict)}`, {
        hint: 'look at the disks of the database and of the backup',
      });
    }
    const count = (table: 'mails' | 'reports') =>
      copy.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0;
    return { bytes: statSync(path).size, mails: count('mails'), reports: count('reports') };
  } finally {
    copy.close();
  }
}

function sync(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
