import { daySeconds } from '../base/clock.js';
import type { Database } from 'better-sqlite3';

export interface BookedReport {
  readonly id: number;
  readonly reporter_id: number;
  readonly domain_id: number;
  readonly first_day: number;
  readonly last_day: number;
  readonly estimated: boolean;
}

/** Books a report's rows into daily_totals, or takes them out again. The shares of a report of several days are whole messages that add up exactly. */
export class Totals {
  readonly #book;
  readonly #sweep;

  constructor(db: Database) {
    this.#book = db.prepare(
      `INSERT INTO daily_totals (domain_id, day, source_id, reporter_id, verdict, disposition, trait, messages, estimated)
       SELECT @domain, @day, source_id, @reporter, verdict, word, trait, @sign * share, @sign * iif(@estimated, share, 0)
       FROM (
         SELECT source_id, verdict, trait,
                iif(disposition IN ('none', 'quarantine', 'reject', 'pass'), disposition, 'other') AS word,
                sum(messages * (CAST(@i AS INTEGER) + 1) / CAST(@n AS INTEGER) - messages * CAST(@i AS INTEGER) / CAST(@n AS INTEGER)) AS share
         FROM records WHERE report = @report GROUP BY source_id, verdict, trait, word
       )
       WHERE share <> 0
       ON CONFLICT DO UPDATE SET messages = messages + excluded.messages, estimated = estimated + excluded.estimated`,
    );
    this.#sweep = db.prepare('DELETE FROM daily_totals WHERE domain_id = ? AND day = ? AND messages = 0');
  }

  add(report: BookedReport): void {
    this.#each(report, 1);
  }

  remove(report: BookedReport): void {
    this.#each(report, -1);
    for (let day = report.first_day; day <= report.last_day; day += daySeconds) this.#sweep.run(report.domain_id, day);
  }

  #each(report: BookedReport, sign: 1 | -1): void {
    const n = (report.last_day - report.first_day) / daySeconds + 1;
    for (let i = 0; i < n; i++) {
      this.#book.run({
        report: report.id,
        domain: report.domain_id,
        reporter: report.reporter_id,
        day: report.first_day + i * daySeconds,
        estimated: report.estimated ? 1 : 0,
        sign,
        i,
        n,
      });
    }
  }
}
