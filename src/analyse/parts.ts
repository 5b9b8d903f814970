import type { SourceKindDay } from '../model/history.js';
import type { Part } from './rules/rule.js';
import { sumKinds } from './rules/series.js';

/** Rows by reporter or by source IP; days ascending. */
export function partsOf(rows: readonly SourceKindDay[], key: (row: SourceKindDay) => number): Part[] {
  const parts = new Map<number, SourceKindDay[]>();
  for (const row of rows) {
    const own = parts.get(key(row));
    if (own === undefined) parts.set(key(row), [row]);
    else own.push(row);
  }
  return [...parts].map(([id, own]) => ({ id, days: sumKinds([own]) }));
}
