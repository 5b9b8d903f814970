import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { daySeconds } from '../src/base/clock.js';
import { openGuest } from '../src/store/database.js';
import { startRuawatch } from '../test/support/ruawatch.js';
import { writeStoredRows } from './stored-rows.js';

/**
 * `tsx bench/scrape.ts [million rows …]`: milliseconds of scrapes of 200 domains, something being committed before each. Beside
 * them, in the same run, what `/healthz` takes: the price of an answer on this machine at this time.
 */
const sizes = process.argv.slice(2).map(Number);
const [domains, mostDays, reporters] = [200, 90, 10];
/** Longer than the service keeps its sums. */
const betweenMs = 16_000;

async function timed(url: string): Promise<number> {
  const started = performance.now();
  await (await fetch(url)).text();
  return performance.now() - started;
}

function figures(times: number[]): string {
  times.sort((a, b) => a - b);
  const at = (share: number) => (times[Math.floor(share * (times.length - 1))] ?? 0).toFixed(1);
  return `median ${at(0.5)}, p95 ${at(0.95)}, most ${at(1)} ms`;
}

/** A folder without mails is a way in, too. */
function configuration(folder: string): string {
  const [mails, file] = [join(folder, 'mails'), join(folder, 'ruawatch.yaml')];
  mkdirSync(mails, { recursive: true });
  writeFileSync(file, `directories: [{ name: empty, path: '${mails}' }]\n`);
  return file;
}

async function measure(db: string, scrapes: number, pauseMs: number): Promise<string> {
  const service = await startRuawatch({ RUAWATCH_DB: db, RUAWATCH_CONFIG: configuration(dirname(db)) });
  const writer = openGuest(db);
  const [metrics, health] = [`${service.base}/metrics`, `${service.base}/healthz`];
  const first = await timed(metrics);
  const [times, bare]: [number[], number[]] = [[], []];
  for (let i = 0; i < scrapes; i++) {
    writer.prepare("INSERT OR REPLACE INTO state VALUES ('bench', ?)").run(String(i));
    await pause(pauseMs);
    bare.push(await timed(health));
    times.push(await timed(metrics));
  }
  writer.close();
  await service.stop();
  return `first ${first.toFixed(0)} ms; then ${figures(times)} (/healthz ${figures(bare)})`;
}

const folder = mkdtempSync(join(tmpdir(), 'ruawatch-scrape-'));
try {
  for (const millions of sizes.length > 0 ? sizes : [0.1, 1, 10]) {
    const db = join(folder, `${millions}.db`);
    const lastDay = Math.floor(Date.now() / 1000 / daySeconds) * daySeconds;
    const perDay = (millions * 1e6) / (domains * reporters);
    const days = Math.min(mostDays, Math.round(perDay));
    const rows = writeStoredRows(db, { domains, days, perReport: Math.round(perDay / days), lastDay });
    console.log(`${rows} rows, sums are known: ${await measure(db, 100, 100)}`);
    console.log(`${rows} rows, sums are old:   ${await measure(db, 8, betweenMs)}`);
    rmSync(db);
  }
} finally {
  rmSync(folder, { recursive: true });
}
