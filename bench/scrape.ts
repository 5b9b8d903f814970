import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { daySeconds, utcDay } from '../src/base/clock.js';
import { startRuawatch } from '../test/support/ruawatch.js';
import type { Running } from '../test/support/ruawatch.js';
import { writeStoredRows } from './stored-rows.js';

/**
 * `tsx bench/scrape.ts [million rows | FILE.db …]`: milliseconds of scrapes of 200 domains while a report is stored every second, after
 * the first scrape of a start. A file is copied first. Beside them, in the same run, what `/healthz` takes: the price of an answer
 * on this machine at this time.
 */
const stores = process.argv.slice(2);
const [domains, mostDays, reporters] = [200, 90, 10];
/** Longer than the service keeps its sums. */
const oldMs = 16_000;
const token = 'a-token-that-only-posts';

interface Timed {
  readonly ms: number;
  readonly bytes: number;
}

async function timed(url: string): Promise<Timed> {
  const started = performance.now();
  const text = await (await fetch(url)).text();
  return { ms: performance.now() - started, bytes: Buffer.byteLength(text) };
}

function figures(times: readonly Timed[]): string {
  const sorted = times.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.ceil(share * sorted.length) - 1] ?? 0).toFixed(1);
  return `median ${at(0.5)}, p95 ${at(0.95)}, most ${at(1)} ms of ${sorted.length}`;
}

function report(n: number): string {
  const day = utcDay(Date.now() / 1000) - daySeconds;
  const rows = Array.from(
    { length: 20 },
    (
      _,
      i,
    ) => `<record><row><source_ip>198.51.100.${i}</source_ip><count>3</count><policy_evaluated><disposition>none</disposition>
<dkim>pass</dkim><spf>pass</spf></policy_evaluated></row><identifiers><header_from>d0.example</header_from></identifiers></record>`,
  );
  return `<feedback><report_metadata><org_name>reporter.example</org_name><report_id>${process.pid}-${n}</report_id>
<date_range><begin>${day}</begin><end>${day + daySeconds - 1}</end></date_range></report_metadata>
<policy_published><domain>d${n % domains}.example</domain><p>none</p></policy_published>${rows.join('')}</feedback>`;
}

/** Posts a report every second; the promise has how many were taken. */
function posting(base: string): { stop(): Promise<number> } {
  const stopping = new AbortController();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'text/xml' };
  const run = async () => {
    let taken = 0;
    for (let n = 0; !stopping.signal.aborted; n++) {
      const next = pause(1_000);
      const answer = await fetch(`${base}/api/v1/mails`, { method: 'POST', headers, body: report(n) });
      if (answer.ok) taken += 1;
      await answer.text();
      await next;
    }
    return taken;
  };
  const running = run();
  return {
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}

async function scrapes({ base }: Running, count: number, everyMs: number): Promise<string> {
  const [times, bare]: [Timed[], Timed[]] = [[], []];
  for (let i = 0; i < count; i++) {
    await pause(everyMs);
    bare.push(await timed(`${base}/healthz`));
    times.push(await timed(`${base}/metrics`));
  }
  return `${figures(times)} (/healthz ${figures(bare)})`;
}

/** A folder without mails is a way in, too. */
function configuration(folder: string): string {
  const [mails, file] = [join(folder, 'mails'), join(folder, 'ruawatch.yaml')];
  mkdirSync(mails, { recursive: true });
  writeFileSync(file, `directories: [{ name: empty, path: '${mails}' }]\n`);
  return file;
}

async function measure(db: string): Promise<void> {
  const env = { RUAWATCH_DB: db, RUAWATCH_PUSH_TOKEN: token, RUAWATCH_DKIM_CHECK: 'off' };
  const service = await startRuawatch({ ...env, RUAWATCH_CONFIG: configuration(folder) });
  const first = await timed(`${service.base}/metrics`);
  console.log(`  first scrape: ${first.ms.toFixed(0)} ms, ${first.bytes} bytes`);
  const second = await timed(`${service.base}/metrics`);
  console.log(`  second scrape: ${second.ms.toFixed(0)} ms, ${second.bytes} bytes`);
  const posts = posting(service.base);
  console.log(`  ten a second:     ${await scrapes(service, 300, 100)}`);
  console.log(`  every 16 seconds: ${await scrapes(service, 12, oldMs)}`);
  console.log(
    `  reports stored meanwhile: ${await posts.stop()}; bytes: ${(await timed(`${service.base}/metrics`)).bytes}`,
  );
  await service.stop();
}

function made(millions: number): string {
  const db = join(folder, `${millions}.db`);
  const lastDay = utcDay(Date.now() / 1000);
  const perDay = (millions * 1e6) / (domains * reporters);
  const days = Math.min(mostDays, Math.round(perDay));
  writeStoredRows(db, { domains, days, perReport: Math.round(perDay / days), lastDay });
  return db;
}

function copied(file: string): string {
  const db = join(folder, 'copy.db');
  copyFileSync(file, db);
  return db;
}

const folder = mkdtempSync(join(tmpdir(), 'ruawatch-scrape-'));
try {
  for (const store of stores.length > 0 ? stores : ['0.1', '1', '10']) {
    const millions = Number(store);
    const db = Number.isNaN(millions) ? copied(store) : made(millions);
    console.log(Number.isNaN(millions) ? store : `${store} million rows`);
    await measure(db);
    for (const end of ['', '-wal', '-shm']) rmSync(db + end, { force: true });
  }
} finally {
  rmSync(folder, { recursive: true });
}
