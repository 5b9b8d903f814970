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

/** Share of the messages of a record that is booked on day `i` of `n`: whole messages that add up exactly. */
const share =
  'messages * (CAST(@i AS INTEGER) + 1) / CAST(@n AS INTEGER) - messages * CAST(@i AS INTEGER) / CAST(@n AS INTEGER)';

const intoDailyTotals = `
INSERT INTO daily_totals (domain_id, day, source_id, reporter_id, verdict, disposition, trait, messages, estimated)
SELECT @domain, @day, source_id, @reporter, verdict, word, trait, @sign * share, @sign * iif(@estimated, share, 0)
FROM (
  SELECT source_id, verdict, trait,
         iif(disposition IN ('none', 'quarantine', 'reject', 'pass'), disposition, 'other') AS word, sum(${share}) AS share
  FROM records WHERE report = @report GROUP BY source_id, verdict, trait, word
)
WHERE share <> 0
ON CONFLICT DO UPDATE SET messages = messages + excluded.messages, estimated = estimated + excluded.estimated`;

const intoAuthDays = `
INSERT INTO auth_days (domain_id, day, auth_set_id, messages, fail)
SELECT @domain, @day, auth_set_id, @sign * share, @sign * failed
FROM (
  SELECT auth_set_id, sum(${share}) AS share, sum(iif(verdict = 'fail', ${share}, 0)) AS failed
  FROM records WHERE report = @report GROUP BY auth_set_id
)
WHERE share <> 0
ON CONFLICT DO UPDATE SET messages = messages + excluded.messages, fail = fail + excluded.fail`;

const books = { daily_totals: intoDailyTotals, auth_days: intoAuthDays } as const;
type Book = keyof typeof books;
const all: readonly Book[] = ['daily_totals', 'auth_days'];

/**
 * Books a report's rows into daily_totals and auth_days, or takes them out again; triggers keep the sums of daily_totals. The shares of
 * a report of several days are whole messages that add up exactly. `into`: a migration may run before a table is there.
 */
export class Totals {
  readonly #books;
  readonly #sweeps;
  readonly #drops;

  constructor(db: Database, into: readonly Book[] = all) {
    this.#books = into.map((table) => db.prepare<BookingParameters>(books[table]));
    this.#sweeps = into.map((table) =>
      db.prepare<[number, number]>(`DELETE FROM ${table} WHERE domain_id = ? AND day = ? AND messages = 0`),
    );
    this.#drops = into.map((table) => db.prepare<[number]>(`DELETE FROM ${table} WHERE domain_id = ?`));
  }

  add(report: BookedReport): void {
    this.#each(report, 1);
  }

  remove(report: BookedReport): void {
    this.#each(report, -1);
    for (let day = report.first_day; day <= report.last_day; day += daySeconds)
      for (const sweep of this.#sweeps) sweep.run(report.domain_id, day);
  }

  /** Takes out all reports of a domain. */
  drop(domainId: number): void {
    for (const each of this.#drops) each.run(domainId);
  }

  #each(report: BookedReport, sign: 1 | -1): void {
    const n = (report.last_day - report.first_day) / daySeconds + 1;
    for (let i = 0; i < n; i++) {
      const parameters = {
        report: report.id,
        domain: report.domain_id,
        reporter: report.reporter_id,
        day: report.first_day + i * daySeconds,
        estimated: report.estimated ? 1 : 0,
        sign,
        i,
        n,
      };
      for (const book of this.#books) book.run(parameters);
    }
  }
}

type BookingParameters = Readonly<
  Record<'report' | 'domain' | 'reporter' | 'day' | 'estimated' | 'sign' | 'i' | 'n', number>
>;
