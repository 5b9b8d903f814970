import { limits } from '../../config/limits.js';
import type { Scope } from '../../model/history.js';
import type { RecordGroup } from '../../model/record-group.js';
import type { Connection } from '../database.js';
import { inReports, openBounded, scoped } from './history-scope.js';
import type { BoundedScope } from './history-scope.js';

const groupsSql = (verdict: string) => `SELECT sum(c.messages) AS messages, s.ip, p.name AS reporter,
    coalesce(c.header_from, '') AS headerFrom, coalesce(c.disposition, '') AS disposition,
    c.verdict, c.trait = 'forwarded' AS forwarded, c.auth_set_id AS setId
  FROM json_each(@ids) i
  CROSS JOIN records c ON c.source_id = i.value AND c.report ${inReports} CROSS JOIN reports r ON r.id = c.report
  CROSS JOIN sources s ON s.id = c.source_id CROSS JOIN reporters p ON p.id = r.reporter_id
  WHERE r.domain_id = @domain AND r.last_day >= @from AND r.first_day <= @to AND r.authenticity <> 'failed'
    AND c.messages > 0 AND ${verdict}
  GROUP BY c.source_id, r.reporter_id, c.header_from, c.verdict, c.disposition, forwarded, c.auth_set_id
  ORDER BY 1 DESC, c.source_id, r.reporter_id, c.auth_set_id LIMIT ${limits.recordGroups}`;

const resultsSql = `SELECT a.set_id AS id, a.method, coalesce(a.domain, '') AS domain, coalesce(a.selector, '') AS selector,
    coalesce(a.result, '') AS result
  FROM json_each(?) i CROSS JOIN auth_results a ON a.set_id = i.value ORDER BY a.set_id, a.seq`;

interface GroupRow extends Omit<RecordGroup, 'dkim' | 'spf' | 'forwarded'> {
  readonly forwarded: 0 | 1;
  readonly setId: number;
}

interface ResultRow {
  readonly id: number;
  readonly method: 'dkim' | 'spf';
  readonly domain: string;
  readonly selector: string;
  readonly result: string;
}

/** Raw results of sets, by set id. */
export type ResultsOfSets = ReadonlyMap<number, Pick<RecordGroup, 'dkim' | 'spf'>>;

export function openResults(db: Connection): (ids: readonly number[]) => ResultsOfSets {
  const results = db.prepare<[string], ResultRow>(resultsSql);
  return (ids) => {
    const sets = new Map<number, { dkim: RecordGroup['dkim'][number][]; spf: RecordGroup['spf'][number][] }>();
    for (const { id, method, domain, selector, result } of results.iterate(JSON.stringify([...new Set(ids)]))) {
      const set = sets.get(id) ?? { dkim: [], spf: [] };
      sets.set(id, set);
      if (method === 'dkim') set.dkim.push({ domain, selector, result });
      else set.spf.push({ domain, result });
    }
    return sets;
  };
}

/** Reads what was said of messages, with the raw results that go with it. */
export function openGroups(db: Connection): (scope: Scope, passing: boolean) => RecordGroup[] {
  const failing = db.prepare<[BoundedScope], GroupRow>(groupsSql("c.verdict = 'fail'"));
  const passed = db.prepare<[BoundedScope], GroupRow>(groupsSql("c.verdict <> 'fail'"));
  const results = openResults(db);
  const bounded = openBounded(db);
  return (scope, passing) => {
    const rows = (passing ? passed : failing).all(bounded(scoped(scope)));
    const sets = results(rows.map((each) => each.setId));
    return rows.map(({ setId, forwarded, ...row }) => ({
      ...row,
      forwarded: forwarded === 1,
      ...(sets.get(setId) ?? { dkim: [], spf: [] }),
    }));
  };
}
