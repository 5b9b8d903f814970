import { verdictOf } from '../../model/report.js';
import type { ReportRecord } from '../../model/report.js';
import { BulkInsert } from './bulk-insert.js';
import type { Value } from './bulk-insert.js';
import type { Connection } from '../database.js';
import type { Dictionary } from './dictionary.js';
import { traitOf } from './trait.js';
import { settleTraits } from './trait-fill.js';

/** What makes two rows the same row; a corrected count does not make another one. */
const columns = 'source_id, disposition, verdict, header_from, envelope_from, envelope_to, auth_set_id';
const grouped = `SELECT ${columns}, sum(messages) FROM records WHERE report = ? GROUP BY ${columns}`;

const written = [
  'id', 'report', 'source_id', 'messages', 'disposition', 'dkim', 'spf', 'verdict',
  'header_from', 'envelope_from', 'envelope_to', 'auth_set_id', 'trait',
] as const; // prettier-ignore

/** Writes and compares the per-IP rows of a report. */
export class RecordRows {
  readonly #dictionary: Dictionary;
  readonly #highest;
  readonly #insert;
  readonly #insertReason;
  readonly #shared;
  readonly #missing;
  readonly #deleteReasons;
  readonly #delete;
  readonly #settle;

  constructor(db: Connection, dictionary: Dictionary) {
    this.#dictionary = dictionary;
    this.#highest = db.prepare<[], number>('SELECT coalesce(max(id), 0) FROM records').pluck();
    this.#insert = new BulkInsert(db, 'records', written);
    this.#insertReason = new BulkInsert(db, 'override_reasons', ['record_id', 'seq', 'type', 'comment']);
    this.#shared = db.prepare<[number, number], object>(
      `SELECT 1 FROM records a
       JOIN records b ON b.source_id = a.source_id AND b.report = ?
         AND b.verdict = a.verdict AND b.auth_set_id = a.auth_set_id AND b.disposition IS a.disposition
         AND b.header_from IS a.header_from AND b.envelope_from IS a.envelope_from AND b.envelope_to IS a.envelope_to
       WHERE a.report = ? LIMIT 1`,
    );
    this.#missing = db.prepare<[number, number], object>(`SELECT * FROM (${grouped} EXCEPT ${grouped}) LIMIT 1`);
    this.#deleteReasons = db.prepare<[number]>(
      'DELETE FROM override_reasons WHERE record_id IN (SELECT id FROM records WHERE report = ?)',
    );
    this.#delete = db.prepare<[number]>('DELETE FROM records WHERE report = ?');
    this.#settle = settleTraits(db);
  }

  insert(report: number, records: readonly ReportRecord[]): void {
    this.#dictionary.expectSources(records.map(({ sourceIp }) => sourceIp));
    const first = (this.#highest.get() ?? 0) + 1;
    const values: Value[] = [];
    for (const [i, record] of records.entries()) {
      values.push(
        first + i,
        report,
        this.#dictionary.source(record.sourceIp),
        record.count,
        record.disposition,
        record.dkim,
        record.spf,
        verdictOf(record),
        record.headerFrom,
        record.envelopeFrom,
        record.envelopeTo,
        this.#dictionary.authSet(record.auth),
        traitOf(record, null),
      );
    }
    this.#insert.run(values);
    this.#insertReasons(first, records);
  }

  #insertReasons(first: number, records: readonly ReportRecord[]): void {
    const values: Value[] = [];
    for (const [i, { reasons }] of records.entries())
      for (const [seq, { type, comment }] of reasons.entries()) values.push(first + i, seq, type, comment);
    this.#insertReason.run(values);
  }

  /** Judges the rows without header_from, now that the policy domain is known. */
  settle(report: number, domain: string): void {
    this.#settle(report, domain);
  }

  /** Whether the two reports have a row in common. */
  share(a: number, b: number): boolean {
    return this.#shared.get(b, a) !== undefined;
  }

  /** Whether the two reports say the same, whatever the order and the white space of their XML. */
  equal(a: number, b: number): boolean {
    return this.#missing.get(a, b) === undefined && this.#missing.get(b, a) === undefined;
  }

  remove(report: number): void {
    this.#deleteReasons.run(report);
    this.#delete.run(report);
  }
}
