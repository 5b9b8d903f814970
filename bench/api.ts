import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWriter } from '../src/store/database.js';
import type { Connection } from '../src/store/database.js';
import { sampleNow } from '../test/support/sample-store.js';
import { sampleServer } from '../test/support/sample-server.js';
import type { SampleServer } from '../test/support/sample-server.js';

/** Asks each stats path over HTTP for 90 days, of one domain and of all, at three sizes of the store: tsx bench/api.ts [SIZE…]. */

const days = 90;
const reporters = 20;
const asked = 20;
/** Domains, and rows of a report: 100,000, a million, ten million rows. */
const sizes: Readonly<Record<string, readonly [domains: number, rows: number]>> = {
  '1': [5, 11],
  '10': [15, 37],
  '100': [50, 111],
};

const paths = [
  'domains?',
  'stats/daily?',
  'stats/daily?group=result&',
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
  'stats/records?source=198.51.100.1&',
  'alerts/annotations?',
];

for (const size of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(sizes)) {
  const [domains, rows] = sizes[size] ?? [1, 1];
  const folder = mkdtempSync(join(tmpdir(), 'bench-api-'));
  const path = join(folder, 'bench.db');
  const db = openWriter(path, { scratch: true });
  db.transaction(() => fill(db, domains, rows))();
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const count = db.prepare('SELECT count(*) FROM records').pluck().get();
  console.log(`\n${String(count)} rows, ${domains} domains: p50 / p95 ms of one domain, of all`);
  const close = () => {
    db.close();
    rmSync(folder, { recursive: true });
  };
  const server = await sampleServer({}, { path, db, close });
  for (const each of paths) {
    const one = await timesOf(server, `/api/v1/${each}domain=d1.example&`);
    const all = await timesOf(server, `/api/v1/${each}`);
    console.log(`${each.slice(0, -1).padEnd(36)} ${one.padStart(16)} ${all.padStart(16)}`);
  }
  await server.close();
}

async function timesOf(server: SampleServer, path: string): Promise<string> {
  const to = sampleNow;
  const url = `${path}from=${to - days * 86_400_000}&to=${to}`;
  const times: number[] = [];
  for (let i = 0; i < asked; i++) {
    const begin = performance.now();
    const answer = await server.get(url);
    await answer.text();
    if (answer.status !== 200) throw new Error(`${url}: ${answer.status}`);
    times.push(performance.now() - begin);
    if (times[0] !== undefined && times[0] > 2_000) break;
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => (times[Math.ceil(share * times.length) - 1] ?? NaN).toFixed(1);
  return `${at(0.5)} / ${at(0.95)}`;
}

/** Every report names `rows` of the twice as many source IPs of its domain; one in ten rows fails. */
function fill(db: Connection, domains: number, rows: number): void {
  const first = Math.floor(sampleNow / 86_400_000) * 86_400 - (days - 1) * 86_400;
  const pool = 2 * rows;
  const upTo = (name: string, last: number) =>
    `${name}(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM ${name} WHERE i + 1 < ${last})`;
  db.exec(`
    WITH RECURSIVE ${upTo('n', domains)} INSERT INTO domains (id, name) SELECT i + 1, 'd' || (i + 1) || '.example' FROM n;
    WITH RECURSIVE ${upTo('n', reporters)} INSERT INTO reporters (id, key, name) SELECT i + 1, 'r' || i, 'r' || i FROM n;
    WITH RECURSIVE ${upTo('n', domains * pool)} INSERT INTO sources (id, ip)
      SELECT i + 1, iif(i < 200, '198.51.100.' || (i + 1), '2001:db8::' || printf('%x:%x', i / 65536 + 1, i % 65536 + 1)) FROM n;
    INSERT INTO mails (id, source, folder, size, processed_at, outcome, reason) VALUES (1, 'bench', '', 1, ${first}, 'report', '');
    WITH RECURSIVE ${upTo('n', 50)} INSERT INTO auth_results (set_id, seq, method, domain, selector, result)
      SELECT i + 1, 0, 'dkim', 'd' || (i % 10) || '.example', 's' || (i / 10), iif(i % 10 = 0, 'fail', 'pass') FROM n;
    WITH RECURSIVE ${upTo('t', days)}, ${upTo('d', domains)}, ${upTo('o', reporters)}
      INSERT INTO reports (mail_id, reporter_id, domain_id, report_id, begin_at, end_at, state, digest, file, errors, p, records,
        messages, dkim_pass, spf_pass, pass, problems, authenticity, first_day, last_day, arrived_at)
      SELECT 1, o.i + 1, d.i + 1, 'x', ${first} + t.i * 86400, ${first} + (t.i + 1) * 86400 - 1, 'complete', x'00', '', '[]', 'none', ${rows},
        ${rows}, 0, 0, 0, '[]', 'verified', ${first} + t.i * 86400, ${first} + t.i * 86400, ${first} + (t.i + 1) * 86400 + o.i * 3600
      FROM t, d, o;
    WITH RECURSIVE ${upTo('n', rows)}
      INSERT INTO records (report, source_id, messages, disposition, dkim, spf, verdict, header_from, auth_set_id)
      SELECT r.id, (r.domain_id - 1) * ${pool} + 1 + (r.id + n.i * 2) % ${pool}, 1 + n.i, 'none', 'pass', 'pass',
        iif(n.i % 10 = 0, 'fail', 'pass_both'), 'd.example', 1 + n.i % 50
      FROM reports r, n;
    INSERT INTO daily_totals (domain_id, day, source_id, reporter_id, verdict, disposition, trait, messages, estimated)
      SELECT r.domain_id, r.last_day, c.source_id, r.reporter_id, c.verdict, c.disposition, c.trait, sum(c.messages), 0
      FROM reports r JOIN records c ON c.report = r.id GROUP BY 1, 2, 3, 4, 5, 6, 7;
    INSERT INTO source_senders SELECT d.id, s.id, 'sender' || (s.id % 20), 'ptr', '', 0, ${first}
      FROM domains d JOIN sources s ON (s.id - 1) / ${pool} = d.id - 1;
    INSERT INTO senders (domain_id, sender, title, class, class_step, class_evidence, updated_at)
      SELECT DISTINCT domain_id, sender, sender, 'known', 1, '', ${first} FROM source_senders;
  `);
}
