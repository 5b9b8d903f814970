import type { Connection } from '../database.js';

/** What the store holds, and how far the rules have looked. Times in Unix seconds. */
export interface StoreStatus {
  readonly mails: number;
  readonly reports: number;
  readonly records: number;
  readonly domains: number;
  readonly reporters: number;
  readonly sources: number;
  readonly open_alerts: number;
  readonly newest_report_id: number | null;
  /** Row id of the last report that the rules have looked at. */
  readonly evaluated_report_id: number | null;
  readonly last_report_stored_at: number | null;
}

const sql = `SELECT
  (SELECT count(*) FROM mails) AS mails,
  c.reports,
  c.records,
  (SELECT count(*) FROM domains WHERE NOT is_foreign) AS domains,
  (SELECT count(*) FROM reporters) AS reporters,
  (SELECT count(*) FROM sources) AS sources,
  (SELECT count(*) FROM findings WHERE status = 'open') AS open_alerts,
  (SELECT max(id) FROM reports) AS newest_report_id,
  (SELECT CAST(value AS INTEGER) FROM state WHERE key = 'evaluated_report_id') AS evaluated_report_id,
  (SELECT max(arrived_at) FROM reports) AS last_report_stored_at
FROM stored_counts c`;

/** Counting mails and source IPs takes a while, so nothing is counted again until another connection has committed. */
export function readStatus(db: Connection): () => StoreStatus {
  const statement = db.prepare<[], StoreStatus>(sql);
  let known: { readonly version: unknown; readonly status: StoreStatus } | null = null;
  return () => {
    const version = db.pragma('data_version', { simple: true });
    if (known !== null && known.version === version) return known.status;
    const status = statement.get();
    if (status === undefined) throw new Error('the store answered no status');
    known = { version, status };
    return status;
  };
}
