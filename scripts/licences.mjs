// `npm run licences`: the packages that ship with ruawatch, a line each: name, version, licence, separated by tabs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './prepare.mjs';

const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));

for (const [path, { version, license, dev, devOptional }] of Object.entries(packages)) {
  if (path === '' || dev || devOptional) continue;
  console.log([path.slice(path.lastIndexOf('node_modules/') + 13), version, license ?? 'unknown'].join('\t'));
}
