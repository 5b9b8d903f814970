// Packs the program into a few files: loading four hundred small modules takes longer than reading a hundred reports.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './prepare.mjs';

/** Small and on the way of every command; the others stay packages of their own, because they carry files or native code. */
const packed = ['commander', 'ipaddr.js', 'postal-mime', 'tldts', 'tldts-core', 'typebox', 'yaml', 'yauzl', 'pend'];

const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const apart = Object.keys(dependencies).filter((name) => !packed.includes(name));

rmSync(join(root, 'dist'), { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts', 'src/worker.ts', 'src/stats-thread.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  external: apart,
  legalComments: 'eof',
  logLevel: 'warning',
  // Packages in the older module format ask for `require`.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
});
