import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Failure } from '../../src/base/failure.js';
import { lockStore } from '../../src/store/store.js';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';

let folder: TempFiles;

beforeEach(async () => {
  folder = await tempFiles();
});

afterEach(() => folder.remove());

function refusal(path: string): Failure {
  try {
    lockStore(path, 'ruawatch ingest').release();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('the lock was given twice');
}

it('a lock is given to one holder, whom the others are told of, and to the next when it is released', () => {
  const path = folder.at('deep/er/test.db');
  const lock = lockStore(path, 'ruawatch serve');
  const { message, hint, exitCode } = refusal(path);
  expect(message).toContain(`${path} is in use by ruawatch serve (process ${process.pid} on `);
  expect(hint).toContain('stop it first');
  expect(exitCode).toBe(2);
  lock.release();
  lockStore(path, 'ruawatch replay').release();
});

it('locks of two databases are two', () => {
  const one = lockStore(folder.at('one.db'), 'a');
  lockStore(folder.at('two.db'), 'b').release();
  one.release();
});

it('a name of a holder is plain text to those who are refused', () => {
  const lock = lockStore(folder.at('test.db'), 'evil\u001b[2J');
  expect(refusal(folder.at('test.db')).message).toContain('evil?[2J');
  lock.release();
});

it('a file that is no lock is said to be none', () => {
  writeFileSync(folder.at('test.db-lock'), 'a text that is long enough to pass for the head of a database '.repeat(20));
  expect(refusal(folder.at('test.db')).message).toContain('file is not a database');
});

it('a holder that was killed leaves no lock behind', () => {
  const script = `
    import Database from 'better-sqlite3';
    const db = new Database(${JSON.stringify(folder.at('test.db-lock'))});
    db.exec("CREATE TABLE holder (name TEXT NOT NULL); INSERT INTO holder VALUES ('a dead one'); BEGIN IMMEDIATE; DELETE FROM holder");
    process.kill(process.pid, 'SIGKILL');`;
  expect(() => execFileSync(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' })).toThrow();
  lockStore(folder.at('test.db'), 'ruawatch serve').release();
});
