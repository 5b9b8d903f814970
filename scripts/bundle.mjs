// Packs the program into a few files: loading four hundred small modules takes longer than reading a hundred reports.
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { apart, packed } from './packages.mjs';
import { root } from './prepare.mjs';

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

// Whoever passes dist/ on has to pass on the licences of what is packed in it.
writeFileSync(join(root, 'dist/licences.txt'), packed.map(licenceOf).join('\n'));

function licenceOf(name) {
  const folder = join(root, 'node_modules', name);
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
  return `==== ${name} ${version} (${license})\n\n${text}\n`;
}
