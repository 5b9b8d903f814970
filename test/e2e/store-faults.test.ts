import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, openSync, closeSync, statSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openReader, openWriter } from '../../src/store/store.js';
import { backlogMail } from '../support/crash-mails.js';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';
import { runRuawatch, startRuawatch, until } from '../support/ruawatch.js';
import type { Env, Running } from '../support/ruawatch.js';

const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

let folder: TempFiles;
let env: Env;
let service: Running | null;

beforeEach(async () => {
  folder = await tempFiles();
  mkdirSync(folder.at('in'));
  const config = `directories:\n  - { name: drop, path: ${folder.at('in')}, poll_seconds: 1 }\n`;
  env = { RUAWATCH_CONFIG: folder.write('ruawatch.yaml', config), RUAWATCH_DB: folder.at('ruawatch.db') };
  service = null;
});

afterEach(async () => {
  await service?.stop('SIGKILL');
  await folder.remove();
});

/** The first mails of the history are reports. */
function drop(n: number): void {
  folder.write(`in/${n}.eml`, backlogMail(n).raw);
}

async function store(running: Running): Promise<{ ok: boolean; detail: string }> {
  const { checks } = await running.json<{ checks: { name: string; ok: boolean; detail: string }[] }>('/readyz');
  return checks.find(({ name }) => name === 'store') ?? { ok: false, detail: 'no check' };
}

async function stored(running: Running, reports: number): Promise<void> {
  await until(async () => (await running.metric('dmarc_reports_stored_total')) === reports);
}

function counts(): unknown {
  const db = openReader(folder.at('ruawatch.db'));
  const row = db
    .prepare('SELECT (SELECT count(*) FROM mails) AS mails, (SELECT count(*) FROM reports) AS reports, (SELECT sum(messages) FROM daily_totals) AS messages')
    .get(); // prettier-ignore
  db.close();
  return row;
}

/** As a full disk would: files can grow to no more than so many bytes. */
function boundFiles({ child }: Running, bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(child.pid), `--fsize=${bytes}:unlimited`]);
}

it('a disk without room is told by /readyz and the log, and when there is room again every mail is stored once', async () => {
  service = await startRuawatch(env);
  drop(0);
  await stored(service, 1);
  expect(await store(service)).toMatchObject({ ok: true });
  boundFiles(service, 4096);
  drop(1);
  await until(async () => !(await store(service as Running)).ok);
  expect((await store(service)).detail).toContain('it cannot be written');
  expect(service.log()).toContain('"msg":"store failed"');
  expect((await fetch(`${service.base}/healthz`)).status).toBe(200);
  boundFiles(service, 'unlimited');
  await stored(service, 2);
  expect(await store(service)).toMatchObject({ ok: true });
  expect(service.log()).toContain('the database can be written again');
  expect(counts()).toEqual({ mails: 2, reports: 2, messages: 40 + 41 });
}, 90_000);

it('a database that another program keeps locked is told, and used again when it is let go', async () => {
  service = await startRuawatch(env);
  drop(0);
  await stored(service, 1);
  const other = openWriter(folder.at('ruawatch.db'));
  other.exec('BEGIN IMMEDIATE');
  drop(1);
  await until(async () => !(await store(service as Running)).ok);
  expect((await store(service)).detail).toContain('locked');
  other.exec('ROLLBACK');
  other.close();
  await stored(service, 2);
  expect(await store(service)).toMatchObject({ ok: true });
  expect(counts()).toEqual({ mails: 2, reports: 2, messages: 40 + 41 });
}, 90_000);

it('what a damaged write-ahead log has lost is read again from the mailbox, once', async () => {
  service = await startRuawatch(env);
  for (const n of [0, 1, 2]) {
    drop(n);
    await stored(service, n + 1);
  }
  await service.stop('SIGKILL');
  const wal = folder.at('ruawatch.db-wal');
  const { size } = statSync(wal);
  const file = openSync(wal, 'r+');
  writeSync(file, Buffer.alloc(4096, 0xa5), 0, 4096, Math.floor(size * 0.8));
  closeSync(file);
  expect(counts()).not.toEqual({ mails: 3, reports: 3, messages: 40 + 41 + 42 });
  service = await startRuawatch(env);
  await stored(service, 3);
  expect(counts()).toEqual({ mails: 3, reports: 3, messages: 40 + 41 + 42 });
}, 90_000);

it('a second service, ingest and replay on the same database are refused with the name of the holder, and a killed holder is no obstacle', async () => {
  service = await startRuawatch(env);
  drop(0);
  await stored(service, 1);
  const holder = `in use by ruawatch serve (process ${service.child.pid} on `;
  const second = { ...env, RUAWATCH_LISTEN: '127.0.0.1:0' };
  for (const args of [['serve'], ['ingest', folder.at('in')], ['replay', '--all']]) {
    const { code, stderr } = await runRuawatch(args, { env: second });
    expect([code, stderr.includes(holder), stderr.split('\n').length]).toEqual([2, true, 3]);
  }
  await service.stop('SIGKILL');
  expect((await runRuawatch(['replay', '--all'], { env: second })).code).toBe(0);
  service = await startRuawatch(env);
  expect(await service.metric('dmarc_reports_stored_total')).toBe(1);
}, 90_000);

it('a backup made while the service writes is sound, and the database restored from it fetches what came since', async () => {
  service = await startRuawatch(env);
  for (const n of [0, 1]) drop(n);
  await stored(service, 2);
  const backup = folder.at('backup.db');
  expect(await runRuawatch(['backup', backup], { env })).toMatchObject({ code: 0, stderr: '' });
  drop(2);
  await stored(service, 3);
  expect((await runRuawatch(['backup', backup], { env })).stderr).toContain('is there already');
  await service.stop();
  execFileSync('sh', ['-c', 'rm -f ruawatch.db-wal ruawatch.db-shm && cp backup.db ruawatch.db'], { cwd: folder.path });
  expect(counts()).toEqual({ mails: 2, reports: 2, messages: 40 + 41 });
  service = await startRuawatch(env);
  await stored(service, 3);
  expect(counts()).toEqual({ mails: 3, reports: 3, messages: 40 + 41 + 42 });
}, 90_000);

/** Whether this user may mount something where nobody else sees it. */
const mayMount = spawnSync('unshare', ['-rm', 'true']).status === 0;
const notMounted = 'NOT TESTED, THIS USER MAY NOT MOUNT: ';
if (!mayMount) console.warn(`${notMounted}a read-only file system`);

/** Runs the program where the test's folder is mounted read-only. */
function runReadOnly(...args: readonly string[]): { status: number | null; stderr: string } {
  const script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && cd / && exec "$@"';
  const ruawatch = [process.execPath, program, ...args];
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('RUAWATCH_'));
  const child = { env: { ...Object.fromEntries(kept), ...env, RUAWATCH_LISTEN: '127.0.0.1:0' }, encoding: 'utf8' } as const; // prettier-ignore
  return spawnSync('unshare', ['-rm', 'sh', '-c', script, folder.path, ...ruawatch], child);
}

it.skipIf(!mayMount)(
  `${mayMount ? '' : notMounted}a database on a read-only file system is refused with the path and the remedy, and used when it can be written again`,
  async () => {
    service = await startRuawatch(env);
    drop(0);
    await stored(service, 1);
    await service.stop();
    drop(1);
    for (const args of [['serve'], ['ingest', folder.at('in')], ['replay', '--all']]) {
      const { status, stderr } = runReadOnly(...args);
      expect([status, stderr.trim().split('\n').length]).toEqual([2, 2]);
      expect(stderr).toContain(`cannot open the database ${folder.at('ruawatch.db')}`);
      expect(stderr).toContain('read-only');
    }
    service = await startRuawatch(env);
    await stored(service, 2);
    expect(counts()).toEqual({ mails: 2, reports: 2, messages: 40 + 41 });
  },
  90_000,
);
