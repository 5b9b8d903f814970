import { limits } from '../../config/limits.js';
import type { Scope } from '../../model/history.js';
import type { Connection } from '../database.js';
import { openEpoch } from '../epoch.js';

/** The parameters of a scope as SQL takes them. */
export interface ScopeParameters {
  readonly domain: number;
  /** JSON array. */
  readonly ids: string;
  readonly from: number;
  readonly to: number;
}

/** With the store ids between which the domain's reports are that can be in the scope; null when there are none. */
export interface BoundedScope extends ScopeParameters {
  readonly low: number | null;
  readonly high: number | null;
}

/** Of a bounded scope; without it all the records of a source IP would be read. */
export const inReports = 'BETWEEN @low AND @high';

/** A scope without an end ends here. */
export const farFuture = 253_402_300_799;

export function scoped({ domainId, sourceIds, from, to }: Scope): ScopeParameters {
  return { domain: domainId, ids: JSON.stringify(sourceIds), from, to };
}

/** Bounds scopes. What a finding shows asks for the same one many times over: it is looked up once. */
export function openBounded(db: Connection): (parameters: ScopeParameters) => BoundedScope {
  type Bounds = Pick<BoundedScope, 'low' | 'high'>;
  const read = db.prepare<[ScopeParameters], Bounds>(
    `SELECT min(id) AS low, max(id) AS high FROM reports INDEXED BY reports_by_domain
     WHERE domain_id = @domain AND last_day BETWEEN @from AND @to + ${limits.spreadDays} * 86400`,
  );
  const newest = db.prepare<[], number | null>('SELECT max(id) FROM reports').pluck();
  const epochOf = openEpoch(db);
  const none: Bounds = { low: null, high: null };
  let [lastKey, last] = ['', none];
  return (parameters) => {
    const { domain, from, to } = parameters;
    const key = [domain, from, to, newest.get() ?? 0, epochOf()].join(' ');
    if (key !== lastKey) [lastKey, last] = [key, read.get(parameters) ?? none];
    return { ...parameters, ...last };
  };
}
