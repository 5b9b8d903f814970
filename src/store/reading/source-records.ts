import type { OverrideReason, Verdict } from '../../model/report.js';
import type { Connection } from '../database.js';
import { readAuthSets } from './auth-sets.js';
import { pageByPlace, reportsInEventDays, scopeParameters } from './scope.js';
import type { Page, Rows, Scope, ScopeParameters } from './scope.js';
import { dkimWords, earlySeconds, spfWords } from './source-evidence.js';

interface Row {
  readonly id: number;
  readonly report_id: number;
  readonly domain: string;
  readonly reporter: string;
  readonly begin_at: number;
  readonly end_at: number;
  readonly arrived_at: number;
  readonly source_ip: string;
  readonly messages: number;
  readonly result: Verdict;
  readonly disposition: string | null;
  readonly dkim: string | null;
  readonly spf: string | null;
  readonly header_from: string | null;
  readonly envelope_from: string | null;
  readonly auth_set_id: number;
}

/** One record about a source IP, with its report. Times in Unix seconds, as the report says. */
export type SourceRecord = Omit<Row, 'auth_set_id'> & {
  /** Override reasons: `forwarded: comment`, joined by a comma. */
  readonly reasons: string;
  readonly dkim_results: string;
  readonly spf_results: string;
};

/** The index of a source's records is entered at the last row of the page before, and left at the oldest report of the range. */
const sql = `
SELECT c.id, r.id AS report_id, d.name AS domain, o.name AS reporter, r.begin_at, r.end_at, r.arrived_at, s.ip AS source_ip,
       c.messages, c.verdict AS result, c.disposition, c.dkim, c.spf, c.header_from, c.envelope_from, c.auth_set_id
FROM sources s CROSS JOIN records c ON c.source_id = s.id JOIN reports r ON r.id = c.report
JOIN domains d ON d.id = r.domain_id JOIN reporters o ON o.id = r.reporter_id
WHERE s.ip = @ip AND c.report BETWEEN @oldest AND @newest AND (c.report < @newest OR c.id < @before) AND ${reportsInEventDays}
ORDER BY c.report DESC, c.id DESC LIMIT @limit`;

type Parameters = ScopeParameters & Readonly<Record<'oldest' | 'newest' | 'before' | 'limit', number>> & { ip: string };

/** Newest report first. */
export function readSourceRecords(db: Connection): (ip: string, scope: Scope, page: Page) => Rows<SourceRecord> {
  const statement = db.prepare<Parameters, Row>(sql);
  const oldest = db
    .prepare<[number], number>('SELECT id FROM reports WHERE arrived_at >= ? ORDER BY arrived_at, id LIMIT 1')
    .pluck();
  const reasons = db.prepare<[number], OverrideReason>(
    'SELECT type, comment FROM override_reasons WHERE record_id = ? ORDER BY seq',
  );
  return (ip, scope, page) => {
    const parameters = scopeParameters(scope);
    const [newest = Number.MAX_SAFE_INTEGER, before = 0] = page.after ?? [];
    const from = oldest.get(parameters.first - earlySeconds) ?? 0;
    const found = statement.all({ ...parameters, ip, oldest: from, newest, before, limit: page.limit + 1 });
    const { rows, next } = pageByPlace(found, page, (row) => [row.report_id, row.id]);
    const authOf = readAuthSets(db);
    return {
      rows: rows.map(({ auth_set_id, ...row }) => ({
        ...row,
        reasons: reasons.all(row.id).map(reasonWords).join(', '),
        dkim_results: dkimWords(authOf(auth_set_id)),
        spf_results: spfWords(authOf(auth_set_id)),
      })),
      next,
    };
  };
}

function reasonWords({ type, comment }: OverrideReason): string {
  return [type, comment].filter((part) => part !== null && part !== '').join(': ');
}
