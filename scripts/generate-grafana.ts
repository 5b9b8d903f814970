import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { dashboardFiles } from '../grafana/src/files.js';

function present(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const stale = Object.entries(await dashboardFiles()).filter(([path, text]) => present(path) !== text);

if (process.argv.includes('--check')) {
  for (const [path] of stale) console.error(`${path} differs from grafana/src: run npm run grafana`);
  if (stale.length > 0) process.exitCode = 1;
} else {
  for (const [path, text] of stale) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    console.log(`wrote ${path}`);
  }
}
