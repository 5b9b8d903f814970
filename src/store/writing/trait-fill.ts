import type { Database } from 'better-sqlite3';
import type { OverrideReason, ReportRecord } from '../../model/report.js';
import { Totals } from './totals.js';
import type { BookedReport } from './totals.js';
import { traitOf } from './trait.js';

/** The trait of a row that is in the table already. */
const traitSql = `trait_of(dkim, spf, header_from, @domain,
    (SELECT json_group_array(json_object('type', o.type, 'comment', o.comment))
     FROM override_reasons o WHERE o.record_id = records.id),
    (SELECT json_group_array(json_object('method', a.method, 'domain', a.domain, 'result', a.result))
     FROM auth_results a WHERE a.set_id = records.auth_set_id))`;

type Text = string | null;

interface Result {
  readonly method: 'dkim' | 'spf';
  readonly domain: Text;
  readonly result: Text;
}

/** Makes traitOf known to SQL, for rows that were written before their trait could be told. */
export function registerTraits(db: Database): void {
  db.function('trait_of', { deterministic: true, varargs: true }, (...values: unknown[]) => {
    const [dkim, spf, headerFrom, policyDomain, reasons, auth] = values as [Text, Text, Text, Text, string, string];
    return traitOf(
      { dkim, spf, headerFrom, reasons: JSON.parse(reasons) as OverrideReason[], auth: authOf(auth) },
      policyDomain,
    );
  });
}

function authOf(json: string): ReportRecord['auth'] {
  const results = JSON.parse(json) as Result[];
  const of = (method: Result['method']) => results.filter((each) => each.method === method);
  return {
    dkim: of('dkim').map(({ domain, result }) => ({ domain, result, selector: null, humanResult: null })),
    spf: of('spf').map(({ domain, result }) => ({ domain, result, scope: null, humanResult: null })),
  };
}

/** Judges the rows of a report that name no header_from by its policy domain. */
export function settleTraits(db: Database): (report: number, domain: string) => void {
  const settle = db.prepare<[{ report: number; domain: string }]>(
    `UPDATE records SET trait = ${traitSql}
     WHERE report = @report AND verdict IN ('pass_dkim', 'fail') AND (header_from IS NULL OR header_from = '')`,
  );
  return (report, domain) => void settle.run({ report, domain });
}

/** Fills `records.trait` and makes the daily totals from the records: a database of before traits has neither. */
export function fillTraits(db: Database): void {
  const ofReport = db.prepare<[{ report: number; domain: string }]>(
    `UPDATE records SET trait = ${traitSql} WHERE report = @report AND verdict IN ('pass_dkim', 'fail')`,
  );
  const reports = db
    .prepare<[], Omit<BookedReport, 'estimated'> & { readonly domain: string; readonly is_foreign: 0 | 1 }>(
      `SELECT r.id, r.reporter_id, r.domain_id, r.first_day, r.last_day, d.name AS domain, d.is_foreign
       FROM reports r JOIN domains d ON d.id = r.domain_id ORDER BY r.id`,
    )
    .all();
  const totals = new Totals(db, ['daily_totals']);
  for (const { domain, is_foreign, ...report } of reports) {
    ofReport.run({ report: report.id, domain });
    if (is_foreign === 0) totals.add({ ...report, estimated: report.last_day > report.first_day });
  }
}
