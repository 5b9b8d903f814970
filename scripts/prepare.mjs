// Makes a checkout ready: installs what is missing and builds what is stale. Plain Node: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const compiledSqlite = 'node_modules/better-sqlite3/build/Release/better_sqlite3.node';

export class NotReady extends Error {}

/** One line to people; stdout belongs to the program that runs afterwards. */
export function say(text) {
  process.stderr.write(`ruawatch: ${text}\n`);
}

/** Runs a program with its output on stderr; its exit code. */
export function run(command, args, env = {}) {
  const done = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], env: { ...process.env, ...env } });
  if (done.error) throw new NotReady(`cannot run ${command}: ${done.error.message}`);
  if (done.signal) throw new NotReady(`${command} was stopped by ${done.signal}`);
  return done.status ?? 1;
}

function packagesIn(path) {
  if (!existsSync(join(root, path))) return null;
  return JSON.parse(readFileSync(join(root, path), 'utf8')).packages ?? {};
}

/** Whether every package of the lock is there in its version; tools for development only when `withTools`. */
function isInstalled(withTools) {
  const present = packagesIn('node_modules/.package-lock.json');
  if (present === null || !existsSync(join(root, compiledSqlite))) return false;
  return Object.entries(packagesIn('package-lock.json') ?? {}).every(([path, wanted]) => {
    if (path === '' || wanted.optional || wanted.devOptional || (wanted.dev && !withTools)) return true;
    return present[path]?.version === wanted.version;
  });
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new NotReady(`Node ${process.versions.node} is too old: install Node 20.19 or newer`);
}

export function install(withTools = true) {
  checkNode();
  if (isInstalled(withTools)) return;
  say('installing packages with `npm ci`; compiling SQLite takes about two minutes');
  // NODE_ENV=production would leave out the compiler that the build needs.
  const code = run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
  if (code !== 0 || !isInstalled(withTools)) {
    throw new NotReady(
      `npm ci failed (code ${code}): check the network, and that python3, make and a C++ compiler are there to build SQLite`,
    );
  }
  say('packages are installed');
}

/** Newest modification time under a path, milliseconds; 0 when it is not there. */
function newest(path) {
  if (!existsSync(path)) return 0;
  const own = statSync(path).mtimeMs;
  if (!statSync(path).isDirectory()) return own;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), own);
}

/** Whether dist/ is missing or older than what it is made of. An installed package has no src/ and is never stale. */
export function isStale() {
  if (!existsSync(join(root, 'src'))) return false;
  const sources = Math.max(newest(join(root, 'src')), newest(join(root, 'tsconfig.json')));
  return newest(join(root, 'dist/main.js')) < sources;
}

export function build() {
  if (!isStale()) return;
  say('building');
  for (const step of [['node_modules/typescript/bin/tsc', '--noEmit'], ['scripts/bundle.mjs']]) {
    if (run(process.execPath, step) !== 0) throw new NotReady('the build failed: the lines above say where');
  }
}

/** Runs the steps; a step that cannot be done becomes one sentence and exit code 1. */
export function orExplain(steps) {
  try {
    steps();
  } catch (error) {
    if (!(error instanceof NotReady)) throw error;
    say(error.message);
    process.exit(1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  orExplain(() => {
    install();
    build();
  });
}
