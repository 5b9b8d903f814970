import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { daySeconds } from '../src/base/clock.js';
import type { Clock } from '../src/base/clock.js';
import { openDomains, openFindings, openHistory, openSenders, openTellings } from '../src/store/store.js';
import { openWriter } from '../src/store/database.js';
import type { Connection } from '../src/store/database.js';
import { evaluate } from '../src/watch.js';
import { median } from './measure.js';

/**
 * `tsx bench/evaluation.ts [days...]`: what one evaluation takes after a batch, in a store of 200 domains with 25 senders each that
 * send every day, by the number of days stored (40 and 400 unless named). Three reporters; each reports a third of the senders.
 */
const stored = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [40, 400];
const sizes = { domains: 200, senders: 25, reporters: 3 };
const firstDay = Date.UTC(2025, 0, 1) / 1000;
/** Senders of a bad report that fail, and that lose SPF. */
const bad = { failing: 5, withoutSpf: 5 };
/** A usual poll. */
const usual = { domains: 20, reports: 50, badReports: 10 };

function dayAt(day: number): number {
  return firstDay + day * daySeconds;
}

/** Every sender signs for the domain and for itself, and bounces to itself. */
function fillNames(db: Connection): void {
  db.prepare(
    "INSERT INTO mails (source, folder, size, processed_at, outcome, reason) VALUES ('t', 't', 1, 1, 'report', '')",
  ).run();
  for (let id = 1; id <= sizes.reporters; id++)
    db.prepare('INSERT INTO reporters (id, key, name) VALUES (?, ?, ?)').run(id, `r${id}.example`, `r${id}.example`);
  for (let id = 1; id <= sizes.domains; id++)
    db.prepare('INSERT INTO domains (id, name) VALUES (?, ?)').run(id, `d${id}.example`);
  const result = db.prepare('INSERT INTO auth_results VALUES (?, ?, ?, ?, ?, NULL, ?, NULL)');
  for (let id = 1; id <= sizes.domains * sizes.senders; id++) {
    db.prepare('INSERT INTO sources (id, ip) VALUES (?, ?)').run(id, `2001:db8:${id.toString(16)}::1`);
    db.prepare('INSERT INTO auth_sets (id, digest) VALUES (?, ?)').run(id, Buffer.from(`set ${id}`));
    const domain = `d${Math.ceil(id / sizes.senders)}.example`;
    result.run(id, 0, 'dkim', domain, 's1', 'pass');
    result.run(id, 1, 'dkim', `s${id}.example`, 's1', 'pass');
    result.run(id, 2, 'spf', `s${id}.example`, null, 'pass');
  }
}

/** The bulk, table by table. One in twenty rows has a failing one beside it: no sender is perfect. */
function fillDays(db: Connection, days: number): void {
  db.exec('CREATE TEMP TABLE d (day INTEGER PRIMARY KEY)');
  for (let day = 0; day < days; day++) db.prepare('INSERT INTO d VALUES (?)').run(day);
  db.prepare(
    `INSERT INTO reports (mail_id, reporter_id, domain_id, report_id, begin_at, end_at, state, digest, file, errors, p,
       records, messages, dkim_pass, spf_pass, pass, problems, authenticity, first_day, last_day, arrived_at)
     SELECT 1, r.id, o.id, d.day, @first + d.day * 86400, @first + d.day * 86400 + 86399, 'complete', x'00', 'f', '[]', 'none',
       8, 160, 160, 160, 160, '[]', 'verified', @first + d.day * 86400, @first + d.day * 86400, @first + d.day * 86400 + 90000
     FROM d CROSS JOIN domains o CROSS JOIN reporters r ORDER BY d.day, o.id, r.id`,
  ).run({ first: firstDay });
  db.exec(
    `INSERT INTO records (report, source_id, messages, disposition, verdict, header_from, auth_set_id, trait)
     SELECT r.id, s.id, iif(v.bad, 1, 20), 'none', iif(v.bad, 'fail', 'pass_both'), 'x', s.id, iif(v.bad, 'nothing', 'direct')
     FROM reports r CROSS JOIN sources s CROSS JOIN (SELECT 0 AS bad UNION ALL SELECT 1) v
     WHERE s.id BETWEEN (r.domain_id - 1) * ${sizes.senders} + 1 AND r.domain_id * ${sizes.senders}
       AND (s.id + r.report_id) % ${sizes.reporters} + 1 = r.reporter_id AND (NOT v.bad OR (s.id + r.report_id) % 20 = 0);
     INSERT INTO daily_totals (domain_id, day, source_id, reporter_id, verdict, disposition, trait, messages, estimated)
     SELECT r.domain_id, r.first_day, c.source_id, r.reporter_id, c.verdict, c.disposition, c.trait, c.messages, 0
     FROM reports r JOIN records c ON c.report = r.id
     ORDER BY r.domain_id, r.first_day, c.source_id, r.reporter_id, c.verdict, c.disposition, c.trait`,
  );
}

function openBatches(db: Connection) {
  const report = db.prepare(
    `INSERT INTO reports (mail_id, reporter_id, domain_id, report_id, begin_at, end_at, state, digest, file, errors, p, records,
       messages, dkim_pass, spf_pass, pass, problems, authenticity, first_day, last_day, arrived_at)
     VALUES (1, ?, ?, 'r', 0, 0, 'complete', x'00', 'f', '[]', 'none', 8, 160, 160, 160, 160, '[]', 'verified', ?, ?, ?)`,
  );
  const record = db.prepare(
    `INSERT INTO records (report, source_id, messages, disposition, verdict, header_from, auth_set_id, trait)
     VALUES (?, ?, 20, 'none', ?, 'x', ?, ?)`,
  );
  const total = db.prepare(
    `INSERT INTO daily_totals (domain_id, day, source_id, reporter_id, verdict, disposition, trait, messages, estimated)
     VALUES (?, ?, ?, ?, ?, 'none', ?, 20, 0) ON CONFLICT DO UPDATE SET messages = messages + excluded.messages`,
  );
  return (domain: number, reporter: number, day: number, { senders, isBad }: { senders: number; isBad: boolean }) => {
    const at = dayAt(day);
    const id = report.run(reporter, domain, at, at, at + 90_000).lastInsertRowid;
    for (let i = 0; i < senders; i++) {
      const source = (domain - 1) * sizes.senders + ((i + reporter * 8) % sizes.senders) + 1;
      const verdict = verdictOf(isBad ? i : Infinity);
      const trait = verdict === 'fail' ? 'nothing' : 'direct';
      record.run(id, source, verdict, source, trait);
      total.run(domain, at, source, reporter, verdict, trait);
    }
  };
}

function verdictOf(place: number): string {
  if (place < bad.failing) return 'fail';
  return place < bad.failing + bad.withoutSpf ? 'pass_dkim' : 'pass_both';
}

interface Figures {
  readonly name: string;
  readonly wallMs: readonly number[];
  readonly cpuMs: readonly number[];
  readonly opened: number;
}

async function run(path: string, days: number): Promise<readonly Figures[]> {
  const db = openWriter(path, { scratch: true });
  db.exec('BEGIN');
  fillNames(db);
  fillDays(db, days);
  db.exec('COMMIT');
  const rows = db.prepare<[], number>('SELECT count(*) FROM records').pluck().get() ?? 0;
  console.log(`${days} days, ${rows} records`);
  const newest = db.prepare<[], number>('SELECT max(id) FROM reports').pluck().get() ?? 0;
  const state = db.prepare('INSERT INTO state (key, value) VALUES (?, ?)');
  state.run('evaluated_report_id', String(newest));
  state.run('first_catch_up_done_at', '1');
  let now = dayAt(days) * 1000;
  const clock: Clock = { now: () => now, sleep: () => Promise.resolve() };
  const ports = {
    history: openHistory(db),
    findings: openFindings(db),
    senders: openSenders(db),
    tellings: openTellings(db),
    domains: openDomains(db),
  };
  const settings = { domains: [], publicUrl: 'https://rua.example.org', channels: [], digestAt: '08:00' };
  const put = openBatches(db);
  const evaluations = async (name: string, times: number, fill: (round: number) => void): Promise<Figures> => {
    const [wallMs, cpuMs]: [number[], number[]] = [[], []];
    let opened = 0;
    for (let round = 0; round < times; round++) {
      db.transaction(fill)(round);
      const [wall, cpu] = [performance.now(), process.cpuUsage()];
      opened += (await evaluate({ ...ports, clock, settings })).opened;
      wallMs.push(performance.now() - wall);
      const { user, system } = process.cpuUsage(cpu);
      cpuMs.push((user + system) / 1000);
      now += 60_000;
    }
    return { name, wallMs, cpuMs, opened };
  };
  const poll = (day: number) => (round: number) => {
    for (let i = 0; i < usual.reports; i++) {
      const domain = ((round * usual.domains + (i % usual.domains)) % sizes.domains) + 1;
      put(domain, Math.floor(i / usual.domains) + 1, day, { senders: 8, isBad: i < usual.badReports });
    }
  };
  const all = (day: number, isBad: boolean) => () => {
    for (let domain = 1; domain <= sizes.domains; domain++) put(domain, 1, day, { senders: sizes.senders, isBad });
  };
  const polls = sizes.domains / usual.domains;
  const figures = [await evaluations('first polls', polls, poll(days))];
  now = dayAt(days + 1) * 1000 + 90_000_000;
  figures.push(await evaluations('usual poll', polls, poll(days + 1)));
  now = dayAt(days + 2) * 1000 + 90_000_000;
  figures.push(await evaluations('all domains break', 1, all(days + 2, true)));
  figures.push(await evaluations('the hourly look', 3, () => undefined));
  now = dayAt(days + 3) * 1000 + 90_000_000;
  figures.push(await evaluations('they go on', 1, all(days + 3, true)));
  db.close();
  return figures;
}

const folder = mkdtempSync(join(tmpdir(), 'ruawatch-evaluation-bench-'));
try {
  for (const days of stored) {
    const figures = await run(join(folder, `${days}.db`), days);
    console.log('                     wall ms: median    worst   cpu ms: median    worst   opened');
    for (const { name, wallMs, cpuMs, opened } of figures) {
      const cells = [median(wallMs), Math.max(...wallMs), median(cpuMs), Math.max(...cpuMs)].map((each) =>
        each.toFixed(0),
      );
      const [wall = '', worst = '', cpu = '', worstCpu = ''] = cells;
      console.log(
        `${name.padEnd(20)}${wall.padStart(16)}${worst.padStart(9)}${cpu.padStart(17)}${worstCpu.padStart(9)}${String(opened).padStart(9)}`,
      );
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
