import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { daySeconds } from '../src/base/clock.js';
import { openGuest } from '../src/store/database.js';
import { startRuawatch } from '../test/support/ruawatch.js';
import { writeStoredRows } from './stored-rows.js';

/** `tsx bench/scrape.ts [million rows …]`: milliseconds of scrapes of 200 domains, something being committed before each. */
const sizes = process.argv.slice(2).map(Number);
const scrapes = 20;
/** Longer than the service keeps its sums. */
const betweenMs = 16_000;

async function timed(base: string): Promise<number> {
  const started = performance.now();
  await (await fetch(`${base}/metrics`)).text();
  return performance.now() - started;
}

/** A folder without mails is a way in, too. */
function configuration(folder: string): string {
  const [mails, file] = [join(folder, 'mails'), join(folder, 'ruawatch.yaml')];
  mkdirSync(mails, { recursive: true });
  writeFileSync(file, `directories: [{ name: empty, path: '${mails}' }]\n`);
  return file;
}

async function measure(db: string, pauseMs: number): Promise<string> {
  const service = await startRuawatch({ RUAWATCH_DB: db, RUAWATCH_CONFIG: configuration(dirname(db)) });
  const writer = openGuest(db);
  const first = await timed(service.base);
  const times: number[] = [];
  for (let i = 0; i < scrapes; i++) {
    writer.prepare("INSERT OR REPLACE INTO state VALUES ('bench', ?)").run(String(i));
    await pause(pauseMs);
    times.push(await timed(service.base));
  }
  writer.close();
  await service.stop();
  times.sort((a, b) => a - b);
  const at = (share: number) => (times[Math.floor(share * (times.length - 1))] ?? 0).toFixed(1);
  return `first ${first.toFixed(0)} ms; then median ${at(0.5)}, p95 ${at(0.95)}, most ${at(1)} ms`;
}

const folder = mkdtempSync(join(tmpdir(), 'ruawatch-scrape-'));
try {
  for (const millions of sizes.length > 0 ? sizes : [1, 10]) {
    const db = join(folder, `${millions}.db`);
    const lastDay = Math.floor(Date.now() / 1000 / daySeconds) * daySeconds;
    const perReport = Math.max(1, Math.round((millions * 1e6) / (200 * 90 * 10)));
    const rows = writeStoredRows(db, { domains: 200, days: 90, perReport, lastDay });
    console.log(`${rows} rows, at once:      ${await measure(db, 100)}`);
    console.log(`${rows} rows, sums are old: ${await measure(db, betweenMs)}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
