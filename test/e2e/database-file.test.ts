import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openWriter } from '../../src/store/store.js';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';
import { withoutViews } from '../support/older-store.js';
import { runRuawatch, startRuawatch } from '../support/ruawatch.js';
import type { Env, Running } from '../support/ruawatch.js';

let folder: TempFiles;
let env: Env;
let service: Running | null;

beforeEach(async () => {
  folder = await tempFiles();
  mkdirSync(folder.at('in'));
  mkdirSync(folder.at('data'));
  env = { RUAWATCH_DIRECTORY: folder.at('in'), RUAWATCH_DB: folder.at('data/ruawatch.db') };
  service = null;
});

afterEach(async () => {
  await service?.stop();
  await folder.remove();
});

const sentence = 'bringing the tables of the database up to date';

it('a database of an older version is said to be brought up to date, one that is current is not', async () => {
  const db = openWriter(folder.at('data/ruawatch.db'));
  withoutViews(db);
  db.close();
  service = await startRuawatch(env);
  expect(service.log()).toContain(sentence);
  await service.stop();
  service = await startRuawatch(env);
  expect(service.log()).not.toContain(sentence);
});

it('what ruawatch makes can be read by nobody but owner and group', async () => {
  service = await startRuawatch(env);
  const { code } = await runRuawatch(['backup', folder.at('data/copy.db')], { env });
  expect(code).toBe(0);
  const files = readdirSync(folder.at('data'));
  expect(files).toEqual(expect.arrayContaining(['copy.db', 'ruawatch.db', 'ruawatch.db-wal']));
  for (const name of files) expect([name, statSync(folder.at(`data/${name}`)).mode & 0o007]).toEqual([name, 0]);
});
