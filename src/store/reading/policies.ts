import type { Connection } from '../database.js';
import { domainIds, reportsInEventDays, scopeParameters } from './scope.js';
import type { Scope, ScopeParameters } from './scope.js';

interface Published {
  readonly domain: string;
  readonly p: string | null;
  readonly sp: string | null;
  readonly np: string | null;
  readonly adkim: string | null;
  readonly aspf: string | null;
  readonly pct: number | null;
  readonly testing: string | null;
}

/** A policy that a domain published, as reports name it. Days are Unix seconds at midnight UTC. */
export interface PolicySpan extends Published {
  readonly first_day: number;
  readonly last_day: number;
  readonly reports: number;
}

type PolicyDay = Published & { readonly day: number; readonly reports: number };

const policy = 'r.p, r.sp, r.np, r.adkim, r.aspf, r.pct, r.testing';

/** Of a day with several policies the one that most reports name comes first. */
const sql = `
SELECT d.name AS domain, g.* FROM (
  SELECT r.domain_id, r.last_day AS day, ${policy}, count(*) AS reports
  FROM ${domainIds} w CROSS JOIN reports r INDEXED BY reports_by_policy ON r.domain_id = w.id
  WHERE ${reportsInEventDays} AND r.authenticity <> 'failed' GROUP BY w.id, r.last_day, ${policy}
) g JOIN domains d ON d.id = g.domain_id
ORDER BY d.name, g.day, g.reports DESC, g.p, g.sp, g.np, g.adkim, g.aspf, g.pct, g.testing`;

/** By domain, oldest first. */
export function readPolicies(db: Connection): (scope: Scope) => readonly PolicySpan[] {
  const statement = db.prepare<ScopeParameters, PolicyDay & { readonly domain_id: number }>(sql);
  return (scope) => {
    const spans: PolicySpan[] = [];
    for (const { domain_id: _, day, reports, ...published } of statement.iterate(scopeParameters(scope))) {
      const last = spans.at(-1);
      if (last?.domain === published.domain && last.last_day === day) continue;
      if (last !== undefined && isSame(last, published))
        spans[spans.length - 1] = { ...last, last_day: day, reports: last.reports + reports };
      else spans.push({ ...published, first_day: day, last_day: day, reports });
    }
    return spans;
  };
}

const tags = ['domain', 'p', 'sp', 'np', 'adkim', 'aspf', 'pct', 'testing'] as const;

function isSame(a: Published, b: Published): boolean {
  return tags.every((tag) => a[tag] === b[tag]);
}
