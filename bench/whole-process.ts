import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { measure, median, writeReport } from './measure.js';
import type { Run } from './measure.js';
import { reportXml } from './report-xml.js';

/**
 * `tsx bench/whole-process.ts [rounds] [large]`: wall and processor seconds and peak resident memory of whole processes, interleaved, medians.
 * `large` is the number of records of the largest report (1,000,000; 0 leaves it out).
 */
const rounds = Number(process.argv[2] ?? 5);
const large = Number(process.argv[3] ?? 1_000_000);
const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ruawatch-bench-'));

let database = 0;
const ingest = (path: string) => () =>
  measure(process.execPath, [program, 'ingest', path, '--db', join(folder, `${database++}.db`)], folder);
const parse = (path: string) => () => measure(process.execPath, [program, 'parse', path], folder);

async function compare(
  title: string,
  count: number,
  contenders: Readonly<Record<string, () => Promise<Run>>>,
): Promise<void> {
  const runs = new Map(Object.keys(contenders).map((name) => [name, [] as Run[]]));
  for (let round = 0; round < count; round++) {
    for (const [name, run] of Object.entries(contenders)) runs.get(name)?.push(await run());
  }
  console.log(`\n${title} (median of ${count})`);
  for (const [name, each] of runs) {
    const seconds = median(each.map((run) => run.seconds)).toFixed(2);
    const mib = median(each.map((run) => run.mib)).toFixed(0);
    const cpu = median(each.map((run) => run.cpuSeconds)).toFixed(2);
    console.log(`  ${name.padEnd(28)}${seconds.padStart(8)} s${cpu.padStart(8)} s cpu${mib.padStart(7)} MiB`);
  }
}

try {
  const many = join(folder, 'many');
  mkdirSync(many);
  for (let i = 0; i < 500; i++) {
    const xml = [...reportXml({ records: 1 + ((i * 7) % 8), id: String(i) })].join('');
    writeFileSync(join(many, `${i}.xml.gz`), gzipSync(xml));
  }
  const thousand = join(folder, 'thousand.xml.gz');
  writeFileSync(thousand, gzipSync([...reportXml({ records: 1_000 })].join('')));
  await compare('500 small .xml.gz', rounds, {
    'node -e 0': () => measure(process.execPath, ['-e', '0'], folder),
    'gzip -dc (one process)': () => measure('sh', ['-c', 'gzip -dc many/*'], folder),
    'ruawatch parse': parse(many),
    'ruawatch ingest': ingest(many),
  });
  await compare('one report of 1,000 records', rounds, {
    'gzip -dc': () => measure('gzip', ['-dc', thousand], folder),
    'ruawatch parse': parse(thousand),
    'ruawatch ingest': ingest(thousand),
  });
  for (const ownAddresses of large > 0 ? [false, true] : []) {
    const path = join(folder, `large-${ownAddresses}.xml.gz`);
    await writeReport(path, { records: large, ownAddresses });
    await compare(`one report of ${large} records${ownAddresses ? ', each with a source IP of its own' : ''}`, 1, {
      'gzip -dc': () => measure('gzip', ['-dc', path], folder),
      'ruawatch parse': parse(path),
      'ruawatch ingest': ingest(path),
    });
    rmSync(path);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
