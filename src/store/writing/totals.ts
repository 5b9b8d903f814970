import { daySeconds } from '../../base/clock.js';
import type { Database } from 'better-sqlite3';
import { classOf, openReceived, openWithout } from './sums.js';

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
  't.messages * (CAST(@i AS INTEGER) + 1) / CAST(@n AS INTEGER) - t.messages * CAST(@i AS INTEGER) / CAST(@n AS INTEGER)';

const word = "iif(t.disposition IN ('none', 'quarantine', 'reject', 'pass'), t.disposition, 'other')";

/** The key of a table of sums: what the report has of it, and what each record has. Domain 0 stands for all of ours. */
interface Book {
  readonly ofReport: Readonly<Record<string, string>>;
  readonly ofRecord: Readonly<Record<string, string>>;
  readonly domain: 'own' | 'own and all' | 'none';
}

const dated = { day: '@day' };
const ended = { verdict: 't.verdict', disposition: word };

const books = {
  daily_totals: {
    ofReport: { ...dated, reporter_id: '@reporter' },
    ofRecord: { source_id: 't.source_id', ...ended, trait: 't.trait' },
    domain: 'own',
  },
  source_days: { ofReport: dated, ofRecord: { source_id: 't.source_id', ...ended }, domain: 'own' },
  reporter_days: { ofReport: { ...dated, reporter_id: '@reporter' }, ofRecord: ended, domain: 'own and all' },
  domain_days: { ofReport: dated, ofRecord: ended, domain: 'own and all' },
  class_days: { ofReport: dated, ofRecord: { class: classOf('@domain'), ...ended }, domain: 'none' },
} as const satisfies Readonly<Record<string, Book>>;
type BookName = keyof typeof books;

const domains = {
  own: { key: { domain_id: '@domain' }, from: '' },
  'own and all': { key: { domain_id: 'd.id' }, from: ' CROSS JOIN (SELECT @domain AS id UNION ALL SELECT 0) d' },
  none: { key: {}, from: '' },
} as const;

function booking(table: BookName): string {
  const { ofReport, ofRecord, domain } = books[table];
  const given = { ...domains[domain].key, ...ofReport };
  const names = Object.keys(ofRecord);
  return `
INSERT INTO ${table} (${[...Object.keys(given), ...names].join(', ')}, messages, estimated)
SELECT ${[...Object.values(given), ...names].join(', ')}, @sign * share, @sign * iif(@estimated, share, 0)
FROM (
  SELECT ${Object.entries(ofRecord).map(([name, value]) => `${value} AS ${name}`).join(', ')}, sum(${share}) AS share
  FROM records t WHERE t.report = @report GROUP BY ${names.map((_, i) => i + 1).join(', ')}
)${domains[domain].from}
WHERE share <> 0
ON CONFLICT DO UPDATE SET messages = messages + excluded.messages, estimated = estimated + excluded.estimated`; // prettier-ignore
}

const intoAuthDays = `
INSERT INTO auth_days (domain_id, day, auth_set_id, messages, fail)
SELECT @domain, @day, auth_set_id, @sign * share, @sign * failed
FROM (
  SELECT auth_set_id, sum(${share}) AS share, sum(iif(verdict = 'fail', ${share}, 0)) AS failed
  FROM records t WHERE report = @report GROUP BY auth_set_id
)
WHERE share <> 0
ON CONFLICT DO UPDATE SET messages = messages + excluded.messages, fail = fail + excluded.fail`;

const tables: readonly (BookName | 'auth_days')[] = [
  'daily_totals',
  'source_days',
  'reporter_days',
  'domain_days',
  'class_days',
  'auth_days',
];

/**
 * Books a report's rows into daily_totals and every table of sums, or takes them out again. The shares of a report of several days are
 * whole messages that add up exactly. `into`: a migration may run before a table is there.
 */
export class Totals {
  readonly #books;
  readonly #sweeps;
  readonly #drops;
  readonly #received;
  readonly #without;

  constructor(db: Database, into: readonly (BookName | 'auth_days')[] = tables) {
    const isWhole = into === tables;
    this.#books = into.map((table) =>
      db.prepare<BookingParameters>(table === 'auth_days' ? intoAuthDays : booking(table)),
    );
    this.#sweeps = into.map((table) => {
      const domain = table === 'class_days' ? '' : 'domain_id IN (@domain, 0) AND ';
      return db.prepare<SweepParameters>(`DELETE FROM ${table} WHERE ${domain}day = @day AND messages = 0`);
    });
    this.#drops = into
      .filter((table) => table !== 'class_days')
      .map((table) => db.prepare<[number]>(`DELETE FROM ${table} WHERE domain_id = ?`));
    this.#received = isWhole ? openReceived(db) : null;
    this.#without = isWhole ? openWithout(db) : null;
  }

  /** The rows of the report must be there. */
  add(report: BookedReport): void {
    this.#each(report, 1);
  }

  /** The rows of the report must be there yet. */
  remove(report: BookedReport): void {
    this.#each(report, -1);
    for (let day = report.first_day; day <= report.last_day; day += daySeconds)
      for (const sweep of this.#sweeps) sweep.run({ domain: report.domain_id, day });
  }

  /** Takes out all reports of a domain. */
  drop(domainId: number): void {
    this.#without?.(domainId);
    for (const each of this.#drops) each.run(domainId);
  }

  #each(report: BookedReport, sign: 1 | -1): void {
    this.#received?.(report.id, sign);
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

type SweepParameters = { readonly domain: number; readonly day: number };
type BookingParameters = Readonly<
  Record<'report' | 'domain' | 'reporter' | 'day' | 'estimated' | 'sign' | 'i' | 'n', number>
>;
