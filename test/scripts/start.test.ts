import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** Stands for the program: says how it was called, and with `wait` counts signals until its input ends. */
const program = `
if (process.argv[2] === 'wait') {
  let signals = 0;
  for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => { signals += 1; console.log(name); });
  process.stdin.on('end', () => { process.exitCode = 40 + signals; }).resume();
}
console.log(JSON.stringify({ args: process.argv.slice(2), config: process.env.RUAWATCH_CONFIG ?? null }));
if (process.argv[2] === 'fail') process.exitCode = 7;
`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ruawatch-start-'));
  for (const path of ['scripts', 'package.json', 'package-lock.json', 'tsconfig.json']) {
    cpSync(path, join(folder, path), { recursive: true });
  }
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  mkdirSync(join(folder, 'dist'));
  writeFileSync(join(folder, 'dist/main.js'), program);
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function environment(more: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('RUAWATCH_'));
  return { ...Object.fromEntries(own), ...more };
}

function start(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/start.mjs', ...args], {
    cwd: folder,
    env: environment(env),
    encoding: 'utf8',
  });
  const called: unknown = stdout === '' ? null : JSON.parse(stdout);
  return { status, stderr, called };
}

describe('npm start', () => {
  it('is the demo when nothing is configured, and says so', () => {
    const { called, status, stderr } = start();
    expect(called).toEqual({ args: ['demo'], config: null });
    expect(stderr).toContain('starting the demo');
    expect(status).toBe(0);
  });

  it.each([
    'RUAWATCH_CONFIG',
    'RUAWATCH_IMAP_HOST',
    'RUAWATCH_DIRECTORY',
    'RUAWATCH_SMTP_LISTEN',
    'RUAWATCH_PUSH_TOKEN',
    'RUAWATCH_PUSH_TOKEN_FILE',
  ])('serves when %s is set', (name) => {
    expect(start([], { [name]: 'here' }).called).toMatchObject({ args: ['serve'] });
  });

  it('takes an empty variable as not set', () => {
    expect(start([], { RUAWATCH_IMAP_HOST: '' }).called).toMatchObject({ args: ['demo'] });
  });

  it('serves from ruawatch.yaml when it is there', () => {
    writeFileSync(join(folder, 'ruawatch.yaml'), '');
    expect(start().called).toEqual({ args: ['serve'], config: null });
  });

  it('hands given arguments on and ends with the exit code of the program', () => {
    expect(start(['fail', '--json', 'a b'])).toMatchObject({
      called: { args: ['fail', '--json', 'a b'] },
      status: 7,
      stderr: '',
    });
  });

  it('lets Ctrl-C reach the program once, though terminal and npm both send it', async () => {
    const running = spawn(process.execPath, ['scripts/start.mjs', 'wait'], { cwd: folder, env: environment({}) });
    const exit = once(running, 'exit');
    await once(running.stdout, 'data');
    const heard = once(running.stdout, 'data');
    running.kill('SIGINT');
    running.kill('SIGTERM');
    await heard;
    running.stdin.end();
    expect(await exit).toEqual([41, null]);
  });

  it('builds when a source is newer than the build, and says in one sentence that it failed', () => {
    mkdirSync(join(folder, 'src'));
    writeFileSync(join(folder, 'src/main.ts'), "export const count: number = 'one';\n");
    utimesSync(join(folder, 'dist/main.js'), 1, 1);
    const { status, stderr, called } = start();
    expect(status).toBe(1);
    expect(stderr).toContain('ruawatch: building\n');
    expect(stderr).toMatch(/ruawatch: the build failed: the lines above say where\n$/);
    expect(called).toBeNull();
  });

  it('installs when a package is missing, and says in one sentence that it failed', () => {
    const lock = { packages: { 'node_modules/not-there': { version: '1.0.0' } } };
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
    writeFileSync(join(folder, 'npm'), '#!/bin/sh\necho "npm was run: $*" >&2\nexit 3\n');
    chmodSync(join(folder, 'npm'), 0o755);
    const { status, stderr } = start([], { PATH: `${folder}:${process.env['PATH'] ?? ''}` });
    expect(status).toBe(1);
    expect(stderr).toContain('compiling SQLite takes about two minutes');
    expect(stderr).toContain('npm was run: ci ');
    expect(stderr).toMatch(/ruawatch: npm ci failed \(code 3\): .+\n$/);
  });
});

describe('the closing line of CI', () => {
  const passed = { status: 'passed', fullName: 'a' };

  function summary(report: object, cwd = folder) {
    writeFileSync(join(cwd, 'report.json'), JSON.stringify(report));
    const done = spawnSync(process.execPath, ['scripts/test-summary.mjs', 'report.json'], {
      cwd,
      encoding: 'utf8',
    });
    return [done.stdout.trimEnd().split('\n').at(-1), done.status];
  }

  const good = { success: true, numPassedTests: 2, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };

  it('counts what passed', () => {
    expect(summary({ ...good, testResults: [] })).toEqual(['2 passed, 0 failed, 0 skipped', 0]);
  });

  it('fails for a skipped test', () => {
    const testResults = [{ status: 'passed', assertionResults: [passed, { status: 'skipped', fullName: 'b' }] }];
    expect(summary({ ...good, numPendingTests: 1, testResults })).toEqual(['2 passed, 0 failed, 1 skipped', 1]);
  });

  it('excuses a skipped corpus test only where the corpus is not beside the checkout', () => {
    const checkout = join(folder, 'checkout');
    mkdirSync(checkout);
    cpSync('scripts', join(checkout, 'scripts'), { recursive: true });
    const file = (name: string) => ({
      ...good,
      numPendingTests: 1,
      testResults: [{ name, status: 'passed', assertionResults: [{ status: 'skipped', fullName: 'b' }] }],
    });
    const corpus = file('/somewhere/test/report/corpus.test.ts');
    expect(summary(corpus, checkout)).toEqual(['2 passed, 0 failed, 1 skipped', 0]);
    expect(summary(file('/somewhere/test/report/other.test.ts'), checkout)[1]).toBe(1);
    mkdirSync(join(folder, 'shared/corpus'), { recursive: true });
    writeFileSync(join(folder, 'shared/corpus/expected.ndjson'), '');
    expect(summary(corpus, checkout)[1]).toBe(1);
  });

  it('fails for a file that could not be loaded', () => {
    const testResults = [{ status: 'failed', assertionResults: [] }];
    expect(summary({ ...good, success: false, testResults })).toEqual(['2 passed, 1 failed, 0 skipped', 1]);
  });

  it('fails when no test ran', () => {
    expect(summary({ ...good, numPassedTests: 0, testResults: [] })).toEqual(['0 passed, 0 failed, 0 skipped', 1]);
  });
});
