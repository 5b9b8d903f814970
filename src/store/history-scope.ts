import type { Scope } from '../model/history.js';

/** The parameters of a scope as SQL takes them. */
export interface ScopeParameters {
  readonly domain: number;
  /** JSON array. */
  readonly ids: string;
  readonly from: number;
  readonly to: number;
}

/** Reports of the domain that end in the scope or after it, by store id: else all the records of a source IP would be read. */
export const inReports = `BETWEEN
    (SELECT min(id) FROM reports INDEXED BY reports_by_domain WHERE domain_id = @domain AND last_day >= @from)
    AND (SELECT max(id) FROM reports INDEXED BY reports_by_domain WHERE domain_id = @domain AND last_day >= @from)`;

export function scoped({ domainId, sourceIds, from, to }: Scope): ScopeParameters {
  return { domain: domainId, ids: JSON.stringify(sourceIds), from, to };
}
