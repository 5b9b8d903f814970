import type { SourceKindDay } from '../../model/history.js';

/** Sums by how messages ended, of rows `x`; every row is in one of them. */
export const kindSums = `
  sum(iif(x.verdict = 'pass_both', x.messages, 0)) AS both,
  sum(iif(x.verdict = 'pass_dkim' AND x.trait <> 'relayed', x.messages, 0)) AS dkim,
  sum(iif(x.verdict = 'pass_dkim' AND x.trait = 'relayed', x.messages, 0)) AS relayed,
  sum(iif(x.verdict = 'pass_spf', x.messages, 0)) AS spf,
  sum(iif(x.verdict = 'fail' AND x.trait = 'forwarded', x.messages, 0)) AS forwarded,
  sum(iif(x.verdict = 'fail' AND x.trait = 'signed', x.messages, 0)) AS signed,
  sum(iif(x.verdict = 'fail' AND x.trait = 'elsewhere', x.messages, 0)) AS elsewhere,
  sum(iif(x.verdict = 'fail' AND x.trait = 'error', x.messages, 0)) AS error,
  sum(iif(x.verdict = 'fail' AND x.trait NOT IN ('forwarded', 'signed', 'elsewhere', 'error'), x.messages, 0)) AS "nothing"`;

/** The columns of these sums. */
export const kinds = [
  'both',
  'dkim',
  'relayed',
  'spf',
  'forwarded',
  'signed',
  'elsewhere',
  'error',
  'nothing',
] as const;

/** Both rows of a day together, as the first names it. */
export function addedKinds(one: SourceKindDay, other: SourceKindDay): SourceKindDay {
  const sum: Record<string, number> = {};
  for (const kind of kinds) sum[kind] = one[kind] + other[kind];
  return { ...one, ...sum };
}
