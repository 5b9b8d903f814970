import { openWriter } from '../src/store/database.js';
import { daySeconds } from '../src/base/clock.js';
import { fillSums } from '../src/store/writing/sums.js';

/** Of a made store: `domains` policy domains, `days` days up to `lastDay`, ten reporters, `perReport` source IPs a report. */
export interface StoredRows {
  readonly domains: number;
  readonly days: number;
  readonly perReport: number;
  /** Unix seconds at midnight UTC. */
  readonly lastDay: number;
}

const reporters = 10;

/** Sets of raw results, of which a domain has twelve. */
const authSets = 60;

/** Sums are filled at once from the daily totals, not with each report. */
const fillDays = `
INSERT INTO domain_days SELECT domain_id, day, verdict, disposition, sum(messages), 0 FROM daily_totals GROUP BY 1, 2, 3, 4;
INSERT INTO reporter_days SELECT domain_id, day, reporter_id, verdict, disposition, sum(messages), 0 FROM daily_totals GROUP BY 1, 2, 3, 4, 5;
INSERT INTO source_days SELECT domain_id, day, source_id, verdict, disposition, sum(messages), 0 FROM daily_totals GROUP BY 1, 2, 3, 4, 5;
INSERT INTO source_starts SELECT domain_id, source_id, min(day) FROM source_days GROUP BY 1, 2;`;

/** Writes a store by SQL: 10 reporters x domains x days x perReport records, each its own row of the daily totals. Returns how many. */
export function writeStoredRows(path: string, { domains, days, perReport, lastDay }: StoredRows): number {
  const db = openWriter(path, { scratch: true });
  const reports = domains * days * reporters;
  const count = (n: number) => `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${n - 1})`;
  db.pragma('cache_size = -400000');
  const indexes = db
    .prepare<[], { name: string; sql: string }>(
      `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL
       AND tbl_name IN ('records', 'reports', 'daily_totals', 'source_days', 'source_starts', 'auth_days', 'reporter_days')`,
    )
    .all();
  const triggers = db.prepare<[], { name: string; sql: string }>("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all(); // prettier-ignore
  for (const { name } of indexes) db.exec(`DROP INDEX ${name}`);
  for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
  const source = `1 + (d * 997 + s * 7 + (t * 3) % 5) % ${domains * perReport * 2}`;
  const verdict = `CASE WHEN s % 10 = 9 THEN 'fail' WHEN s % 3 = 1 THEN 'pass_dkim' ELSE 'pass_both' END`;
  const set = `1 + (d * 7 + s % 12) % ${authSets}`;
  const day = `${lastDay - (days - 1) * daySeconds} + t * ${daySeconds}`;
  db.exec(`BEGIN;
    INSERT INTO reporters ${count(reporters)} SELECT i + 1, 'r' || i, 'r' || i FROM n;
    INSERT INTO domains (id, name) ${count(domains)} SELECT i + 1, 'd' || i || '.example' FROM n;
    INSERT INTO sources ${count(domains * perReport * 2)} SELECT i + 1, '2001:db8::' || printf('%x:%x', i / 65536, i % 65536) FROM n;
    INSERT INTO auth_sets ${count(authSets)} SELECT i + 1, CAST(i AS BLOB) FROM n;
    INSERT INTO auth_results (set_id, seq, method, domain, selector, result) ${count(authSets)}
      SELECT i + 1, 0, 'dkim', 'd' || (i % 10) || '.example', 's' || (i / 10), iif(i % 10 = 0, 'fail', 'pass') FROM n;
    INSERT INTO mails (id, source, folder, size, processed_at, outcome, reason) VALUES (1, 'rua', 'INBOX', 1, 1, 'report', '');
    INSERT INTO senders ${count(50)} SELECT d.id, 's' || i, 's' || i, NULL, NULL,
      CASE i % 5 WHEN 0 THEN 'known' WHEN 1 THEN 'third_party' WHEN 2 THEN 'forwarder' WHEN 3 THEN 'unauthenticated' ELSE 'unknown' END,
      1, '', 1 FROM n CROSS JOIN domains d;
    INSERT INTO reports (id, mail_id, reporter_id, domain_id, report_id, begin_at, end_at, state, digest, file, errors, p, records, messages,
      dkim_pass, spf_pass, pass, problems, authenticity, first_day, last_day, arrived_at)
      ${count(reports)}, f AS (SELECT i, i % ${reporters} AS r, i / ${reporters} % ${domains} AS d, i / ${reporters * domains} AS t FROM n)
      SELECT i + 1, 1, r + 1, d + 1, 'x' || i, ${day}, ${day} + ${daySeconds - 1}, 'complete', x'00', 'f.xml', '[]', 'none', ${perReport}, ${perReport},
        0, 0, 0, '[]', 'unverified', ${day}, ${day}, ${day} + ${daySeconds} + 3600 FROM f;
    INSERT INTO records (report, source_id, messages, disposition, dkim, spf, verdict, auth_set_id)
      ${count(perReport)}, f AS (SELECT id, domain_id - 1 AS d, (id - 1) / ${reporters * domains} AS t FROM reports)
      SELECT f.id, ${source.replaceAll(/\bs\b/g, 'n.i')}, 3, 'none', 'pass', 'pass', ${verdict.replaceAll(/\bs\b/g, 'n.i')}, ${set.replaceAll(/\bs\b/g, 'n.i')} FROM f CROSS JOIN n;
    INSERT OR IGNORE INTO daily_totals
      ${count(perReport)}, p AS (SELECT d.id - 1 AS d, y.value AS t, n.i AS s FROM domains d CROSS JOIN json_each('[${[...Array(days).keys()].join()}]') y CROSS JOIN n)
      SELECT d + 1, ${day}, ${source}, r.id, ${verdict}, 'none', 3, 0, 'direct' FROM p CROSS JOIN reporters r;
    INSERT INTO auth_days
      ${count(perReport)}, p AS (SELECT d.id - 1 AS d, y.value AS t, n.i AS s FROM domains d CROSS JOIN json_each('[${[...Array(days).keys()].join()}]') y CROSS JOIN n)
      SELECT d + 1, ${day}, ${set}, sum(3 * ${reporters}), sum(iif(s % 10 = 9, 3 * ${reporters}, 0)) FROM p GROUP BY 1, 2, 3;
    ${fillDays}
    INSERT INTO source_senders
      SELECT domain_id, source_id, 's' || (source_id % 50), 'network', '', 0, 1 FROM source_starts;
    UPDATE stored_counts SET reports = ${reports}, records = ${reports * perReport};
    INSERT INTO state VALUES ('evaluated_report_id', '${reports}'), ('first_catch_up_done_at', '1');`);
  fillSums(db);
  db.exec('COMMIT');
  for (const { sql } of [...indexes, ...triggers]) db.exec(sql);
  db.pragma('wal_checkpoint(TRUNCATE)');
  const rows = db.prepare<[], number>('SELECT count(*) FROM records').pluck().get() ?? 0;
  db.close();
  return rows;
}
