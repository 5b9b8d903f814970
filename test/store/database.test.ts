import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/base/failure.js';
import { guarded } from '../../src/store/database.js';
import { inspectStore, openReader, openWriter } from '../../src/store/store.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ruawatch-db-'));
});

afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});

function failureOf(open: () => unknown): Failure {
  try {
    open();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it opened');
}

it('creates the folder and the schema, and opens them again', () => {
  const path = join(folder, 'a', 'b', 'test.db');
  openWriter(path).close();
  openWriter(path).close();
  expect(openReader(path).prepare('SELECT name FROM migrations').pluck().all()).toEqual(
    readdirSync('migrations').sort(),
  );
});

it('refuses to write through a reader', () => {
  const path = join(folder, 'test.db');
  openWriter(path).close();
  const reader = openReader(path);
  expect(() => reader.exec("INSERT INTO state VALUES ('a', 'b')")).toThrow('readonly');
  reader.close();
});

it('says so when the file is no database', () => {
  const path = join(folder, 'test.db');
  writeFileSync(path, 'a text that is long enough to be looked at as if it were the header of a database '.repeat(20));
  const failure = failureOf(() => openWriter(path));
  expect(failure.message).toContain(`cannot open the database ${path}`);
  expect(failure.hint).toContain('RUAWATCH_DB');
  expect(failure.exitCode).toBe(2);
});

describe('without the native part of SQLite', () => {
  const path = 'any.db';
  const library = createRequire(createRequire(import.meta.url).resolve('better-sqlite3'));

  it.each([
    [
      'it is not there',
      () => (library('bindings') as (where: object) => void)({ bindings: 'better_sqlite3.node', module_root: folder }),
    ],
    ['it cannot be loaded', () => new Database(':memory:', { nativeBinding: broken() }).close()],
  ])('says that an installation mends it: %s', (_, open) => {
    const failure = failureOf(() => guarded(path, open));
    expect(failure.message).toContain('the native part of SQLite is missing');
    expect(failure.message).not.toContain('\n');
    expect(failure.hint).toContain('--allow-scripts=better-sqlite3');
    expect(failure.exitCode).toBe(2);
  });

  function broken(): string {
    const file = join(folder, 'better_sqlite3.node');
    writeFileSync(file, 'no library');
    return file;
  }
});

it('says so when the path is a folder', () => {
  mkdirSync(join(folder, 'test.db'));
  expect(failureOf(() => openWriter(join(folder, 'test.db'))).hint).toContain('RUAWATCH_DB');
});

it('refuses a database of a newer version, and one whose migration was edited', () => {
  const path = join(folder, 'test.db');
  const db = openWriter(path);
  db.exec("UPDATE migrations SET digest = 'other' WHERE version = 1");
  expect(failureOf(() => openWriter(path)).message).toContain('001-init.sql was edited');
  db.exec("UPDATE migrations SET version = 900, name = '900-later.sql' WHERE version = 1");
  db.close();
  expect(failureOf(() => openWriter(path)).message).toContain('newer ruawatch');
});

it('says to a reader of an older database what to do', () => {
  const path = join(folder, 'test.db');
  const db = openWriter(path);
  db.exec('DELETE FROM migrations WHERE version = 2');
  db.close();
  const failure = failureOf(() => openReader(path));
  expect(failure.message).toContain('older ruawatch: it lacks 002-originals.sql');
  expect(failure.hint).toContain('start the service');
});

describe('a look at the store', () => {
  it('leaves an older database as it is', () => {
    const path = join(folder, 'test.db');
    const db = openWriter(path);
    expect(inspectStore(path)).toEqual({ state: 'current', folder });
    const versions = () => db.prepare('SELECT version FROM migrations ORDER BY version').pluck().all();
    const before = versions().slice(0, -1);
    db.exec('DELETE FROM migrations WHERE version = (SELECT max(version) FROM migrations)');
    expect(inspectStore(path).state).toBe('older');
    expect(versions()).toEqual(before);
    db.close();
  });

  it('takes an empty file for one that the service would fill', () => {
    const path = join(folder, 'test.db');
    writeFileSync(path, '');
    expect(inspectStore(path).state).toBe('older');
    expect(statSync(path).size).toBe(0);
  });

  it('makes nothing where nothing is', () => {
    expect(inspectStore(join(folder, 'a', 'b', 'test.db'))).toEqual({ state: 'absent', folder });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says so when the database is of a newer version, is none, or is where no folder can be', () => {
    const path = join(folder, 'test.db');
    const db = openWriter(path);
    db.exec("INSERT INTO migrations VALUES (999, '999-later.sql', 'x')");
    expect(failureOf(() => inspectStore(path)).message).toContain('newer ruawatch');
    db.close();
    writeFileSync(join(folder, 'text'), 'not a database '.repeat(100));
    expect(failureOf(() => inspectStore(join(folder, 'text'))).hint).toContain('not an SQLite database');
    expect(failureOf(() => inspectStore('/proc/none/test.db')).hint).toContain('RUAWATCH_DB');
  });
});
