import type { Connection } from '../database.js';
import { domainIds, offsetOf, pageByOffset, reportsInEventDays, scopeParameters } from './scope.js';
import type { Page, Rows, Scope, ScopeParameters } from './scope.js';

/** Which results; `result` is how the messages ended by DMARC. Null: both methods. */
export interface AuthChoice {
  readonly method: 'dkim' | 'spf' | null;
  readonly result: 'all' | 'fail' | 'pass';
}

/** One raw result that reporters had for messages of a policy domain. */
export interface AuthStat {
  readonly domain: string;
  readonly method: 'dkim' | 'spf';
  readonly auth_domain: string | null;
  readonly selector: string | null;
  readonly scope: string | null;
  readonly auth_result: string | null;
  readonly messages: number;
  readonly pass: number;
  readonly fail: number;
}

const ofRecords = `
  SELECT r.domain_id, c.auth_set_id AS set_id, sum(c.messages) AS messages,
         sum(iif(c.verdict = 'fail', c.messages, 0)) AS fail
  FROM reports r JOIN records c ON c.report = r.id WHERE ${reportsInEventDays}
  GROUP BY r.domain_id, c.auth_set_id`;

const ofDays = `
  SELECT t.domain_id, t.auth_set_id AS set_id, sum(t.messages) AS messages, sum(t.fail) AS fail
  FROM ${domainIds} d CROSS JOIN auth_days t INDEXED BY auth_days_by_set ON t.domain_id = d.id
  WHERE t.day BETWEEN @first AND @last GROUP BY d.id, t.auth_set_id`;

/** A set may name the same result twice. */
const sqlOf = (from: string) => `
WITH g AS MATERIALIZED (${from}
), raw AS (
  SELECT DISTINCT g.domain_id, g.set_id, g.messages, g.fail, a.method, a.domain, a.selector, a.scope, a.result
  FROM g JOIN auth_results a ON a.set_id = g.set_id WHERE @method IS NULL OR a.method = @method
)
SELECT d.name AS domain, raw.method, raw.domain AS auth_domain, raw.selector, raw.scope, raw.result AS auth_result,
       sum(raw.messages) AS messages, sum(raw.messages) - sum(raw.fail) AS pass, sum(raw.fail) AS fail
FROM raw JOIN domains d ON d.id = raw.domain_id
GROUP BY raw.domain_id, raw.method, raw.domain, raw.selector, raw.scope, raw.result
HAVING @result = 'all' OR (@result = 'fail') = (sum(raw.fail) > 0)
ORDER BY messages DESC, d.name, raw.method, raw.domain, raw.selector, raw.scope, raw.result LIMIT @limit OFFSET @offset`;

type Parameters = ScopeParameters & AuthChoice & { readonly limit: number; readonly offset: number };

/** Most messages first. Only records tell what one reporter saw; a report of several days then counts whole. */
export function readAuthStats(db: Connection): (scope: Scope, choice: AuthChoice, page: Page) => Rows<AuthStat> {
  const days = db.prepare<Parameters, AuthStat>(sqlOf(ofDays));
  const records = db.prepare<Parameters, AuthStat>(sqlOf(ofRecords));
  return (scope, choice, page) => {
    const place = { limit: page.limit + 1, offset: offsetOf(page) };
    const statement = scope.reporters === null ? days : records;
    return pageByOffset(statement.all({ ...scopeParameters(scope), ...choice, ...place }), page);
  };
}
