import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { daySeconds, utcDay } from '../src/base/clock.js';
import { openGuest } from '../src/store/database.js';
import type { Connection } from '../src/store/database.js';
import { readAuthStats } from '../src/store/reading/auth-stats.js';
import { readCoverage } from '../src/store/reading/coverage.js';
import { readDaily } from '../src/store/reading/daily.js';
import { readDelays } from '../src/store/reading/delays.js';
import { readDomains } from '../src/store/reading/domains.js';
import { readPolicies } from '../src/store/reading/policies.js';
import { readReporters } from '../src/store/reading/reporters.js';
import { readSenderStats } from '../src/store/reading/sender-stats.js';
import { readSources } from '../src/store/reading/sources.js';
import { sampleServer } from '../test/support/sample-server.js';
import type { SampleServer } from '../test/support/sample-server.js';
import { writeStoredRows } from './stored-rows.js';

/**
 * `tsx bench/api.ts [SIZE | FILE.db …]`: milliseconds of each statistics path over HTTP for 90 days, of one domain and of all, at
 * 100,000 (1), a million (10) and ten million rows (100), or of a file that `bench/stored-rows.ts` made. Something is committed before
 * each request, so that no kept answer is measured; the last column is the same request again, which is kept. Then what SQLite does
 * for each statement.
 */
const days = 90;
const lastDay = utcDay(Date.now() / 1000);
const asked = 20;
const patienceMs = 2_000;
/** Domains, and source IPs of a report; ten reporters report daily. */
const sizes: Readonly<Record<string, readonly [domains: number, perReport: number]>> = {
  '1': [12, 9],
  '10': [50, 22],
  '100': [200, 56],
};

const paths = [
  'domains?',
  'stats/daily?',
  'stats/daily?group=result&',
  'stats/daily?group=domain&',
  'stats/daily?group=source_class&',
  'stats/sources?result=fail&',
  'stats/sources?first_seen=in_range&',
  'stats/senders?',
  'stats/auth?',
  'stats/coverage?',
  'stats/policies?',
  'stats/delays?',
  'stats/variables?name=source&',
  'reporters?',
  'stats/records?source=2001:db8::0:1&',
  'alerts/annotations?',
];

const readers = {
  readDomains,
  readDaily,
  readSources,
  readSenderStats,
  readAuthStats,
  readCoverage,
  readPolicies,
  readDelays,
  readReporters,
};

for (const size of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(sizes)) await measure(size);

async function measure(size: string): Promise<void> {
  const [domains, perReport] = sizes[size] ?? [1, 1];
  const folder = mkdtempSync(join(tmpdir(), 'bench-api-'));
  const path = size.endsWith('.db') ? size : join(folder, 'bench.db');
  const began = performance.now();
  if (path !== size) writeStoredRows(path, { domains, days, perReport, lastDay });
  const db = openGuest(path);
  const close = () => {
    db.close();
    rmSync(folder, { recursive: true });
  };
  const rows = db.prepare('SELECT count(*) FROM records').pluck().get() as number;
  console.log(`\n${rows} rows (opened in ${((performance.now() - began) / 1000).toFixed(0)} s)`);
  console.log(`${'p50 / p95 ms'.padEnd(36)} ${'one domain'.padStart(18)} ${'all'.padStart(18)} ${'kept'.padStart(8)}`);
  const server = await sampleServer({}, { path, db, close });
  server.clock.advance(lastDay * 1000 + 43_200_000 - server.clock.now());
  for (const each of paths) {
    const one = await timesOf(server, db, `/api/v1/${each}domain=d1.example&`);
    const all = await timesOf(server, db, `/api/v1/${each}`);
    console.log(
      `${each.slice(0, -1).padEnd(36)} ${one.text.padStart(18)} ${all.text.padStart(18)} ${all.kept.padStart(8)}`,
    );
  }
  if (size === '100' || process.argv.length === 3) plans(path);
  await server.close();
}

async function timesOf(server: SampleServer, db: Connection, path: string): Promise<{ text: string; kept: string }> {
  const to = lastDay * 1000 + 43_200_000;
  const url = `${path}from=${to - (days - 1) * daySeconds * 1000}&to=${to}`;
  const times: number[] = [];
  const once = async (): Promise<number> => {
    const begin = performance.now();
    const answer = await server.get(url);
    await answer.text();
    if (answer.status !== 200) throw new Error(`${url}: ${answer.status}`);
    return performance.now() - begin;
  };
  for (let i = 0; i < asked; i++) {
    db.prepare("INSERT OR REPLACE INTO state VALUES ('bench', ?)").run(String(i));
    times.push(await once());
    if (times.some((ms) => ms > patienceMs)) break;
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => (times[Math.ceil(share * times.length) - 1] ?? NaN).toFixed(1);
  return { text: `${at(0.5)} / ${at(0.95)}`, kept: (await once()).toFixed(1) };
}

/** How each reader comes to the rows of large tables. */
function plans(path: string): void {
  for (const [name, open] of Object.entries(readers)) {
    const db = new Database(path, { readonly: true });
    const texts: string[] = [];
    const prepare = db.prepare.bind(db);
    db.prepare = (sql: string) => {
      texts.push(sql);
      return prepare(sql);
    };
    open(db);
    const lines = texts.flatMap((sql) => planOf(prepare, sql)).filter((line) => /^(SCAN|SEARCH) [a-z]\b/.test(line));
    console.log(`${name}\n  ${[...new Set(lines)].join('\n  ')}`);
    db.close();
  }
}

function planOf(prepare: (sql: string) => Database.Statement, sql: string): string[] {
  const named = Object.fromEntries([...new Set(sql.match(/@\w+/g) ?? [])].map((name) => [name.slice(1), null]));
  const given = sql.includes('?') ? Array.from(sql.match(/\?/g) ?? [], () => null) : [named];
  return (prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...given) as { detail: string }[]).map(({ detail }) => detail);
}
