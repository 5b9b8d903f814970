// Runs around `npm pack`: the package carries the very versions that the tests ran with. Without them an installation
// takes whatever its dependencies allow on that day, which may want another Node.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './prepare.mjs';

const target = join(root, 'npm-shrinkwrap.json');

function write() {
  const { packages, ...head } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const { '': own, ...others } = packages;
  delete own.devDependencies;
  const shipped = Object.entries(others).filter(([, { dev, devOptional }]) => !dev && !devOptional);
  writeFileSync(
    target,
    `${JSON.stringify({ ...head, packages: { '': own, ...Object.fromEntries(shipped) } }, null, 2)}\n`,
  );
}

if (process.argv[2] === 'remove') rmSync(target, { force: true });
else write();
