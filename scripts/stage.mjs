// `npm run stage FOLDER`: the files that a running ruawatch needs, and no others, in a folder that is not there yet. The
// container image is made of exactly these; test/deploy runs them from a plain folder.
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { runtimeFolders } from './packages.mjs';
import { NotReady, orExplain, root, say } from './prepare.mjs';

const own = ['package.json', 'LICENSE', 'dist', 'migrations'];

/** Of packages that hold more than runs: the source of SQLite, its object files. */
const only = {
  'node_modules/better-sqlite3': ['package.json', 'LICENSE', 'lib', 'build/Release/better_sqlite3.node'],
};

/** Nothing reads them at run time. Licences stay, whatever they are called. */
const kept = /\/(licen[cs]e|notice|copying)[^/]*$/i;
const leftOut = /\.(map|md|markdown|d\.ts|d\.mts|d\.cts)$|\/(test|tests|benchmark|benchmarks|examples|docs|\.github)$/;

function stage(to) {
  if (to === undefined) throw new NotReady('name a folder that is not there yet: npm run stage FOLDER');
  const target = resolve(to);
  if (existsSync(target) && readdirSync(target).length > 0) {
    throw new NotReady(`cannot stage into ${target}: it is not empty; remove it or name another folder`);
  }
  for (const path of [...own, ...runtimeFolders().flatMap(partsOf)]) copy(path, target);
  say(`${target} holds what runs`);
}

function partsOf(folder) {
  return only[folder]?.map((part) => `${folder}/${part}`) ?? [folder];
}

function copy(path, target) {
  const from = join(root, path);
  if (!existsSync(from)) throw new NotReady(`cannot stage ${path}: it is not there; run npm run build first`);
  mkdirSync(dirname(join(target, path)), { recursive: true });
  cpSync(from, join(target, path), { recursive: true, dereference: true, filter: (source) => isKept(from, source) });
}

/** Packages inside a package are named by the lock themselves. */
function isKept(from, source) {
  const inside = `/${relative(from, source).split(sep).join('/')}`;
  if (inside === '/' || kept.test(inside)) return true;
  return !leftOut.test(inside) && !inside.endsWith('/node_modules');
}

orExplain(() => stage(process.argv[2]));
