import type { RecordDetail, Scope } from '../../model/history.js';
import type { Connection } from '../database.js';
import { inReports, openBounded, scoped } from './history-scope.js';
import type { BoundedScope } from './history-scope.js';

/** Rows of a list that are read: evidence shows ten, a diagnosis needs a few more. */
const listed = 50;

const rowsOf = (which: string) => `rows AS (
  SELECT c.id, c.messages, c.disposition, c.verdict, c.header_from, c.auth_set_id, r.reporter_id
  FROM json_each(@ids) i
  CROSS JOIN records c ${which} AND c.source_id = i.value AND c.report ${inReports} CROSS JOIN reports r ON r.id = c.report
  WHERE r.domain_id = @domain AND r.last_day >= @from AND r.first_day <= @to AND r.authenticity <> 'failed'
    AND c.messages > 0)`;
const rows = rowsOf('ON true');
/** A busy source IP has thousands of passing rows beside some that fail. */
const failingRows = rowsOf(`INDEXED BY records_failing ON c.verdict = 'fail'`);

const reportersSql = `WITH ${rows}
  SELECT p.name, sum(w.messages) AS messages, sum(iif(w.verdict = 'fail', w.messages, 0)) AS failed
  FROM rows w JOIN reporters p ON p.id = w.reporter_id GROUP BY w.reporter_id ORDER BY 3 DESC, 2 DESC, 1`;

const dispositionsSql = `WITH ${failingRows}
  SELECT iif(disposition IN ('none', 'quarantine', 'reject', 'pass'), disposition, 'other') AS word,
         sum(messages) AS messages FROM rows WHERE verdict = 'fail' GROUP BY 1`;

const headerFromSql = `WITH ${failingRows}
  SELECT coalesce(header_from, '') AS domain, sum(messages) AS messages FROM rows WHERE verdict = 'fail'
  GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${listed}`;

const reasonsSql = `WITH ${failingRows}
  SELECT type, comment, sum(messages) AS messages FROM (
    SELECT DISTINCT w.id, w.messages, coalesce(o.type, '') AS type, coalesce(o.comment, '') AS comment
    FROM rows w JOIN override_reasons o ON o.record_id = w.id WHERE w.verdict = 'fail')
  GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT ${listed}`;

/** Reads what records say beyond their counts. */
export function openDetail(db: Connection): (scope: Scope) => RecordDetail {
  const reporters = db.prepare<[BoundedScope], RecordDetail['reporters'][number]>(reportersSql);
  const dispositions = db.prepare<
    [BoundedScope],
    { readonly word: keyof RecordDetail['disposition']; readonly messages: number }
  >(dispositionsSql);
  const headerFrom = db.prepare<[BoundedScope], RecordDetail['headerFrom'][number]>(headerFromSql);
  const reasons = db.prepare<[BoundedScope], RecordDetail['reasons'][number]>(reasonsSql);
  const bounded = openBounded(db);
  return (scope) => {
    const parameters = bounded(scoped(scope));
    const all = reporters.all(parameters);
    const disposition = { none: 0, quarantine: 0, reject: 0, pass: 0, other: 0 };
    for (const { word, messages } of dispositions.all(parameters)) disposition[word] = messages;
    return {
      reporters: all.slice(0, listed),
      reporterCount: all.length,
      failingReporters: all.filter((each) => each.failed > 0).length,
      disposition,
      headerFrom: headerFrom.all(parameters),
      reasons: reasons.all(parameters),
    };
  };
}
