import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measure, median, writeReport } from './measure.js';
import type { Run } from './measure.js';

/**
 * `tsx bench/growth.ts [largest] [rounds]`: `ruawatch ingest` of one report of 10, 100, 1,000 … records into a new database, each
 * record with a source IP of its own. Medians; "after start-up" leaves out what the smallest report takes.
 */
const largest = Number(process.argv[2] ?? 1_000_000);
const rounds = Number(process.argv[3] ?? 3);
const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ruawatch-growth-'));
const smallest = 10;

async function ingest(report: string): Promise<Run> {
  const runs: Run[] = [];
  for (let round = 0; round < rounds; round++) {
    const db = join(folder, 'growth.db');
    runs.push(await measure(process.execPath, [program, 'ingest', report, '--db', db], folder));
    rmSync(db);
  }
  const of = (key: keyof Run) => median(runs.map((run) => run[key]));
  return { seconds: of('seconds'), cpuSeconds: of('cpuSeconds'), mib: of('mib') };
}

try {
  console.log('  records   wall s    cpu s   records/s   after start-up      MiB');
  let startUp = 0;
  for (let records = smallest; records <= largest; records *= 10) {
    const report = join(folder, 'report.xml.gz');
    await writeReport(report, { records, ownAddresses: true });
    const { seconds, cpuSeconds, mib } = await ingest(report);
    if (records === smallest) startUp = seconds;
    const after = records === smallest ? '' : String(Math.round((records - smallest) / (seconds - startUp)));
    console.log(
      [
        String(records).padStart(9),
        seconds.toFixed(2).padStart(9),
        cpuSeconds.toFixed(2).padStart(9),
        String(Math.round(records / seconds)).padStart(12),
        after.padStart(17),
        mib.toFixed(0).padStart(9),
      ].join(''),
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
