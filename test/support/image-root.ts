import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Run } from './dockerfile.js';
import { findProgram } from './servers.js';
import type { TempDir } from './temp.js';
import { tempDir } from './temp.js';

/** What this machine lends to the root, as the base image would: the libraries that Node needs, and setpriv. */
const lent = ['usr', 'lib', 'lib64', 'bin'];
const tools = ['unshare', 'nsenter', 'setpriv', 'mount', 'chroot', 'ip', 'env'];

/** Why no such root can be made here; null when it can. */
export function whyNoRoot(): string | null {
  const missing = tools.filter((name) => findProgram(name) === null);
  if (missing.length > 0) return `${missing.join(', ')} missing`;
  const tried = spawnSync('unshare', ['--mount', '--net', 'sh', '-c', 'mount -t tmpfs none /mnt && ip link set lo up']);
  return tried.status === 0 ? null : 'this user may not make mount and network namespaces';
}

export interface ImageRoot {
  /** Folder of the whole root, as the machine sees it. */
  readonly path: string;
  /** `/var/lib/ruawatch` of the root, as the machine sees it. */
  readonly data: string;
  /** Starts a program as the image would: its user, folder and environment, no capability, a root that cannot be written. */
  start(words: readonly string[]): Started;
  remove(): Promise<void>;
}

export interface Started {
  readonly child: ChildProcess;
  output(): string;
  /** Runs another program beside it, as `docker exec` would. */
  exec(words: readonly string[]): { readonly status: number | null; readonly output: string };
  /** Exit code, once it has ended. */
  ended(): Promise<number | null>;
}

/** A root folder with the staged program in /app: what the image is made of, less its base. Needs root and Linux. */
export async function openImageRoot(run: Run): Promise<ImageRoot> {
  const root = await tempDir();
  const data = await tempDir();
  const [uid = 0, gid = 0] = run.user.split(':').map(Number);
  chmodSync(root.path, 0o755);
  chownSync(data.path, uid, gid);
  lay(root.path);
  const staged = spawnSync(process.execPath, ['scripts/stage.mjs', join(root.path, 'app')], { encoding: 'utf8' });
  if (staged.status !== 0) throw new Error(staged.stderr);
  return {
    path: root.path,
    data: data.path,
    start: (words) => start(words, { root, data, run }),
    remove: async () => void (await Promise.all([root.remove(), data.remove()])),
  };
}

function lay(root: string): void {
  for (const name of lent.filter((each) => existsSync(`/${each}`))) {
    if (lstatSync(`/${name}`).isSymbolicLink()) symlinkSync(readlinkSync(`/${name}`), join(root, name));
    else mkdirSync(join(root, name));
  }
  for (const name of ['proc', 'dev', 'tmp', 'etc/ruawatch', 'var/lib/ruawatch', 'opt/node']) {
    mkdirSync(join(root, name), { recursive: true });
  }
  writeFileSync(join(root, 'opt/node/node'), '');
  writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n');
}

interface Place {
  readonly root: TempDir;
  readonly data: TempDir;
  readonly run: Run;
}

function start(words: readonly string[], place: Place): Started {
  const script = [...mounts(place), 'exec "$@"'].join('\n');
  const inside = ['chroot', place.root.path, ...asImage(words, place.run)];
  // Each program becomes the next one, so the child is in the end Node itself.
  const child = spawn('unshare', ['--mount', '--net', 'sh', '-ec', script, 'sh', ...inside], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const closed = once(child, 'close') as Promise<[number | null]>;
  return {
    child,
    output: () => output,
    exec: (more) => {
      const target = ['--target', String(child.pid), '--mount', '--net', '--root', '--wd'];
      const { status, stdout, stderr } = spawnSync('nsenter', [...target, ...asImage(more, place.run)], {
        encoding: 'utf8',
      });
      return { status, output: stdout + stderr };
    },
    ended: async () => (await closed)[0],
  };
}

function mounts({ root: { path: root }, data }: Place): string[] {
  const folders = lent.filter((name) => existsSync(`/${name}`) && !lstatSync(`/${name}`).isSymbolicLink());
  return [
    'ip link set lo up',
    `mount --bind ${root} ${root}`,
    ...folders.flatMap((name) => [`mount --bind /${name} ${root}/${name}`, `mount -o remount,bind,ro ${root}/${name}`]),
    `mount --bind ${process.execPath} ${root}/opt/node/node`,
    `mount -o remount,bind,ro ${root}/opt/node/node`,
    `mount --rbind /proc ${root}/proc`,
    `mount --rbind /dev ${root}/dev`,
    `mount -t tmpfs -o mode=1777 none ${root}/tmp`,
    `mount --bind ${data.path} ${root}/var/lib/ruawatch`,
    `mount -o remount,bind,ro ${root}`,
  ];
}

function asImage(words: readonly string[], { user, folder, env }: Run): string[] {
  const [uid = '', gid = ''] = user.split(':');
  const settings = Object.entries({ PATH: '/opt/node', ...env }).map(([name, value]) => `${name}=${value}`);
  const bare = ['--clear-groups', '--no-new-privs', '--inh-caps=-all', '--bounding-set=-all'];
  return [
    '/usr/bin/env',
    '-i',
    '-C',
    folder,
    ...settings,
    '/usr/bin/setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    ...bare,
    ...words,
  ];
}
