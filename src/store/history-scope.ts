import { limits } from '../config/limits.js';
import type { Scope } from '../model/history.js';

/** The parameters of a scope as SQL takes them. */
export interface ScopeParameters {
  readonly domain: number;
  /** JSON array. */
  readonly ids: string;
  readonly from: number;
  readonly to: number;
}

const ending = `FROM reports INDEXED BY reports_by_domain
    WHERE domain_id = @domain AND last_day BETWEEN @from AND @to + ${limits.spreadDays} * 86400`;

/** Store ids of the domain's reports that can be in the scope: else all the records of a source IP would be read. */
export const inReports = `BETWEEN (SELECT min(id) ${ending}) AND (SELECT max(id) ${ending})`;

export function scoped({ domainId, sourceIds, from, to }: Scope): ScopeParameters {
  return { domain: domainId, ids: JSON.stringify(sourceIds), from, to };
}
