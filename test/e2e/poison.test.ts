import { existsSync, utimesSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openReader } from '../../src/store/store.js';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';
import { runRuawatch, startRuawatch, until } from '../support/ruawatch.js';

/** Loaded before the program: whoever inflates this report takes the whole process down, as memory that runs out would. */
const poison = `
import zlib from 'node:zlib';
import { syncBuiltinESMExports } from 'node:module';
const { inflateRawSync } = zlib;
zlib.inflateRawSync = (...given) => {
  const inflated = inflateRawSync(...given);
  if ((inflated.buffer ?? inflated).includes('deadly')) {
    process.kill(process.pid, 'SIGKILL');
    for (;;);
  }
  return inflated;
};
syncBuiltinESMExports();
`;

/** Whoever inflates this report does not come back. */
const endless = poison
  .replace("process.kill(process.pid, 'SIGKILL');", "writeFileSync(process.env.IN_HAND, '');")
  .replace('import zlib', "import { writeFileSync } from 'node:fs';\nimport zlib");

let folder: TempFiles;

beforeEach(async () => {
  folder = await tempFiles();
});

afterEach(() => folder.remove());

function drop(name: string, id: string): void {
  const xml =
    '<feedback><report_metadata><org_name>mx.example</org_name><email>r@mx.example</email>' +
    `<report_id>${id}</report_id><date_range><begin>1788220800</begin><end>1788307199</end></date_range></report_metadata>` +
    '<policy_published><domain>example.org</domain><p>none</p></policy_published></feedback>';
  // A file that was written just now is left alone for a while.
  utimesSync(folder.write(`in/${name}`, gzipSync(xml)), 1_788_330_000, 1_788_330_000);
}

function ledger(): unknown {
  const db = openReader(folder.at('ruawatch.db'));
  const rows = db.prepare('SELECT path, outcome, reason FROM mails ORDER BY path').raw().all();
  db.close();
  return rows;
}

it('a mail that takes the whole process down three times holds the others up once, and is then written off with the reason', async () => {
  for (const [name, id] of [
    ['a.xml.gz', '1'],
    ['b.xml.gz', 'deadly'],
    ['c.xml.gz', '3'],
  ] as const)
    drop(name, id);
  const config = `directories:\n  - { name: drop, path: ${folder.at('in')}, poll_seconds: 1 }\n`;
  const env = {
    RUAWATCH_CONFIG: folder.write('ruawatch.yaml', config),
    RUAWATCH_DB: folder.at('ruawatch.db'),
    NODE_OPTIONS: `--import ${pathToFileURL(folder.write('poison.mjs', poison)).href}`,
  };
  const dies = () => runRuawatch(['serve'], { env: { ...env, RUAWATCH_LISTEN: '127.0.0.1:0' } });
  expect((await dies()).code).toBeNull();
  expect(ledger()).toEqual([]);
  const others = ['a.xml.gz', 'c.xml.gz'].map((path) => [path, 'report', '']);
  for (let time = 2; time <= 3; time++) {
    expect((await dies()).code).toBeNull();
    expect(ledger()).toEqual(others);
  }
  const service = await startRuawatch(env);
  await until(() => Promise.resolve((ledger() as unknown[]).length === 3));
  const written = ['b.xml.gz', 'failed', 'the whole process ended 3 times while reading it'];
  expect(ledger()).toEqual([others[0], written, others[1]]);
  drop('d.xml.gz', '4');
  await until(async () => (await service.metric('dmarc_reports_stored_total')) === 3);
  expect(await service.stop()).toBe(0);
}, 90_000);

it('a process that is killed while no mail is being read puts the blame on none', async () => {
  const config = `directories:\n  - { name: drop, path: ${folder.at('in')}, poll_seconds: 1 }\n`;
  const env = { RUAWATCH_CONFIG: folder.write('ruawatch.yaml', config), RUAWATCH_DB: folder.at('ruawatch.db') };
  drop('a.xml.gz', '1');
  const service = await startRuawatch(env);
  await until(async () => (await service.metric('dmarc_reports_stored_total')) === 1);
  await service.stop('SIGKILL');
  const again = await startRuawatch(env);
  const db = openReader(folder.at('ruawatch.db'));
  expect(db.prepare("SELECT value FROM state WHERE key = 'deaths'").pluck().get()).toBeUndefined();
  db.close();
  expect(await again.stop()).toBe(0);
}, 60_000);

it('a service that is asked to end does not wait for a mail that takes for ever, and puts no blame on it', async () => {
  const config = `directories:\n  - { name: drop, path: ${folder.at('in')}, poll_seconds: 1 }\n`;
  const env = { RUAWATCH_CONFIG: folder.write('ruawatch.yaml', config), RUAWATCH_DB: folder.at('ruawatch.db') };
  drop('a.xml.gz', 'deadly');
  const NODE_OPTIONS = `--import ${pathToFileURL(folder.write('endless.mjs', endless)).href}`;
  const service = await startRuawatch({ ...env, NODE_OPTIONS, IN_HAND: folder.at('reading') });
  await until(() => Promise.resolve(existsSync(folder.at('reading'))));
  expect(await service.stop()).toBe(0);
  expect(ledger()).toEqual([]);
  const again = await startRuawatch(env);
  await until(async () => (await again.metric('dmarc_reports_stored_total')) === 1);
  expect(ledger()).toEqual([['a.xml.gz', 'report', '']]);
  const db = openReader(folder.at('ruawatch.db'));
  expect(db.prepare("SELECT value FROM state WHERE key = 'deaths'").pluck().get()).toBeUndefined();
  db.close();
  expect(await again.stop()).toBe(0);
}, 60_000);
