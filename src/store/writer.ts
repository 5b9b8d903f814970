import { codeOf } from '../base/failure.js';
import { limits as standardLimits } from '../config/limits.js';
import type { Limits } from '../config/limits.js';
import type { MailOutcome, MailOutcomeKind } from '../model/outcome.js';
import type { Provenance } from '../model/part.js';
import type { RawMail } from '../model/raw-mail.js';
import { Counters, failureReason } from './writing/counters.js';
import { leaveOutPages, openWriter } from './database.js';
import type { Connection } from './database.js';
import { beginEpoch } from './epoch.js';
import { keptFindings } from './watching/kept-findings.js';
import { Dictionary } from './writing/dictionary.js';
import { settleDomains } from './writing/own-domains.js';
import { Ledger } from './writing/ledger.js';
import type { MailFacts } from './writing/ledger.js';
import { Originals } from './writing/originals.js';
import type { OriginalsPolicy } from './writing/originals.js';
import { RecordRows } from './writing/record-rows.js';
import { ReportRows } from './writing/report-rows.js';
import { ReportWriter } from './writing/report-writer.js';
import type { ReportTables } from './writing/report-writer.js';
import { Rereading } from './writing/rereading.js';
import type { Earlier, RereadLine } from './writing/rereading.js';
import { Totals } from './writing/totals.js';

/** A mail on its way into the store. */
export interface MailEntry {
  /** What an earlier reading had shown of the mail's origin; null when nothing. */
  readonly earlier: Provenance | null;
  /** Begins a report that this mail brought; one at a time. */
  report(file: string): ReportWriter;
}

export interface StoreWriterOptions {
  readonly originals?: OriginalsPolicy;
  readonly limits?: Limits;
  /** Our policy domains, none: every domain is ours. Left out: stored domains stay what they are. */
  readonly ours?: readonly string[];
  /** The store is thrown away in the end: nothing waits for the disk. */
  readonly scratch?: boolean;
  /** Nobody but the watch reads the store: what only the pages ask for is left out, and others see what is written when it is closed. */
  readonly bare?: boolean;
}

/** Batches of a bare store that share a transaction; past some hundred nothing is gained. */
const batchesTogether = 200;

const noOriginals: OriginalsPolicy = { days: 0, bytes: 0 };
const nothingEarlier = { ids: [], provenance: null };

/** The only door to the writing connection. One in a process; calls wait for each other. */
export class StoreWriter {
  /** For the rooms of this house that keep their own tables: findings, outbox. */
  readonly db: Connection;
  readonly #tables: ReportTables;
  readonly #ledger: Ledger;
  readonly #originals: Originals;
  readonly #rereading: Rereading;
  readonly #tidied;
  readonly #changes;
  readonly #bare: boolean;
  /** Batches in the transaction of a bare store. */
  #held = 0;
  #isTentative = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string, options: StoreWriterOptions = {}) {
    const { originals = noOriginals, limits = standardLimits, ours, scratch = false, bare = false } = options;
    this.db = openWriter(path, { scratch });
    if (bare) leaveOutPages(this.db);
    this.#bare = bare;
    const dictionary = new Dictionary(this.db, ours);
    this.#tables = {
      db: this.db,
      dictionary,
      rows: new RecordRows(this.db, dictionary),
      reports: new ReportRows(this.db),
      totals: new Totals(this.db, bare ? ['daily_totals'] : undefined),
      counters: new Counters(this.db),
      limits,
    };
    this.#ledger = new Ledger(this.db);
    this.#originals = new Originals(this.db, originals, limits);
    this.#rereading = new Rereading(this.db, this.#tables);
    this.#tidied = this.db.prepare<[string]>(
      "INSERT INTO state VALUES ('tidied_at', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    );
    this.#changes = this.db.prepare<[], number>('SELECT total_changes()').pluck();
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
      this.#begin();
      try {
        const result = await work();
        this.#commit();
        return result;
      } catch (error) {
        this.#takeBack();
        this.#tables.dictionary.forget();
        this.#originals.forget();
        // What the log of a failed transaction took is what the next one may lack.
        if (codeOf(error) === 'SQLITE_FULL' && !this.db.inTransaction) this.db.pragma('wal_checkpoint(TRUNCATE)');
        throw error;
      }
    });
  }

  /** Runs `work`, takes back what it wrote, and gives what it came to. `work` adds no reports. */
  trial<T>(work: () => Promise<T>): Promise<T> {
    return this.exclusive(async () => {
      this.#begin();
      const before = this.#changes.get();
      try {
        return await work();
      } finally {
        const isWritten = this.#changes.get() !== before;
        this.#takeBack();
        if (isWritten) keptFindings(this.db).clear();
      }
    });
  }

  /**
   * Runs `work`, which stores batches and writes what follows from them, and takes all of it back unless `work` comes to true.
   * Of a bare store alone, and for its only user: what others do meanwhile would be taken back with it.
   */
  async tentative(work: () => Promise<boolean>): Promise<boolean> {
    if (!this.#bare) throw new Error('only a bare store holds batches back: what any other stored is durable');
    if (!this.db.inTransaction) this.db.exec('BEGIN IMMEDIATE');
    this.db.exec('SAVEPOINT tentative');
    this.#isTentative = true;
    let isKept = false;
    try {
      isKept = await work();
      return isKept;
    } finally {
      this.#isTentative = false;
      if (isKept) this.db.exec('RELEASE tentative');
      else this.#forgetTentative();
    }
  }

  #forgetTentative(): void {
    if (this.db.inTransaction) this.db.exec('ROLLBACK TO tentative; RELEASE tentative');
    this.#tables.dictionary.forget();
    this.#originals.forget();
    beginEpoch(this.db);
  }

  #begin(): void {
    if (!this.db.inTransaction) this.db.exec('BEGIN IMMEDIATE');
    if (this.#bare) this.db.exec('SAVEPOINT batch');
  }

  #commit(): void {
    if (this.#bare) this.db.exec('RELEASE batch');
    this.#held += 1;
    if (this.#isTentative || (this.#bare && this.#held < batchesTogether)) return;
    this.db.exec('COMMIT');
    this.#held = 0;
  }

  #takeBack(): void {
    // A full disk has ended the whole transaction, savepoints and all.
    if (!this.db.inTransaction) return;
    this.db.exec(this.#bare ? 'ROLLBACK TO batch; RELEASE batch' : 'ROLLBACK');
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
    if (known) return { outcome: known.outcome, reason: known.reason, reportIds: [], known: true };
    const id = this.#ledger.open(raw, now);
    const digest = this.#originals.keep(id, raw, now);
    if (digest) this.#ledger.identify(id, digest);
    this.#originals.makeRoom(now);
    this.db.exec('SAVEPOINT mail');
    const facts = await this.#attempt(() => work(this.#entry(id, now)), survivable);
    this.db.exec('RELEASE mail');
    this.#ledger.settle(id, facts);
    this.#count(raw.origin.source, facts.outcome.outcome);
    return facts.outcome;
  }

  /** The bytes of a mail as they came; null when they are not kept. */
  original(mailId: number): Buffer | null {
    return this.#originals.read(mailId);
  }

  /**
   * One mail within a batch, read again: what the earlier reading stored gives way to what `work` stores. Counters move by
   * what is more; store ids stay where they can. Unless `judge`, the watch takes nothing of it for news; `judge` gives its reports
   * store ids that the watch has not seen. A report that the earlier reading displaced does not come back.
   */
  async reread(line: RereadLine, judge: boolean, work: (entry: MailEntry) => Promise<MailFacts>): Promise<MailOutcome> {
    const { counters } = this.#tables;
    const quiet = !judge && this.#rereading.allJudged();
    const earlier = this.#rereading.takeBack(line);
    // What is read again keeps its arrival: also where nothing was stored before, it is no report that merely came since.
    beginEpoch(this.db);
    const facts = await counters.beyond(earlier.moves, async () => {
      const read = await work(this.#entry(line.id, line.processedAt, { ...earlier, ids: judge ? [] : earlier.ids }));
      this.#count(line.source, read.outcome.outcome);
      return read;
    });
    this.#ledger.settle(line.id, facts);
    if (quiet) this.#rereading.passOver();
    return facts.outcome;
  }

  /** Removes a bounded step of the originals that are too old or too many. True when there are more. Writes in any case: it shows whether that works. */
  tidy(now: number): Promise<boolean> {
    return this.batch(() => {
      this.#tidied.run(String(now));
      return Promise.resolve(this.#originals.makeRoom(now));
    });
  }

  close(): Promise<void> {
    return this.exclusive(() => {
      if (this.db.inTransaction) this.db.exec('COMMIT');
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

  /** `ids`: store ids to use first. */
  #entry(mailId: number, arrivedAt: number, { ids, provenance }: Omit<Earlier, 'moves'> = nothingEarlier): MailEntry {
    const { reports } = this.#tables;
    return {
      earlier: provenance,
      report: (file) => {
        const id = ids.find((each) => !reports.has(each)) ?? reports.nextId();
        return new ReportWriter(this.#tables, { mailId, file, arrivedAt }, id);
      },
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
