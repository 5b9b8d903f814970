import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/ports.js';
import { until } from '../support/ruawatch.js';
import type { TempDir } from '../support/temp.js';
import { tempDir } from '../support/temp.js';

interface Locked {
  readonly version: string;
  readonly license?: string;
  readonly engines?: { readonly node?: string };
  readonly dev?: boolean;
  readonly devOptional?: boolean;
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Locked> };
const shipped = Object.entries(lock.packages).filter(([path, each]) => path !== '' && !each.dev && !each.devOptional);
const nameOf = ([path, { version }]: readonly [string, Locked]) =>
  `${path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${version}`;
const run = (words: readonly string[]) =>
  execFileSync('npm', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

describe('npm pack', () => {
  let folder: TempDir;
  let user: string;
  let files: readonly string[];

  beforeAll(async () => {
    folder = await tempDir();
    user = join(folder.path, 'user');
    const [packed] = JSON.parse(run(['pack', '--json', '--pack-destination', folder.path])) as [Packed];
    files = packed.files.map(({ path }) => path);
    install(join(folder.path, packed.filename), user);
  });
  afterAll(() => folder.remove());

  it('holds what runs and what is read, and no source, test or map', () => {
    const wanted = [
      'LICENSE',
      'README.md',
      'config.example.yaml',
      'dist/main.js',
      'dist/worker.js',
      'dist/licences.txt',
      'docs/deploy.md',
    ];
    const sources = [
      ...readdirSync('migrations').map((name) => `migrations/${name}`),
      'deploy/prometheus/prometheus.yml',
      'deploy/systemd/ruawatch.service',
    ];
    expect([...wanted, ...sources].filter((path) => !files.includes(path))).toEqual([]);
    expect(
      files.filter((path) =>
        /^(src|test|bench|fixtures|scripts)\/|\.(ts|map|tgz)$|(^|\/)ruawatch\.yaml$/.test(
          path.replace(/\/dashboards\/ruawatch|\/datasources\/ruawatch/, '/'),
        ),
      ),
    ).toEqual([]);
  });

  it('pins every package that it runs with, and names no address to get them from', () => {
    const own = join(user, 'node_modules/ruawatch');
    const { packages } = JSON.parse(readFileSync(join(own, 'npm-shrinkwrap.json'), 'utf8')) as typeof lock;
    const { '': head, ...others } = packages;
    expect(Object.keys(others).sort()).toEqual(shipped.map(([path]) => path).sort());
    expect(Object.entries(others).filter(([path, { version }]) => version !== lock.packages[path]?.version)).toEqual(
      [],
    );
    expect(JSON.stringify([head, others])).not.toMatch(/"resolved"|devDependencies/);
    expect(readFileSync(join(own, 'package.json'), 'utf8')).not.toMatch(/publishConfig|"private"/);
    expect(existsSync('npm-shrinkwrap.json')).toBe(false);
  });

  it('runs with the packages that it names alone: `npx ruawatch demo` in an empty folder', async () => {
    const port = await freePort();
    const program = spawn(
      'npx',
      ['--no-install', 'ruawatch', 'demo', '--days', '10', '--listen', `127.0.0.1:${port}`],
      {
        cwd: user,
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
      },
    );
    let said = '';
    program.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const ended = once(program, 'close') as Promise<[number | null]>;
    try {
      await until(async () => {
        if (program.exitCode !== null) throw new Error(`it ended with ${program.exitCode}: ${said}`);
        const page = await fetch(`http://127.0.0.1:${port}/`).catch(() => null);
        return (await page?.text())?.includes('acme.example') ?? false;
      });
      await until(async () => /webhook received: dmarc\.\S+, signature verified/.test(said));
    } finally {
      // A terminal's Ctrl-C reaches npx and what it runs alike.
      process.kill(-(program.pid ?? 0), 'SIGINT');
      await ended;
    }
    expect(said).toContain('Stopped; the demo leaves nothing behind.');
    expect(readdirSync(user)).toEqual(['node_modules']);
  });
});

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** What `npm install FILE.tgz` would lay down, without a network: the package, beside links to the packages that it names and theirs. */
function install(tarball: string, to: string): void {
  const own = join(to, 'node_modules/ruawatch');
  mkdirSync(own, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', own]);
  const top = shipped
    .map(([path]) => path)
    .filter((path) => path.lastIndexOf('node_modules/') === 0 && existsSync(path));
  for (const path of top) {
    mkdirSync(dirname(join(to, path)), { recursive: true });
    symlinkSync(resolve(path), join(to, path));
  }
  const { bin } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')) as { bin: Record<string, string> };
  mkdirSync(join(to, 'node_modules/.bin'));
  for (const [name, path] of Object.entries(bin))
    symlinkSync(join('../ruawatch', path), join(to, 'node_modules/.bin', name));
}

/** Whether an `engines` range of npm has Node 20.19 in it. */
function takesNode20(range: string): boolean {
  return range.split('||').some((part) => {
    const [, sign = '', major = ''] = /^(>=|\^|)\s*(\d+)/.exec(part.trim()) ?? [];
    return part.trim() === '*' || (sign === '>=' ? Number(major) <= 20 : Number(major) === 20);
  });
}

describe('what ships', () => {
  it('takes Node 20, so that an installation warns of nothing', () => {
    expect(['>=22', '^18 || >=22', '18.x'].map(takesNode20)).toEqual([false, false, false]);
    expect(['>= 6.0', '20 || >=22', '^20.12||^22', '*'].map(takesNode20)).toEqual([true, true, true, true]);
    const other = shipped.filter(([, { engines }]) => !takesNode20(engines?.node ?? '*'));
    expect(other.map(nameOf)).toEqual([]);
  });

  it('is all in the list of licences, and each may be used and passed on', () => {
    const lines = run(['run', '--silent', 'licences'])
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(lines.map(([name, version]) => `${name}@${version}`).sort()).toEqual(shipped.map(nameOf).sort());
    const free = /\b(0BSD|Apache-2\.0|BlueOak-1\.0\.0|BSD-[23]-Clause|ISC|MIT|MIT-0)\b/;
    expect(lines.filter(([, , licence = '']) => !free.test(licence) || / AND /.test(licence))).toEqual([]);
  });

  it('is the bill of materials, no more and no less', () => {
    const { bomFormat, components } = JSON.parse(run(['run', '--silent', 'sbom'])) as Bill;
    expect(bomFormat).toBe('CycloneDX');
    const named = new Set(
      components.map(({ group, name, version }) => `${group === undefined ? '' : `${group}/`}${name}@${version}`),
    );
    expect(named.size).toBeGreaterThan(100);
    expect([...named].sort()).toEqual([...new Set(shipped.map(nameOf))].sort());
  });

  it('carries the licence of every package that is packed into dist/', () => {
    const text = readFileSync('dist/licences.txt', 'utf8');
    const parts = text.split(/^==== /m).slice(1);
    expect(parts.map((part) => part.split(' ')[0]).sort()).toEqual(
      ['commander', 'ipaddr.js', 'pend', 'postal-mime', 'tldts', 'tldts-core', 'typebox', 'yaml', 'yauzl'].sort(),
    );
    expect(parts.filter((part) => !/copyright/i.test(part) && !/without restriction|permission/i.test(part))).toEqual(
      [],
    );
  });
});

interface Bill {
  readonly bomFormat: string;
  readonly components: readonly { readonly group?: string; readonly name: string; readonly version: string }[];
}
