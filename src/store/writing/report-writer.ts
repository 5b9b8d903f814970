import type { Limits } from '../../config/limits.js';
import type { Provenance } from '../../model/part.js';
import type { Reading, RecordSink, ReportRecord, Verdict } from '../../model/report.js';
import { verdictOf, verdicts } from '../../model/report.js';
import type { Counters } from './counters.js';
import type { Connection } from '../database.js';
import type { Dictionary } from './dictionary.js';
import { eventDays } from './event-days.js';
import { fromOtherHouse, identityOf, mayBeParts, supersedes, takesRoomOf } from './identity.js';
import type { Candidate, Identity } from './identity.js';
import type { RecordRows } from './record-rows.js';
import type { ReportOrigin, ReportRows, StoredIdentity } from './report-rows.js';
import type { Totals } from './totals.js';

/** Rows kept in memory before the first is written: a duplicate of ordinary size touches no table. */
const heldRows = 200;
/** DKIM and SPF results among them: a row may bring a hundred. */
const heldResults = 1_000;

/** How one report file ended in the store. */
export interface StoredReport {
  readonly outcome: 'report' | 'partial' | 'duplicate' | 'conflict' | 'malformed';
  readonly reason: string;
  /** Null unless rows were stored. */
  readonly id: number | null;
}

export interface ReportTables {
  readonly db: Connection;
  readonly dictionary: Dictionary;
  readonly rows: RecordRows;
  readonly reports: ReportRows;
  readonly totals: Totals;
  readonly counters: Counters;
  readonly limits: Limits;
}

/** Takes the records of one report as they are read; nothing is counted until `finish`. Runs inside the mail's transaction, under a savepoint of its own. */
export class ReportWriter implements RecordSink {
  readonly #tables: ReportTables;
  readonly #origin: ReportOrigin;
  readonly #id: number;
  readonly #verdicts: Record<Verdict, number> = { pass_both: 0, pass_dkim: 0, pass_spf: 0, fail: 0 };
  readonly #replaced: StoredIdentity[] = [];
  #held: ReportRecord[] = [];
  #heldResults = 0;
  #headerFrom: string | null = null;
  /** A row that names no header_from. */
  #nameless = false;

  /** `id`: the store's row, not in use. */
  constructor(tables: ReportTables, origin: ReportOrigin, id = tables.reports.nextId()) {
    this.#tables = tables;
    this.#origin = origin;
    this.#id = id;
    tables.db.exec('SAVEPOINT report');
  }

  record(record: ReportRecord): void {
    this.#headerFrom ??= record.headerFrom;
    this.#nameless ||= (record.headerFrom ?? '') === '';
    this.#verdicts[verdictOf(record)] += record.count;
    this.#held.push(record);
    this.#heldResults += record.auth.dkim.length + record.auth.spf.length;
    if (this.#held.length >= heldRows || this.#heldResults >= heldResults) this.#spill();
  }

  /** Decides what the report is beside those already stored, and keeps or drops its rows. */
  finish(reading: Reading, provenance: Provenance): StoredReport {
    const stored = this.#decide(reading, provenance);
    if (stored.id === null) this.#undo();
    this.#tables.db.exec('RELEASE report');
    if (stored.outcome === 'duplicate') this.#tables.counters.add('dmarc_reports_duplicate_total', {}, 1);
    if (stored.outcome === 'conflict')
      this.#tables.counters.add('dmarc_reports_failed_total', { reason: 'conflict' }, 1);
    return stored;
  }

  /** Drops everything: the file was no report after all, or reading it failed. */
  abandon(): void {
    this.#undo();
    if (this.#tables.db.inTransaction) this.#tables.db.exec('RELEASE report');
  }

  #undo(): void {
    // A full disk has ended the whole transaction, savepoints and all.
    if (this.#tables.db.inTransaction) this.#tables.db.exec('ROLLBACK TO report');
    this.#tables.dictionary.forget();
  }

  #spill(): void {
    this.#tables.rows.insert(this.#id, this.#held);
    this.#held = [];
    this.#heldResults = 0;
  }

  #decide(reading: Reading, provenance: Provenance): StoredReport {
    const header = reading.header;
    const identity = header && identityOf(header, this.#headerFrom, reading.digest);
    if (!identity) return dropped('malformed', 'the report names no policy domain');
    const stored = this.#tables.reports.sameIdentity(identity);
    const digest = Buffer.from(reading.digest, 'hex');
    const arriving = candidateOf(reading, provenance);
    const twin = stored.find((each) => each.digest.equals(digest));
    if (twin && !supersedes(arriving, twin))
      return dropped('duplicate', `the same file is stored as report ${twin.id}`);
    const rivals = stored.filter((each) => takesRoomOf(arriving, each));
    if (!twin && rivals.length >= this.#tables.limits.reportParts)
      return dropped('conflict', tooManyParts(rivals.length));
    this.#spill();
    for (const other of stored) {
      const verdict = this.#beside(other, reading, arriving);
      if (verdict) return verdict;
    }
    const foreign = this.#keep(identity, reading, provenance);
    const reasons = [reading.reason, foreign ? notOurs(identity.domain) : ''].filter((reason) => reason !== '');
    return { outcome: reading.outcome === 'partial' ? 'partial' : 'report', reason: reasons.join('; '), id: this.#id };
  }

  /** Null when the arriving report is to be kept (the other one is a different part of it, or gives way). */
  #beside(other: StoredIdentity, reading: Reading, arriving: Candidate): StoredReport | null {
    const { rows, reports, totals, dictionary } = this.#tables;
    if (rows.equal(this.#id, other.id)) {
      const better = supersedes(arriving, { ...other, messages: reading.totals.messages });
      if (!better) return dropped('duplicate', `report ${other.id} says the same`);
    } else if (fromOtherHouse(arriving, other)) {
      return null;
    } else if (mayBeParts(arriving, other) && !rows.share(this.#id, other.id)) {
      return null;
    } else if (!supersedes(arriving, other)) {
      return this.#yielded(other, reading);
    }
    this.#replaced.push(other);
    if (!dictionary.isForeign(other.booked.domain_id)) totals.remove(other.booked);
    rows.remove(other.id);
    reports.remove(other.id);
    return null;
  }

  #yielded(other: StoredIdentity, reading: Reading): StoredReport {
    if (reading.outcome === 'partial') return dropped('duplicate', `report ${other.id} holds more of this report`);
    return dropped(
      'conflict',
      `report ${other.id} has the same reporter, id, policy domain and period but other rows; ` +
        `it holds ${other.messages} messages, this one ${reading.totals.messages}, so that one stays`,
    );
  }

  /** Whether the report is of a policy domain that is none of ours: it is kept apart, and adds to no total. */
  #keep(identity: Identity, reading: Reading, provenance: Provenance): boolean {
    const { dictionary, reports, rows, totals, limits } = this.#tables;
    if (this.#nameless) rows.settle(this.#id, identity.domain);
    const times = reading.header ?? { begin: null, end: null };
    const days = eventDays(times, this.#origin.arrivedAt, reading.totals.records, limits);
    const booked = reports.insert({
      id: this.#id,
      origin: this.#origin,
      provenance,
      identity,
      reading,
      days,
      replaced: this.#replaced,
      reporterId: dictionary.reporter(identity.reporterKey, identity.reporterName),
      domainId: dictionary.domain(identity.domain),
    });
    this.#tables.counters.add('dmarc_reports_by_authenticity_total', { authenticity: provenance.authenticity }, 1);
    const foreign = dictionary.isForeign(booked.domain_id);
    if (foreign) this.#tables.counters.add('dmarc_reports_foreign_total', {}, 1);
    else {
      totals.add(booked);
      this.#count(identity.domain, reading);
    }
    return foreign;
  }

  /** Counters never fall, so a report that takes another's place moves them by what it brings more. */
  #count(domain: string, { totals }: Reading): void {
    const { counters } = this.#tables;
    const before = this.#replaced;
    const rows = before.reduce((sum, each) => sum + each.records, 0);
    counters.add('dmarc_reports_stored_total', {}, before.length === 0 ? 1 : 0);
    counters.add('dmarc_report_records_stored_total', {}, Math.max(0, totals.records - rows));
    for (const result of verdicts) {
      const messages = before.reduce((sum, each) => sum + each.verdicts[result], 0);
      counters.add('dmarc_report_messages_total', { domain, result }, Math.max(0, this.#verdicts[result] - messages));
    }
  }
}

function candidateOf(reading: Reading, provenance: Provenance): Candidate {
  const state = reading.outcome === 'partial' ? 'partial' : 'complete';
  return { state, records: reading.totals.records, messages: reading.totals.messages, provenance };
}

function notOurs(domain: string): string {
  return `${domain} is not among the configured domains, so its reports are kept apart`;
}

function tooManyParts(parts: number): string {
  return `${parts} reports of the same reporter, id, policy domain and period are stored as parts of each other; no more are taken`;
}

function dropped(outcome: StoredReport['outcome'], reason: string): StoredReport {
  return { outcome, reason, id: null };
}
