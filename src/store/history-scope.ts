import type { Scope } from '../model/history.js';

/** The parameters of a scope as SQL takes them. */
export interface ScopeParameters {
  readonly domain: number;
  /** JSON array. */
  readonly ids: string;
  readonly from: number;
  readonly to: number;
}

export function scoped({ domainId, sourceIds, from, to }: Scope): ScopeParameters {
  return { domain: domainId, ids: JSON.stringify(sourceIds), from, to };
}
