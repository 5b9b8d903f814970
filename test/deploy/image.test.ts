import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readDockerfile, runOf } from '../support/dockerfile.js';

const stages = readDockerfile('Dockerfile');
const [build, final] = stages;
if (build === undefined || final === undefined || stages.length !== 2) throw new Error('two stages are expected');
const run = runOf(final);
const namesOf = (wanted: string) => final.instructions.filter(({ name }) => name === wanted).map(({ text }) => text);

describe('the Dockerfile', () => {
  it('knows every instruction that it uses', () => {
    const known = 'ARG CMD COPY ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL RUN USER VOLUME WORKDIR'.split(' ');
    const used = stages.flatMap(({ instructions }) => instructions.map(({ name }) => name));
    expect(used.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('starts from exact versions of one Node, the slim one where it runs', () => {
    expect(build.from).toMatch(/^node:\d+\.\d+\.\d+-bookworm AS build$/);
    expect(final.from).toBe(build.from.replace(' AS build', '-slim'));
  });

  it('starts from a Node that package.json allows', () => {
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } };
    const [least = 0, leastMinor = 0] = engines.node.replace('>=', '').split('.').map(Number);
    const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(final.from)?.slice(1) ?? []).map(Number);
    expect(major > least || (major === least && minor >= leastMinor)).toBe(true);
  });

  it('copies nothing into the last stage but the staged files', () => {
    expect(namesOf('COPY')).toEqual(['--from=build /app /app']);
    expect(build.instructions.at(-1)).toEqual({ name: 'RUN', text: 'npm run build && npm run stage /app' });
  });

  it('installs nothing into the last stage, and takes npm out of it', () => {
    const [commands = '', ...more] = namesOf('RUN');
    expect(more).toEqual([]);
    expect(commands).not.toMatch(/apt|npm (ci|install)|curl|wget/);
    for (const each of ['npm', 'npx', 'corepack', 'yarn']) expect(commands).toContain(`/usr/local/bin/${each} `);
  });

  it('runs as a numbered user that is not root, which owns nothing but the data', () => {
    expect(run.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(namesOf('RUN').join()).toContain('install -d -o 1000 -g 1000 -m 0700 /var/lib/ruawatch');
    expect(run.user).toBe('1000:1000');
    expect(namesOf('VOLUME')).toEqual(['/var/lib/ruawatch']);
  });

  it('keeps the database in the volume and asks for its health at the port it listens on', () => {
    expect(run.env['RUAWATCH_DB']).toMatch(/^\/var\/lib\/ruawatch\//);
    const port = run.env['RUAWATCH_LISTEN']?.split(':')[1];
    expect(namesOf('EXPOSE')).toEqual([port]);
    expect(run.healthcheck.join(' ')).toContain(`http://127.0.0.1:${port}/healthz`);
  });

  it('needs no shell and no curl to start or to be asked', () => {
    expect([run.entrypoint[0], run.healthcheck[0]]).toEqual(['node', 'node']);
    expect(run.command).toEqual(['serve']);
  });
});

describe('.dockerignore', () => {
  const lines = readFileSync('.dockerignore', 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

  it('lets through what the build copies and nothing else', () => {
    const copied = build.instructions
      .filter(({ name }) => name === 'COPY')
      .flatMap(({ text }) => text.split(/\s+/).slice(0, -1));
    expect(lines[0]).toBe('*');
    expect(lines.slice(1).sort()).toEqual(copied.map((path) => `!${path}`).sort());
    expect(copied.filter((path) => !existsSync(path))).toEqual([]);
  });
});
