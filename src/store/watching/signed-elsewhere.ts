import type { History, Scope } from '../../model/history.js';
import type { Connection } from '../database.js';
import { scoped } from './history-scope.js';
import type { ScopeParameters } from './history-scope.js';

type Key = Parameters<History['signedElsewhere']>[1][number];
type Asked = ScopeParameters & { readonly keys: string };

/** Records of the domain that pass by one of the keys, elsewhere. */
const passing = `FROM reports r INDEXED BY reports_by_domain CROSS JOIN records c ON c.report = r.id
  WHERE r.domain_id = @domain AND r.last_day BETWEEN @from AND @to AND r.authenticity <> 'failed'
    AND c.verdict IN ('pass_both', 'pass_dkim') AND c.messages > 0
    AND c.source_id NOT IN (SELECT value FROM json_each(@ids))
    AND EXISTS (SELECT 1 FROM auth_results a JOIN json_each(@keys) k
      ON lower(a.domain) = k.value ->> 'domain' AND coalesce(a.selector, '') = k.value ->> 'selector'
      WHERE a.set_id = c.auth_set_id AND a.method = 'dkim' AND a.result = 'pass')`;

/** Reads who else sends mail that is signed alike. */
export function openSignedElsewhere(db: Connection): (scope: Scope, keys: readonly Key[]) => Elsewhere {
  const direct = db.prepare<[Asked], object>(`SELECT 1 ${passing} AND c.trait <> 'relayed' LIMIT 1`);
  const relayed = db
    .prepare<[Asked], number>(
      `SELECT sum(x.messages) FROM (SELECT c.source_id, sum(c.messages) AS messages ${passing} GROUP BY c.source_id) x
       LEFT JOIN source_senders s ON s.domain_id = @domain AND s.source_id = x.source_id
       GROUP BY coalesce(s.sender, x.source_id) ORDER BY 1 DESC LIMIT 1`,
    )
    .pluck();
  return (scope, keys) => {
    const named = keys.map(({ domain, selector }) => ({ domain: domain.toLowerCase(), selector }));
    const asked = { ...scoped(scope), keys: JSON.stringify(named) };
    if (direct.get(asked) !== undefined) return { direct: true, relayed: 0 };
    return { direct: false, relayed: relayed.get(asked) ?? 0 };
  };
}

type Elsewhere = Awaited<ReturnType<History['signedElsewhere']>>;
