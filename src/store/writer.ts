import { createHash } from 'node:crypto';
import { codeOf } from '../base/failure.js';
import { limits as standardLimits } from '../config/limits.js';
import type { Limits } from '../config/limits.js';
import type { MailOutcome, MailOutcomeKind } from '../model/outcome.js';
import type { RawMail } from '../model/raw-mail.js';
import { Counters } from './counters.js';
import { openWriter } from './database.js';
import type { Connection } from './database.js';
import { Dictionary } from './dictionary.js';
import { settleDomains } from './own-domains.js';
import { Ledger } from './ledger.js';
import type { MailFacts } from './ledger.js';
import { RecordRows } from './record-rows.js';
import { ReportRows } from './report-rows.js';
import { ReportWriter } from './report-writer.js';
import type { ReportTables } from './report-writer.js';
import { Totals } from './totals.js';

/** A mail on its way into the store. */
export interface MailEntry {
  /** Begins a report that this mail brought; one at a time. */
  report(file: string): ReportWriter;
}

/** The only door to the writing connection. One in a process; calls wait for each other. */
export class StoreWriter {
  /** For the rooms of this house that keep their own tables: findings, outbox. */
  readonly db: Connection;
  readonly #tables: ReportTables;
  readonly #ledger: Ledger;
  #last: Promise<unknown> = Promise.resolve();

  /** `ours`: our policy domains, none: every domain is ours. Left out: stored domains stay what they are. */
  constructor(path: string, limits: Limits = standardLimits, ours?: readonly string[]) {
    this.db = openWriter(path);
    const dictionary = new Dictionary(this.db, ours);
    this.#tables = {
      db: this.db,
      dictionary,
      rows: new RecordRows(this.db, dictionary),
      reports: new ReportRows(this.db),
      totals: new Totals(this.db),
      counters: new Counters(this.db),
      limits,
    };
    this.#ledger = new Ledger(this.db);
    if (ours) settleDomains(this.db, this.#tables.totals, ours);
  }

  /** Runs `work` while nobody else uses the connection. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** One transaction over a batch of mails: all of it is durable when this resolves, none of it when it rejects. */
  batch<T>(work: () => Promise<T>): Promise<T> {
    return this.exclusive(async () => {
      this.db.exec('BEGIN IMMEDIATE');
      try {
        const result = await work();
        this.db.exec('COMMIT');
        return result;
      } catch (error) {
        if (this.db.inTransaction) this.db.exec('ROLLBACK');
        this.#tables.dictionary.forget();
        // What the log of a failed transaction took is what the next one may lack.
        if (codeOf(error) === 'SQLITE_FULL') this.db.pragma('wal_checkpoint(TRUNCATE)');
        throw error;
      }
    });
  }

  /**
   * One mail within a batch: its ledger line, its reports and the counters, or the line alone when `work` throws what `survivable` admits.
   * A mail whose line is there already is not read again. `now` in Unix seconds.
   */
  async mail(
    raw: RawMail,
    now: number,
    work: (entry: MailEntry) => Promise<MailFacts>,
    survivable: (error: unknown) => MailFacts | null,
  ): Promise<MailOutcome> {
    const known = this.#ledger.find(raw);
    if (known) return { outcome: known.outcome, reason: known.reason, reportIds: [] };
    const id = this.#ledger.open(raw, digestOf(raw), now);
    this.db.exec('SAVEPOINT mail');
    const facts = await this.#attempt(() => work(this.#entry(id, now)), survivable);
    this.db.exec('RELEASE mail');
    this.#ledger.settle(id, facts);
    this.#count(raw.origin.source, facts.outcome.outcome);
    return facts.outcome;
  }

  close(): Promise<void> {
    return this.exclusive(() => {
      this.db.close();
      return Promise.resolve();
    });
  }

  async #attempt(work: () => Promise<MailFacts>, survivable: (error: unknown) => MailFacts | null): Promise<MailFacts> {
    try {
      return await work();
    } catch (error) {
      const facts = survivable(error);
      if (!facts) throw error;
      this.db.exec('ROLLBACK TO mail');
      this.#tables.dictionary.forget();
      return facts;
    }
  }

  #entry(mailId: number, now: number): MailEntry {
    return {
      report: (file) => new ReportWriter(this.#tables, { mailId, file, arrivedAt: now }),
    };
  }

  #count(mailbox: string, outcome: MailOutcomeKind): void {
    const { counters } = this.#tables;
    counters.add('dmarc_mail_messages_processed_total', { mailbox }, 1);
    counters.add('dmarc_mails_total', { outcome }, 1);
    const reason = failureReason(outcome);
    if (reason) counters.add('dmarc_reports_failed_total', { reason }, 1);
  }
}

function digestOf({ content }: RawMail): Buffer | null {
  return content?.kind === 'bytes' ? createHash('sha256').update(content.bytes).digest() : null;
}

function failureReason(outcome: MailOutcomeKind): string | null {
  switch (outcome) {
    case 'malformed':
    case 'partial':
      return 'bad_xml';
    case 'oversized':
      return 'limit';
    case 'unsupported':
      return 'unsupported';
    case 'failed':
      return 'other';
    default:
      return null;
  }
}
