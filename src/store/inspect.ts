import { existsSync, mkdtempSync, rmdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { busyTimeoutMs, guarded } from './database.js';
import { isCurrent } from './migrate.js';

/** What the service would find at its next start. */
export interface StoreState {
  /** `absent`: it would be made. `older`: its schema would be brought up to date. */
  readonly state: 'absent' | 'older' | 'current';
  /** The nearest folder that is there. */
  readonly folder: string;
}

/** Whether the file can be opened and written, or made. Leaves everything as it is. Throws a Failure that names the file and the remedy. */
export function inspectStore(path: string): StoreState {
  return guarded(path, () => {
    const folder = nearestFolder(dirname(resolve(path)));
    if (existsSync(path)) return { state: stateOf(path), folder };
    // The permissions alone do not tell: a file system may refuse for reasons of its own.
    rmdirSync(mkdtempSync(join(folder, '.ruawatch-check-')));
    return { state: 'absent', folder };
  });
}

function nearestFolder(path: string): string {
  return existsSync(path) ? path : nearestFolder(dirname(path));
}

function stateOf(path: string): StoreState['state'] {
  const db = new Database(path, { fileMustExist: true, timeout: busyTimeoutMs });
  try {
    db.exec('BEGIN IMMEDIATE');
    return isCurrent(db) ? 'current' : 'older';
  } finally {
    db.close();
  }
}
