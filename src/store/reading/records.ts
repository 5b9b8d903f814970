import type { OverrideReason, Verdict } from '../../model/report.js';
import type { Connection } from '../database.js';
import { readAuthSets } from './auth-sets.js';
import type { StoredAuth } from './auth-sets.js';
import { pageByPlace } from './scope.js';
import type { Page, Rows } from './scope.js';

interface RecordRow {
  readonly id: number;
  readonly source_ip: string;
  readonly messages: number;
  readonly disposition: string | null;
  readonly dkim: string | null;
  readonly spf: string | null;
  readonly result: Verdict;
  readonly header_from: string | null;
  readonly envelope_from: string | null;
  readonly envelope_to: string | null;
  readonly auth_set_id: number;
}

/** One record of a report, in document order. */
export type StoredRecord = Omit<RecordRow, 'auth_set_id'> & {
  readonly auth: StoredAuth;
  readonly reasons: readonly OverrideReason[];
};

/** The records of a report, by the report's row id. */
export function readRecords(db: Connection): (report: number, page: Page) => Rows<StoredRecord> {
  const rows = db.prepare<[number, number, number], RecordRow>(
    `SELECT c.id, s.ip AS source_ip, c.messages, c.disposition, c.dkim, c.spf, c.verdict AS result,
            c.header_from, c.envelope_from, c.envelope_to, c.auth_set_id
     FROM records c JOIN sources s ON s.id = c.source_id
     WHERE c.report = ? AND c.id > ? ORDER BY c.id LIMIT ?`,
  );
  const reasons = db.prepare<[number], OverrideReason>(
    'SELECT type, comment FROM override_reasons WHERE record_id = ? ORDER BY seq',
  );
  return (report, page) => {
    const found = rows.all(report, page.after?.[0] ?? 0, page.limit + 1);
    const authOf = readAuthSets(db);
    const { rows: kept, next } = pageByPlace(found, page, (row) => [row.id]);
    return {
      rows: kept.map(({ auth_set_id, ...row }) => ({
        ...row,
        auth: authOf(auth_set_id),
        reasons: reasons.all(row.id),
      })),
      next,
    };
  };
}
