import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { codeOf, Failure, messageOf } from '../base/failure.js';
import { migrate, requireCurrent } from './migrate.js';
import { registerTraits } from './writing/trait-fill.js';

export type Connection = Database.Database;

/** How long a connection waits for a foreign program's transaction; no other ruawatch writes, and mails that find no room stay unsettled. */
export const busyTimeoutMs = 5_000;

/**
 * Opens the file for writing, creates it and brings its schema up to date. There is one writing connection in a process. `scratch`:
 * the file is thrown away in the end, so nothing waits for the disk.
 */
export function openWriter(path: string, { scratch = false } = {}): Connection {
  return guarded(path, () => {
    makeFolderOf(path);
    const db = new Database(path, { timeout: busyTimeoutMs });
    db.pragma('journal_mode = WAL');
    db.pragma(`synchronous = ${scratch ? 'OFF' : 'FULL'}`);
    // They are a quarter of the time that a record takes, and ids come from the dictionary alone: docs/decisions/0005.
    db.pragma('foreign_keys = OFF');
    db.pragma('cache_size = -16000');
    db.pragma('journal_size_limit = 67108864');
    registerTraits(db);
    migrate(db);
    return db;
  });
}

/** Sums and orders that the pages ask for and the watch does not: a third of what storing a report takes. */
const forPages = ['reports_by_delay', 'reports_by_mail'];

/** Leaves out of a store that is thrown away what only its readers need. */
export function leaveOutPages(db: Connection): void {
  const triggers = db.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'trigger'").pluck().all();
  for (const name of triggers) db.exec(`DROP TRIGGER ${name}`);
  for (const name of forPages) db.exec(`DROP INDEX IF EXISTS ${name}`);
}

/** Opens the file for reading only. The schema must be there. */
export function openReader(path: string): Connection {
  requireFile(path);
  return guarded(path, () => {
    const db = new Database(path, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs });
    db.pragma('query_only = ON');
    db.pragma('cache_size = -16000');
    requireCurrent(db);
    return db;
  });
}

/** Throws a Failure when nobody has made the database yet: SQLite would only say that it cannot open it. */
export function requireFile(path: string): void {
  if (existsSync(path)) return;
  throw new Failure(`there is no database ${path}`, {
    hint: 'start in the folder of the service, or name the file with --db, db or RUAWATCH_DB; `ruawatch serve` and `ruawatch ingest` make one',
    exitCode: 2,
  });
}

/**
 * Opens a file that is there for one short change, also while the service runs: SQLite lets the writers take turns. Throws a
 * Failure when it is not there or of another version.
 */
export function openGuest(path: string): Connection {
  return guarded(path, () => {
    const db = new Database(path, { fileMustExist: true, timeout: busyTimeoutMs });
    db.pragma('synchronous = FULL');
    requireCurrent(db);
    return db;
  });
}

/** Makes the folder that a file is to stand in. */
export function makeFolderOf(path: string): void {
  makeFolder(dirname(resolve(path)));
}

/** Not mkdir's own recursion: on a file system that refuses new folders with ENOENT it never ends. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

/** Runs what opens the file; what it throws becomes a Failure that names the file and the remedy. */
export function guarded<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (isNativeMissing(error)) {
      throw new Failure(`the native part of SQLite is missing, or was built for another Node than ${process.version}`, {
        hint: 'install ruawatch again with this Node, and let npm run its script (--allow-scripts=better-sqlite3); in a checkout: npm ci',
        exitCode: 2,
        cause: error,
      });
    }
    throw new Failure(`cannot open the database ${path}: ${messageOf(error)}`, {
      hint: hintFor(codeOf(error)),
      exitCode: 2,
      cause: error,
    });
  }
}

/** It is looked for when the first database is opened; the library that looks gives its error no code. */
function isNativeMissing(error: unknown): boolean {
  return codeOf(error) === 'ERR_DLOPEN_FAILED' || messageOf(error).startsWith('Could not locate the bindings file');
}

function hintFor(code: string): string {
  if (code === 'SQLITE_NOTADB')
    return 'the file is not an SQLite database; set db (RUAWATCH_DB) to another path or move the file away';
  if (code.startsWith('SQLITE_CORRUPT'))
    return 'the file is damaged; restore a backup or move it away and let ruawatch read the mailbox again';
  if (code.startsWith('SQLITE_READONLY') || code === 'EROFS')
    return 'the disk or the file is read-only; set db (RUAWATCH_DB) to a path that can be written';
  if (code === 'SQLITE_BUSY') return 'another program holds the file; stop it and try again';
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') return 'the disk is full; make room and start again';
  return 'set db (RUAWATCH_DB) to a file in a folder that this user may write, on a disk that is not read-only';
}
