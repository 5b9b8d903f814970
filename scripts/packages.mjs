// Which packages the build packs into dist/, and which stay packages of their own beside it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './prepare.mjs';

/** Small and on the way of every command; the others stay packages of their own, because they carry files or native code. */
export const packed = [
  'commander',
  'ipaddr.js',
  'postal-mime',
  'tldts',
  'tldts-core',
  'typebox',
  'yaml',
  'yauzl',
  'pend',
];

/** Fetches the native part of SQLite when it is installed; nothing calls it afterwards. */
const installersOnly = ['prebuild-install'];

const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Direct dependencies that dist/ imports as packages. */
export const apart = Object.keys(dependencies).filter((name) => !packed.includes(name));

/** Folders of every package that runs beside dist/, as package-lock.json names them (`node_modules/NAME`), sorted. */
export function runtimeFolders() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const found = new Set();
  const waiting = apart.map((name) => ({ name, from: '' }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const path = resolveFrom(packages, next.from, next.name);
    if (path === null || found.has(path)) continue;
    found.add(path);
    const { dependencies: own = {}, optionalDependencies: optional = {} } = packages[path];
    for (const name of Object.keys({ ...own, ...optional })) {
      if (!installersOnly.includes(name)) waiting.push({ name, from: path });
    }
  }
  return [...found].sort();
}

/** Node's own way: the nearest node_modules upwards. */
function resolveFrom(packages, from, name) {
  const path = `${from === '' ? '' : `${from}/`}node_modules/${name}`;
  if (path in packages) return path;
  if (from === '') return null;
  return resolveFrom(packages, from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/'))), name);
}
