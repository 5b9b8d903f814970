import type { Connection } from './database.js';

const removals = new WeakMap<Connection, number>();

/** To be called when rows that were there are changed or taken away: what is kept of earlier reads may not hold any more. */
export function beginEpoch(db: Connection): void {
  removals.set(db, removalsOf(db) + 1);
}

/** While it stays the same, reports were only added since, and by this connection alone. */
export function openEpoch(db: Connection): () => string {
  // SQLite counts what other connections commit, not what this one does.
  const others = db.prepare<[], number>('PRAGMA data_version').pluck();
  return () => `${removalsOf(db)} ${others.get() ?? 0}`;
}

function removalsOf(db: Connection): number {
  return removals.get(db) ?? 0;
}
