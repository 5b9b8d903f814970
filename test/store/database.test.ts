import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Failure } from '../../src/base/failure.js';
import { openReader, openWriter } from '../../src/store/store.js';

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
  expect(openReader(path).prepare('SELECT name FROM migrations').pluck().all()).toEqual([
    '001-init.sql',
    '002-originals.sql',
    '003-report-provenance.sql',
    '004-senders.sql',
    '008-domain-findings.sql',
  ]);
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
