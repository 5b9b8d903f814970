import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWriter } from '../../src/store/database.js';
import type { Evidence } from '../../src/model/finding.js';
import type { Connection } from '../../src/store/database.js';
import { sumUp } from './sums.js';

/** 2026-03-10T12:00:00Z: five days after the last event day of the sample. */
export const sampleNow = Date.UTC(2026, 2, 10, 12);

/** Midnight UTC of that day of March 2026, Unix seconds. */
export function march(day: number, hour = 0): number {
  return Date.UTC(2026, 2, day, hour) / 1000;
}

/** A reporter that hopes to be shown unescaped, and has a comma. */
export const hostileReporter = 'Evil, "><script>';

export interface SampleStore {
  readonly path: string;
  /** The writing connection, for tests that add to the world. */
  readonly db: Connection;
  close(): void;
}

/**
 * Six reports of 1 to 5 March 2026, two policy domains, three source IPs, two reporters:
 *
 *   report reporter domain      day  source messages verdict   disposition
 *   1      google   example.com 1    A      10       pass_both none
 *                                    B      2        fail      none
 *   2      google   example.com 2    A      20       pass_both none
 *                                    A      5        pass_dkim none
 *   3      evil     example.com 3    B      6        fail      reject
 *                                    B      2        fail      quarantine
 *                                    A      4        pass_spf  none
 *   4      evil     example.org 4    C      7        pass_both none
 *   5      google   example.org 4-5  C      10       fail      none   (5 a day, estimated)
 *   6      google   example.com 5    no record
 */
export function sampleStore(): SampleStore {
  const folder = mkdtempSync(join(tmpdir(), 'sample-store-'));
  const path = join(folder, 'sample.db');
  const db = openWriter(path);
  db.transaction(() => fill(db))();
  return {
    path,
    db,
    close: () => {
      db.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Inserts one row; blobs and numbers as they are. */
export function insert(db: Connection, table: string, row: Readonly<Record<string, unknown>>): void {
  const names = Object.keys(row);
  db.prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map((name) => `@${name}`).join(', ')})`).run(
    row,
  );
}

function fill(db: Connection): void {
  dictionaries(db);
  ledger(db);
  reports(db);
  records(db);
  totals(db);
  sumUp(db);
  counters(db);
  finding(db);
}

function dictionaries(db: Connection): void {
  insert(db, 'reporters', { id: 1, key: 'google.com', name: 'google.com' });
  insert(db, 'reporters', { id: 2, key: hostileReporter.toLowerCase(), name: hostileReporter });
  insert(db, 'domains', { id: 1, name: 'example.com' });
  insert(db, 'domains', { id: 2, name: 'example.org' });
  insert(db, 'sources', { id: 1, ip: '198.51.100.10' });
  insert(db, 'sources', { id: 2, ip: '203.0.113.20' });
  insert(db, 'sources', { id: 3, ip: '2001:db8::30' });
  const result = (set_id: number, seq: number, row: Readonly<Record<string, string>>) =>
    insert(db, 'auth_results', { set_id, seq, ...row });
  for (const id of [1, 2, 3]) insert(db, 'auth_sets', { id, digest: Buffer.from([id]) });
  result(1, 0, { method: 'dkim', domain: 'example.com', selector: 's1', result: 'pass' });
  result(1, 1, { method: 'spf', domain: 'example.com', scope: 'mfrom', result: 'pass' });
  result(2, 0, { method: 'spf', domain: 'bounce.example.net', scope: 'mfrom', result: 'softfail' });
  result(3, 0, { method: 'dkim', domain: 'example.com', selector: 's1', result: 'fail' });
  result(3, 1, { method: 'dkim', domain: 'example.net', selector: 'x', result: 'pass' });
  result(3, 2, { method: 'spf', domain: 'example.net', result: 'fail' });
}

/** UIDs 1 to 7 of the mailbox (7 brings report 1 again), and a bounce in a directory. */
function ledger(db: Connection): void {
  const line = (id: number, processed_at: number, outcome: string, rest: object) =>
    insert(db, 'mails', {
      id,
      size: 1000 + id,
      received_at: processed_at - 60,
      processed_at,
      outcome,
      reason: '',
      ...rest,
    });
  const uid = (id: number) => ({ source: 'inbox', folder: 'INBOX', uid_validity: 9, uid: id, subject: `Report ${id}` });
  arrivals.forEach((at, i) => line(i + 1, at, 'report', uid(i + 1)));
  line(7, march(7, 6), 'duplicate', uid(7));
  line(8, march(8, 6), 'bounce', {
    source: 'dropbox',
    folder: '/var/mail/drop',
    path: '/var/mail/drop/b.eml',
    modified_at: march(8),
    problems: JSON.stringify([{ code: 'no-attachment', where: '0', detail: '' }]),
  });
}

const arrivals = [march(2, 6), march(3, 6), march(4, 6), march(5, 6), march(6, 6), march(6, 7)];

function reports(db: Connection): void {
  report(db, 1, {
    domain_id: 1,
    reporter_id: 1,
    days: [1, 1],
    records: 2,
    messages: 12,
    dkim_pass: 10,
    spf_pass: 10,
    pass: 10,
  });
  report(db, 2, {
    domain_id: 1,
    reporter_id: 1,
    days: [2, 2],
    records: 2,
    messages: 25,
    dkim_pass: 25,
    spf_pass: 20,
    pass: 25,
  });
  report(db, 3, {
    domain_id: 1,
    reporter_id: 2,
    days: [3, 3],
    records: 3,
    messages: 12,
    dkim_pass: 0,
    spf_pass: 4,
    pass: 4,
  });
  report(db, 4, {
    domain_id: 2,
    reporter_id: 2,
    days: [4, 4],
    records: 1,
    messages: 7,
    dkim_pass: 7,
    spf_pass: 7,
    pass: 7,
  });
  report(db, 5, {
    domain_id: 2,
    reporter_id: 1,
    days: [4, 5],
    records: 1,
    messages: 10,
    dkim_pass: 0,
    spf_pass: 0,
    pass: 0,
  });
  report(db, 6, {
    domain_id: 1,
    reporter_id: 1,
    days: [5, 5],
    records: 0,
    messages: 0,
    dkim_pass: 0,
    spf_pass: 0,
    pass: 0,
  });
  db.prepare("UPDATE reports SET p = 'reject', sp = 'quarantine' WHERE id = 6").run();
}

interface Given {
  readonly domain_id: number;
  readonly reporter_id: number;
  readonly days: readonly [number, number];
  readonly records: number;
  readonly messages: number;
  readonly dkim_pass: number;
  readonly spf_pass: number;
  readonly pass: number;
}

function report(db: Connection, id: number, { days: [first, last], ...given }: Given): void {
  insert(db, 'reports', {
    id,
    mail_id: id,
    ...given,
    report_id: `r-${id}`,
    begin_at: march(first),
    end_at: march(last + 1) - 1,
    state: 'complete',
    digest: Buffer.alloc(32, id),
    file: `r-${id}.xml.gz`,
    generation: 'rfc7489',
    org_name: given.reporter_id === 1 ? 'google.com' : hostileReporter,
    email: 'reports@example.net',
    errors: '[]',
    p: 'none',
    pct: 100,
    adkim: 'r',
    aspf: 'r',
    problems: id === 3 ? JSON.stringify([{ code: 'bad-value', where: 'record[1]', detail: '<b>' }]) : '[]',
    authenticity: 'unverified',
    first_day: march(first),
    last_day: march(last),
    arrived_at: arrivals[id - 1],
  });
}

function records(db: Connection): void {
  let id = 0;
  const record = (
    report: number,
    source_id: number,
    messages: number,
    rest: readonly [string, string, number, string?],
  ) => {
    const [verdict, disposition, auth_set_id, header_from = 'example.com'] = rest;
    const dkim = verdict === 'pass_both' || verdict === 'pass_dkim' ? 'pass' : 'fail';
    const spf = verdict === 'pass_both' || verdict === 'pass_spf' ? 'pass' : 'fail';
    id += 1;
    insert(db, 'records', {
      id,
      report,
      source_id,
      messages,
      verdict,
      disposition,
      dkim,
      spf,
      auth_set_id,
      header_from,
    });
  };
  record(1, 1, 10, ['pass_both', 'none', 1]);
  record(1, 2, 2, ['fail', 'none', 2]);
  record(2, 1, 20, ['pass_both', 'none', 1]);
  record(2, 1, 5, ['pass_dkim', 'none', 1]);
  record(3, 2, 6, ['fail', 'reject', 3]);
  record(3, 2, 2, ['fail', 'quarantine', 2, 'news.example.com']);
  record(3, 1, 4, ['pass_spf', 'none', 1]);
  record(4, 3, 7, ['pass_both', 'none', 1]);
  record(5, 3, 10, ['fail', 'none', 2, 'example.org']);
  insert(db, 'override_reasons', { record_id: 5, seq: 0, type: 'forwarded', comment: '"><script>' });
}

function totals(db: Connection): void {
  type Row = readonly [number, number, number, number, string, string, number, number?];
  const rows: readonly Row[] = [
    [1, 1, 1, 1, 'pass_both', 'none', 10],
    [1, 1, 2, 1, 'fail', 'none', 2],
    [1, 2, 1, 1, 'pass_both', 'none', 20],
    [1, 2, 1, 1, 'pass_dkim', 'none', 5],
    [1, 3, 2, 2, 'fail', 'reject', 6],
    [1, 3, 2, 2, 'fail', 'quarantine', 2],
    [1, 3, 1, 2, 'pass_spf', 'none', 4],
    [2, 4, 3, 2, 'pass_both', 'none', 7],
    [2, 4, 3, 1, 'fail', 'none', 5, 5],
    [2, 5, 3, 1, 'fail', 'none', 5, 5],
  ];
  for (const [domain_id, day, source_id, reporter_id, verdict, disposition, messages, estimated = 0] of rows) {
    const key = { domain_id, day: march(day), source_id, reporter_id, verdict, disposition };
    insert(db, 'daily_totals', { ...key, messages, estimated });
  }
  const sets: readonly (readonly [number, number, number, number, number])[] = [
    [1, 1, 1, 10, 0],
    [1, 1, 2, 2, 2],
    [1, 2, 1, 25, 0],
    [1, 3, 3, 6, 6],
    [1, 3, 2, 2, 2],
    [1, 3, 1, 4, 0],
    [2, 4, 1, 7, 0],
    [2, 4, 2, 5, 5],
    [2, 5, 2, 5, 5],
  ];
  for (const [domain_id, day, auth_set_id, messages, fail] of sets)
    insert(db, 'auth_days', { domain_id, day: march(day), auth_set_id, messages, fail });
}

function counters(db: Connection): void {
  const counter = (name: string, labels: object, value: number) =>
    insert(db, 'counters', { name, labels: JSON.stringify(labels), value });
  counter('dmarc_reports_stored_total', {}, 6);
  counter('dmarc_reports_duplicate_total', {}, 1);
  counter('dmarc_reports_failed_total', { reason: 'bad_xml' }, 3);
  counter('dmarc_report_records_stored_total', {}, 9);
  counter('dmarc_mail_messages_processed_total', { mailbox: 'inbox' }, 7);
  counter('dmarc_mail_messages_processed_total', { mailbox: 'dropbox' }, 1);
  counter('dmarc_mails_total', { outcome: 'report' }, 6);
  counter('dmarc_mails_total', { outcome: 'duplicate' }, 1);
  counter('dmarc_mails_total', { outcome: 'bounce' }, 1);
  for (const [result, messages] of Object.entries({ pass_both: 30, pass_dkim: 5, pass_spf: 4, fail: 10 })) {
    counter('dmarc_report_messages_total', { domain: 'example.com', result }, messages);
  }
  counter('dmarc_report_messages_total', { domain: 'example.org', result: 'pass_both' }, 7);
  counter('dmarc_report_messages_total', { domain: 'example.org', result: 'fail' }, 10);
}

function finding(db: Connection): void {
  insert(db, 'findings', {
    id: 1,
    public_id: 'al_1',
    fingerprint: 'f1',
    rule: 'known_sender_failing',
    severity: 'warning',
    status: 'open',
    domain_id: 1,
    sender: 'example.net',
    summary: 'example.net"><script>: 8 of 8 messages failed',
    evidence: JSON.stringify(sampleEvidence),
    first_day: march(3),
    last_day: march(3),
    first_arrival: march(4, 6),
    opened_at: march(4, 7),
    updated_at: march(4, 7),
    told_at: march(4, 7),
  });
  insert(db, 'finding_sources', { finding_id: 1, source_id: 2 });
  insert(db, 'state', { key: 'evaluated_report_id', value: '5' });
}

const failing = { from: '2026-03-03', to: '2026-03-05', messages: 8, failed: 8 };

export const sampleEvidence: Evidence = {
  window: failing,
  baseline: { days: 28, messages: 0, failed: 0 },
  p_value: null,
  latest: failing,
  sources: [{ ip: '203.0.113.9', messages: 8, failed: 8, first_failed: '2026-03-03', known: false }],
  source_count: 1,
  reporters: [{ name: 'google.com', messages: 8, failed: 8 }],
  reporter_count: 1,
  disposition: { none: 8, quarantine: 0, reject: 0, pass: 0, other: 0 },
  auth: {
    before: { dkim: [], spf: [] },
    after: { dkim: [{ domain: 'example.net', selector: '"s1', result: 'fail', messages: 8 }], spf: [] },
  },
  reasons: [],
  header_from: [{ domain: 'example.net', messages: 8 }],
  class: 'unauthenticated',
  class_reason: 'nothing authenticates',
  why: 'The signature <i>fails</i>.',
  next_steps: ['Look at <b>s1</b>.'],
  class_step: 7,
  handled: '',
  mechanism: 'dmarc',
  whole: true,
  title: 'example',
  route: 'now',
  late: false,
  flapping: false,
  told_as: 'alert',
  recovery: null,
};
