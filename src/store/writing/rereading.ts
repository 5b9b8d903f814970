import type { MailOutcomeKind } from '../../model/outcome.js';
import type { Authenticity, ProofMeans, Provenance } from '../../model/part.js';
import { verdicts } from '../../model/report.js';
import { failureReason } from './counters.js';
import type { CounterMoves } from './counters.js';
import type { Connection } from '../database.js';
import type { StoredIdentity } from './report-rows.js';
import type { ReportTables } from './report-writer.js';

/** A ledger line that is read again. Times in Unix seconds. */
export interface RereadLine {
  readonly id: number;
  readonly source: string;
  readonly outcome: MailOutcomeKind;
  readonly processedAt: number;
}

/** What an earlier reading of a mail had stored and is taken back. */
export interface Earlier {
  /** Store ids that are free again, ascending. */
  readonly ids: readonly number[];
  /** What its mail was shown to come from; null when nothing was shown. */
  readonly provenance: Provenance | null;
  /** By how much the earlier reading had moved the counters. */
  readonly moves: CounterMoves;
}

interface ShownRow {
  readonly authenticity: Authenticity;
  readonly proven_domain: string | null;
  readonly proven_by: ProofMeans | null;
}

/** Takes the reports of a mail out of the store again, inside the transaction that stores its new reading. */
export class Rereading {
  readonly #tables: ReportTables;
  readonly #newest;
  readonly #evaluated;
  readonly #pass;
  readonly #shown;

  constructor(db: Connection, tables: ReportTables) {
    this.#tables = tables;
    this.#shown = db.prepare<[number], ShownRow>(
      'SELECT authenticity, proven_domain, proven_by FROM mails WHERE id = ? AND authenticity IS NOT NULL',
    );
    this.#newest = db.prepare<[], number | null>('SELECT max(id) FROM reports').pluck();
    this.#evaluated = db
      .prepare<[], number>("SELECT CAST(value AS INTEGER) FROM state WHERE key = 'evaluated_report_id'")
      .pluck();
    this.#pass = db.prepare<[string]>("UPDATE state SET value = ? WHERE key = 'evaluated_report_id'");
  }

  takeBack(line: RereadLine): Earlier {
    const { reports, rows, totals, dictionary } = this.#tables;
    const isForeign = ({ booked }: StoredIdentity): boolean => dictionary.isForeign(booked.domain_id);
    const moves: CounterMoves = new Map();
    const move = (name: string, labels: Readonly<Record<string, string>>, value: number): void => {
      const key = JSON.stringify([name, labels]);
      moves.set(key, (moves.get(key) ?? 0) + value);
    };
    // A mail that is read again has not arrived again.
    for (const [name, labels] of arrivals(line)) move(name, labels, Infinity);
    move('dmarc_mails_total', { outcome: line.outcome }, 1);
    const reason = failureReason(line.outcome);
    if (reason) move('dmarc_reports_failed_total', { reason }, 1);
    const stored = reports.ofMail(line.id);
    for (const { report, domain } of stored) {
      for (const [name, labels, value] of countsOf(report, domain, isForeign(report))) move(name, labels, value);
      if (!isForeign(report)) totals.remove(report.booked);
      rows.remove(report.id);
      reports.remove(report.id);
    }
    return { ids: stored.map(({ report }) => report.id), provenance: this.#shownBy(line.id), moves };
  }

  #shownBy(mailId: number): Provenance | null {
    const shown = this.#shown.get(mailId);
    if (!shown) return null;
    const { authenticity, proven_domain: domain, proven_by: by } = shown;
    return { authenticity, proof: domain === null || by === null ? null : { domain, by } };
  }

  /** Whether the watch has looked at every report. */
  allJudged(): boolean {
    const evaluated = this.#evaluated.get();
    return evaluated !== undefined && evaluated >= (this.#newest.get() ?? 0);
  }

  /** Keeps the watch from taking the newest reports for news. */
  passOver(): void {
    this.#pass.run(String(this.#newest.get() ?? 0));
  }
}

type Move = [name: string, labels: Readonly<Record<string, string>>, value: number];

function countsOf(
  { provenance, records, verdicts: messages }: StoredIdentity,
  domain: string,
  foreign: boolean,
): Move[] {
  const { authenticity } = provenance;
  const kept: Move = ['dmarc_reports_by_authenticity_total', { authenticity }, 1];
  if (foreign) return [kept, ['dmarc_reports_foreign_total', {}, 1]];
  return [
    kept,
    ['dmarc_reports_stored_total', {}, 1],
    ['dmarc_report_records_stored_total', {}, records],
    ...verdicts.map((result): Move => ['dmarc_report_messages_total', { domain, result }, messages[result]]),
  ];
}

function arrivals({ source }: RereadLine): [string, Readonly<Record<string, string>>][] {
  return [
    ['dmarc_mail_messages_processed_total', { mailbox: source }],
    ['dmarc_reports_duplicate_total', {}],
    ['dmarc_reports_failed_total', { reason: 'conflict' }],
  ];
}
