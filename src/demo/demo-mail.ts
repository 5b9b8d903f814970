import type { ReportRecord } from '../model/report.js';

/** What to generate; the same options always give the same bytes. */
export interface ScenarioOptions {
  /** The last event day: its midnight UTC, Unix seconds. */
  readonly until: number;
  /** Event days, `until` included. */
  readonly days: number;
  /** 1 when absent. */
  readonly seed?: number;
  /** Policy domains; 12 when absent. */
  readonly domains?: number;
  /** Days before `until` on which the breaking sender breaks, and stays broken; 0 (when absent) is `until` itself, null is never. */
  readonly breakOn?: number | null;
  /** At most this many of the usual reporters for a domain on a day; no limit when absent. The first domain always hears from the largest three. */
  readonly reportersPerDay?: number;
  /** Exactly this many mails: the oldest are left out, or small sites report too. */
  readonly mails?: number;
}

/**
 * `report` states records that count once. `duplicate` is a second delivery of the same report. `truncated` is the first,
 * cut delivery of a report that arrives whole later that day. The others state nothing.
 */
export type DemoMailKind = 'report' | 'duplicate' | 'truncated' | 'tls-report' | 'bounce' | 'unrelated';

/** One generated mail, and what it truly says. */
export interface DemoMail {
  readonly kind: DemoMailKind;
  /** The whole mail as received, lines ending in CRLF. */
  readonly raw: Buffer;
  /** Unix seconds, on the morning after `day`. */
  readonly receivedAt: number;
  /** The XML's org_name; null when the mail is no report. */
  readonly reporter: string | null;
  /** Policy domain; null when the mail is no report. */
  readonly domain: string | null;
  /** The event day: midnight UTC, Unix seconds. */
  readonly day: number;
  readonly reportId: string | null;
  /** Unix seconds. */
  readonly begin: number | null;
  readonly end: number | null;
  /** In document order; empty unless `report` or `duplicate`. */
  readonly records: readonly ReportRecord[];
}
