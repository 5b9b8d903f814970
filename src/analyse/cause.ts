import type { AuthSet } from '../model/history.js';
import { organisation } from './sender.js';

/** Why messages fail, as far as raw results tell. */
export type Cause =
  | 'forwarded'
  | 'signature_missing'
  | 'signature_fails'
  | 'both_unaligned'
  | 'spf_unaligned'
  | 'dkim_unaligned'
  | 'spf_fails'
  | 'error'
  | 'nothing'
  | 'unknown';

/** What passed before: tells a broken sender from one that was never set up. */
export interface Before {
  readonly signed: boolean;
  readonly spf: boolean;
}

/** The domain of a result belongs to the policy domain's organisation. Explains a verdict, never replaces it. */
export function isOurs(domain: string, ours: string): boolean {
  return (organisation(domain) ?? domain.toLowerCase()) === (organisation(ours) ?? ours.toLowerCase());
}

export function beforeOf(passing: readonly AuthSet[], domain: string): Before {
  const passed = (each: { readonly domain: string; readonly result: string }) =>
    each.result === 'pass' && isOurs(each.domain, domain);
  return {
    signed: passing.some((set) => set.dkim.some(passed)),
    spf: passing.some((set) => set.spf.some(passed)),
  };
}

/** The cause behind one set of results: first what changed, then what was never right. */
export function causeOf(set: AuthSet, domain: string, before: Before): Cause {
  const ownSignature = set.dkim.some((each) => isOurs(each.domain, domain) && each.result !== 'none');
  if (before.signed && !set.dkim.some((each) => isOurs(each.domain, domain) && each.result === 'pass'))
    return changedSignature(set, domain, ownSignature);
  const dkim = set.dkim.some((each) => each.result === 'pass');
  const spf = set.spf.some((each) => each.result === 'pass');
  if (dkim && spf) return 'both_unaligned';
  if (spf) return 'spf_unaligned';
  if (dkim) return 'dkim_unaligned';
  if (set.dkim.length + set.spf.length === 0) return 'unknown';
  if ([...set.dkim, ...set.spf].every((each) => isError(each.result))) return 'error';
  if (ownSignature) return 'signature_fails';
  return before.spf ? 'spf_fails' : 'nothing';
}

function changedSignature(set: AuthSet, domain: string, present: boolean): Cause {
  if (!present) return 'signature_missing';
  const own = set.dkim.filter((each) => isOurs(each.domain, domain));
  return own.every((each) => isError(each.result)) ? 'error' : 'signature_fails';
}

function isError(result: string): boolean {
  return result === 'temperror' || result === 'permerror';
}

/** The cause of most failing messages; earlier sets win a tie. */
export function mainCause(failing: readonly AuthSet[], domain: string, before: Before): Cause {
  const counts = new Map<Cause, number>();
  for (const set of failing) {
    const cause = causeOf(set, domain, before);
    counts.set(cause, (counts.get(cause) ?? 0) + set.messages);
  }
  const ranked = [...counts].sort((one, other) => other[1] - one[1]);
  return ranked[0]?.[0] ?? 'unknown';
}
