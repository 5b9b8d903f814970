import type { Database } from 'better-sqlite3';

/** Takes the views for SQL from outside away, as before migration 13: SQLite changes no table that a view reads. */
export function withoutViews(db: Database): void {
  const triggers = db
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND sql LIKE '%class_moves%'")
    .pluck()
    .all();
  for (const trigger of triggers) db.exec(`DROP TRIGGER ${trigger}`);
  const views = db.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'view'").pluck().all();
  for (const view of views) db.exec(`DROP VIEW ${view}`);
  db.exec('DELETE FROM migrations WHERE version = 13');
}
