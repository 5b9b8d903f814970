import type { AuthSet, RecordDetail, Scope } from '../../model/history.js';
import type { Connection } from '../database.js';
import { inReports, openBounded, scoped } from './history-scope.js';
import type { BoundedScope } from './history-scope.js';

/** Rows of a list that are read: evidence shows ten, a diagnosis needs a few more. */
const listed = 50;
/** Distinct sets of results that are read; real senders have some dozens. */
const listedSets = 200;

const rowsOf = (which: string) => `rows AS (
  SELECT c.id, c.messages, c.disposition, c.verdict, c.header_from, c.auth_set_id, r.reporter_id
  FROM json_each(@ids) i
  CROSS JOIN records c ${which} AND c.source_id = i.value AND c.report ${inReports} CROSS JOIN reports r ON r.id = c.report
  WHERE r.domain_id = @domain AND r.last_day >= @from AND r.first_day <= @to AND r.authenticity <> 'failed'
    AND c.messages > 0)`;
const rows = rowsOf('ON true');
/** A busy source IP has thousands of passing rows beside some that fail. */
const failingRows = rowsOf(`INDEXED BY records_failing ON c.verdict = 'fail'`);

const setsSql = (verdict: string) => `WITH ${rows}
  SELECT auth_set_id AS id, sum(messages) AS messages FROM rows WHERE ${verdict}
  GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${listedSets}`;

const resultsSql = `SELECT a.set_id AS id, a.method, coalesce(a.domain, '') AS domain, coalesce(a.selector, '') AS selector,
    coalesce(a.result, '') AS result
  FROM json_each(?) i CROSS JOIN auth_results a ON a.set_id = i.value ORDER BY a.set_id, a.seq`;

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

interface ResultRow {
  readonly id: number;
  readonly method: 'dkim' | 'spf';
  readonly domain: string;
  readonly selector: string;
  readonly result: string;
}

/** Reads what records say beyond their counts. */
export function openHistoryRecords(db: Connection): {
  authSets(scope: Scope, passing: boolean): AuthSet[];
  detail(scope: Scope): RecordDetail;
} {
  type SetRow = { readonly id: number; readonly messages: number };
  const failing = db.prepare<[BoundedScope], SetRow>(setsSql(`verdict = 'fail'`));
  const passed = db.prepare<[BoundedScope], SetRow>(setsSql(`verdict <> 'fail'`));
  const results = db.prepare<[string], ResultRow>(resultsSql);
  const bounded = openBounded(db);
  return {
    authSets: (scope, passing) => {
      const sets = (passing ? passed : failing).all(bounded(scoped(scope)));
      return setsOf(sets, results.all(JSON.stringify(sets.map((each) => each.id))));
    },
    detail: openDetail(db),
  };
}

function setsOf(sets: readonly { id: number; messages: number }[], results: readonly ResultRow[]): AuthSet[] {
  return sets.map(({ id, messages }) => {
    const own = results.filter((each) => each.id === id);
    return {
      messages,
      dkim: own
        .filter((each) => each.method === 'dkim')
        .map(({ domain, selector, result }) => ({ domain, selector, result })),
      spf: own.filter((each) => each.method === 'spf').map(({ domain, result }) => ({ domain, result })),
    };
  });
}

function openDetail(db: Connection): (scope: Scope) => RecordDetail {
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
