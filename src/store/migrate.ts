import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { Failure } from '../base/failure.js';
import { packageFolder } from '../base/package-folder.js';
import { fillSums } from './writing/sums.js';
import { fillTraits } from './writing/trait-fill.js';

const folder = join(packageFolder, 'migrations');

/** What SQL alone cannot fill, by version; runs in the transaction of its file. */
const fills: Readonly<Record<number, (db: Database) => void>> = { 5: fillTraits, 14: fillSums };

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly digest: string;
}

function migrations(): Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{3}-.+\.sql$/.test(name))
    .sort()
    .map((name) => {
      const sql = readFileSync(join(folder, name), 'utf8');
      return { version: Number(name.slice(0, 3)), name, sql, digest: createHash('sha256').update(sql).digest('hex') };
    });
}

/**
 * Runs the files of `migrations/` that this database has not seen, each in a transaction.
 * Throws a Failure when the database is newer than this program, or a file that ran was edited since.
 */
export function migrate(db: Database): void {
  db.exec(
    'CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, digest TEXT NOT NULL) STRICT',
  );
  for (const migration of missing(db)) {
    db.transaction(() => {
      db.exec(migration.sql);
      fills[migration.version]?.(db);
      db.prepare('INSERT INTO migrations VALUES (?, ?, ?)').run(migration.version, migration.name, migration.digest);
    }).immediate();
  }
}

/** Whether `migrate` would change this database. Changes nothing; throws as `migrate` does. */
export function isCurrent(db: Database): boolean {
  const table = db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'").get();
  return table !== undefined && missing(db).length === 0;
}

function missing(db: Database): Migration[] {
  const known = migrations();
  const ran = db
    .prepare<[], { version: number; name: string; digest: string }>('SELECT version, name, digest FROM migrations')
    .all();
  for (const row of ran) refuseForeign(row, known);
  const seen = new Set(ran.map((row) => row.version));
  return known.filter((each) => !seen.has(each.version));
}

function refuseForeign(row: { version: number; name: string; digest: string }, known: readonly Migration[]): void {
  const file = known.find((migration) => migration.version === row.version);
  if (!file) {
    throw new Failure(`the database was written by a newer ruawatch (migration ${row.name})`, {
      hint: 'start the newer version, or restore the backup made before the upgrade',
      exitCode: 2,
    });
  }
  if (file.digest === row.digest) return;
  throw new Failure(`migrations/${file.name} was edited after it ran on this database`, {
    hint: 'restore the file as released',
    exitCode: 2,
  });
}

/** Throws a Failure when files of `migrations/` have not run on this database: a reader would miss tables. */
export function requireCurrent(db: Database): void {
  const ran = db.prepare<[], number>('SELECT version FROM migrations').pluck().all();
  const missing = migrations().find(({ version }) => !ran.includes(version));
  if (!missing) return;
  throw new Failure(`the database was written by an older ruawatch: it lacks ${missing.name}`, {
    hint: 'start the service once, which brings it up to date',
    exitCode: 2,
  });
}
