import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';
import { runRuawatch, startRuawatch, until } from '../support/ruawatch.js';
import type { Env, Running } from '../support/ruawatch.js';

let folder: TempFiles;
let env: Env;
let service: Running;

beforeEach(async () => {
  folder = await tempFiles();
  env = {
    RUAWATCH_DB: folder.at('ruawatch.db'),
    RUAWATCH_PUSH_TOKEN: 'a-token-that-only-posts',
    RUAWATCH_DKIM_CHECK: 'off',
  };
  service = await startRuawatch(env);
});

afterEach(async () => {
  await service.stop();
  await folder.remove();
});

async function token(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runRuawatch(['token', ...args], { env: { RUAWATCH_DB: folder.at('ruawatch.db') } }); // prettier-ignore
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  return stdout.trim();
}

async function status(method: string, path: string, shown: string | null, body?: string): Promise<number> {
  const headers: Record<string, string> = shown === null ? {} : { authorization: `Bearer ${shown}` };
  if (body !== undefined) headers['content-type'] = 'message/rfc822';
  return (await fetch(service.base + path, { method, headers, ...(body === undefined ? {} : { body }) })).status;
}

it('the running service takes a token as soon as it is made and refuses it as soon as it is revoked', async () => {
  expect(await status('GET', '/api/v1/status', null)).toBe(200);
  const reader = await token('add', 'grafana', '--scope', 'read', '--expires', '90d');
  const poster = await token('add', 'mx1', '--scope', 'push');
  const admin = await token('add', 'oncall', '--scope', 'read', '--scope', 'admin');
  const mail = 'From: a@mx.example\nSubject: hello\n\nno report\n';
  expect(await status('GET', '/api/v1/status', null)).toBe(401);
  expect(await status('GET', '/api/v1/status', reader)).toBe(200);
  expect(await status('POST', '/api/v1/alerts/al_none/ack', reader)).toBe(403);
  expect(await status('POST', '/api/v1/alerts/al_none/ack', admin)).toBe(404);
  expect(await status('POST', '/api/v1/mails', admin, mail)).toBe(403);
  expect(await status('POST', '/api/v1/mails', poster, mail)).toBe(202);
  expect(await status('GET', '/api/v1/mails', poster)).toBe(403);

  const usedToday = /^grafana {2}read {2}made \S+ {2}last used \d{4}-\d\d-\d\d {2}expires \d{4}-\d\d-\d\dT/m;
  await until(async () => usedToday.test(await token('list')));
  const list = await token('list');
  expect(list.split('\n').map((line) => line.split('  ').slice(0, 2))).toEqual([
    ['grafana', 'read'],
    ['mx1', 'push'],
    ['oncall', 'read, admin'],
  ]);

  await token('revoke', 'grafana');
  expect(await status('GET', '/api/v1/status', reader)).toBe(401);
  expect(await token('list')).toMatch(/^grafana .* revoked \d{4}-/);
  expect(await status('GET', '/api/v1/status', admin)).toBe(200);
  for (const secret of [reader, poster, admin]) {
    expect(service.log() + list).not.toContain(secret);
    const stored = ['', '-wal'].map((end) => readFileSync(folder.at(`ruawatch.db${end}`)));
    expect(stored.some((bytes) => bytes.includes(secret) || bytes.includes(secret.slice('ruawatch_'.length)))).toBe(
      false,
    );
  }
}, 60_000);

it('a token without a scope is wrong use, and one that is not there cannot be revoked', async () => {
  expect((await runRuawatch(['token', 'add', 'grafana'], { env })).code).toBe(2);
  const gone = await runRuawatch(['token', 'revoke', 'nobody'], { env });
  expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining('there is no token nobody')]);
}, 60_000);

it('a stored token with the scope push is a way in by itself, and one that has ended is none', async () => {
  const own: Env = { RUAWATCH_DB: folder.at('own.db'), RUAWATCH_DKIM_CHECK: 'off' };
  const run = (...args: string[]) => runRuawatch(args, { env: own, cwd: folder.path });
  const refused = await run('serve');
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('token add NAME --scope push')]);
  expect((await run('token', 'add', 'mx1', '--scope', 'push')).stderr).toContain('there is no database');

  const made = await run('token', 'add', 'mx1', '--scope', 'push', '--create');
  expect(made.code).toBe(0);
  expect((await run('check')).stdout).toContain('mails from POST /api/v1/mails');
  const posting = await startRuawatch(own);
  const answer = await fetch(`${posting.base}/api/v1/mails`, {
    method: 'POST',
    headers: { authorization: `Bearer ${made.stdout.trim()}`, 'content-type': 'message/rfc822' },
    body: 'From: a@mx.example\nSubject: hello\n\nno report\n',
  });
  expect([answer.status, await posting.stop()]).toEqual([202, 0]);

  expect((await run('token', 'revoke', 'mx1')).code).toBe(0);
  expect((await run('serve')).code).toBe(2);
  expect((await run('token', 'add', 'grafana', '--scope', 'read')).code).toBe(0);
  expect((await run('serve')).code).toBe(2);
}, 60_000);
