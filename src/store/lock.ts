import { hostname } from 'node:os';
import Database from 'better-sqlite3';
import { codeOf, Failure } from '../base/failure.js';
import { plainText } from '../base/text.js';
import { systemClock } from '../base/clock.js';
import { guarded, makeFolderOf } from './database.js';
import type { Connection } from './database.js';

/** The right to write to a store; nobody else has it until `release`, or until the process ends, however it ends. */
export interface StoreLock {
  release(): void;
}

/** Another starter may write its name between ours and our lock; then it holds the lock, or the next round is ours. */
const rounds = 10;

/**
 * Takes the lock of a database for this process. `program` is what the holder is called, such as `ruawatch serve`. Throws a
 * Failure that names the holder when there is one. The lock is a write transaction on a small file beside the database, which
 * the operating system gives up when the process dies.
 */
export function lockStore(path: string, program: string): StoreLock {
  const db = guarded(path, () => {
    makeFolderOf(path);
    return new Database(`${path}-lock`, { timeout: 0 });
  });
  const name = `${program} (process ${process.pid} on ${hostname()}, since ${new Date(systemClock.now()).toISOString()})`;
  try {
    guarded(path, () => take(db, path, name));
  } catch (error) {
    db.close();
    throw error;
  }
  return { release: () => db.close() };
}

function take(db: Connection, path: string, name: string): void {
  for (let round = 0; round < rounds; round++) {
    if (!begun(db)) break;
    db.exec('CREATE TABLE IF NOT EXISTS holder (name TEXT NOT NULL)');
    db.exec('DELETE FROM holder');
    db.prepare('INSERT INTO holder VALUES (?)').run(name);
    db.exec('COMMIT');
    // Without a write in it this transaction lets others read the name.
    if (!begun(db)) break;
    if (holderOf(db) === name) return;
    db.exec('ROLLBACK');
  }
  throw new Failure(`the database ${path} is in use by ${plainText(holderOf(db) ?? 'another ruawatch', 300)}`, {
    hint: 'only one may write at a time: stop it first, or set db (RUAWATCH_DB) to another path',
    exitCode: 2,
  });
}

function begun(db: Connection): boolean {
  try {
    db.exec('BEGIN IMMEDIATE');
    return true;
  } catch (error) {
    if (codeOf(error).startsWith('SQLITE_BUSY')) return false;
    throw error;
  }
}

/** Null when the name cannot be read at this moment. */
function holderOf(db: Connection): string | null {
  try {
    return db.prepare<[], string>('SELECT name FROM holder').pluck().get() ?? null;
  } catch {
    return null;
  }
}
