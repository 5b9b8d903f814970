import { copyFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDockerfile, runOf } from '../support/dockerfile.js';
import { openImageRoot, whyNoRoot } from '../support/image-root.js';
import type { ImageRoot, Started } from '../support/image-root.js';

const final = readDockerfile('Dockerfile').at(-1);
if (final === undefined) throw new Error('the Dockerfile has no stage');
const run = runOf(final);

const title = 'the files of the image, in a root that cannot be written, as its user';
const why = whyNoRoot();
if (why !== null) console.warn(`NOT TESTED, ${why}: ${title}`);

describe.skipIf(why !== null)(why === null ? title : `NOT TESTED, ${why}: ${title}`, () => {
  let root: ImageRoot;
  beforeAll(async () => {
    root = await openImageRoot(run);
  });
  afterAll(() => root.remove());

  it('hold no source, no compiler output but SQLite, and no tool for development', () => {
    const files = readdirSync(join(root.path, 'app'), { recursive: true, encoding: 'utf8' });
    const odd = files.filter(
      (file) =>
        /\.(c|cc|h|o|a|gyp|map|d\.ts)$|(^|\/)(src|test)$/.test(file) && !/\/node_modules\/.*\/src$/.test(`/${file}`),
    );
    expect(odd).toEqual([]);
    expect(files.filter((file) => file.endsWith('.node'))).toEqual([
      'node_modules/better-sqlite3/build/Release/better_sqlite3.node',
    ]);
    const packages = readdirSync(join(root.path, 'app/node_modules'));
    expect(packages).toEqual(expect.arrayContaining(['better-sqlite3', 'fastify', 'imapflow']));
    expect(
      packages.filter((name) => ['typescript', 'vitest', 'esbuild', 'eslint', 'prebuild-install'].includes(name)),
    ).toEqual([]);
  });

  it('cannot be written by the program, which has no capability', async () => {
    const code = `
      const fs = require('node:fs');
      const tried = ['/app/dist/x', '/etc/ruawatch/x', '/x'].map((path) => { try { fs.appendFileSync(path, ''); return 'written'; } catch (error) { return error.code; } });
      const caps = /CapBnd:\\s+(\\S+)[^]*NoNewPrivs:\\s+(\\d)/.exec(fs.readFileSync('/proc/self/status', 'utf8')).slice(1);
      console.log(JSON.stringify({ tried, caps, uid: process.getuid(), gid: process.getgid(), folder: process.cwd() }));`;
    const program = root.start(['node', '-e', code]);
    expect(await program.ended()).toBe(0);
    expect(JSON.parse(program.output())).toEqual({
      tried: ['EROFS', 'EROFS', 'EROFS'],
      caps: ['0000000000000000', '1'],
      uid: 1000,
      gid: 1000,
      folder: '/etc/ruawatch',
    });
  });

  it('say with exit code 1 that nobody is there, where nobody is', async () => {
    expect(await root.start(run.healthcheck).ended()).toBe(1);
  });

  it('say with exit code 2 and the remedy that nothing is configured', async () => {
    const program = root.start([...run.entrypoint, ...run.command]);
    expect(await program.ended()).toBe(2);
    expect(program.output()).toContain('nothing to watch');
  });

  it('serve: a report of a watched folder is stored in the volume, and the healthcheck is content', async () => {
    const settings = join(root.path, 'etc/ruawatch');
    mkdirSync(join(settings, 'mails'));
    copyFileSync('fixtures/reports/plain/arc-in-the-comment-of-a-reason.xml', join(settings, 'mails/report.xml'));
    writeFileSync(
      join(settings, 'ruawatch.yaml'),
      'directories: [{ path: /etc/ruawatch/mails, poll_seconds: 1 }]\ndb: /nowhere/at.all\n',
    );
    const program = root.start([...run.entrypoint, ...run.command]);
    await healthy(program);
    await answer(program, '/readyz', (text) => text.includes('"status":"ok"'));
    const mails = await answer(program, '/api/v1/mails', (text) => text.includes('"outcome"'));
    expect(JSON.parse(mails)).toMatchObject({ rows: [{ outcome: 'report' }] });
    program.child.kill('SIGTERM');
    expect(await program.ended()).toBe(0);
    expect(readdirSync(root.data)).toContain('ruawatch.db');
    expect(readdirSync(root.data).map((file) => statSync(join(root.data, file)).uid)).not.toContain(0);
  });

  it('demo: as deploy/compose.demo.yaml starts it', async () => {
    const program = root.start([...run.entrypoint, 'demo', '--listen', '0.0.0.0:8080', '--days', '10']);
    await healthy(program);
    await answer(program, '/', (text) => text.includes('acme.example'));
    program.child.kill('SIGTERM');
    expect(await program.ended()).toBe(0);
  });
});

/** Waits until the healthcheck of the image is content; the test's own time-out is the bound. */
async function healthy(program: Started): Promise<void> {
  while (program.exec(run.healthcheck).status !== 0) await pause(program);
}

/** What the service says to somebody beside it, once it is what is waited for. */
async function answer(program: Started, path: string, isRight: (text: string) => boolean): Promise<string> {
  const code = `fetch('http://127.0.0.1:8080${path}').then(async (answer) => console.log(await answer.text()))`;
  for (;;) {
    const { output } = program.exec(['node', '-e', code]);
    if (isRight(output)) return output;
    await pause(program);
  }
}

async function pause({ child, output }: Started): Promise<void> {
  if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${output()}`);
  await delay(200);
}
