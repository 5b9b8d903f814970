import type { PublishedPolicy } from '../../model/domain-facts.js';

/** A policy with its defaults filled in (RFC 9989 section 4.7, RFC 7489 section 6.3 for pct). */
export interface Policy {
  readonly p: string;
  readonly sp: string;
  readonly np: string;
  readonly pct: number;
  readonly adkim: string;
  readonly aspf: string;
  readonly t: string;
}

export const tags: readonly (keyof Policy)[] = ['p', 'sp', 'np', 'pct', 'adkim', 'aspf', 't'];

/** A tag that asks less of receivers than before. */
export interface Weakened {
  readonly tag: keyof Policy;
  readonly from: string;
  readonly to: string;
}

const strength: Readonly<Record<string, number>> = { none: 1, quarantine: 2, reject: 3 };

export function policyOf(published: PublishedPolicy): Policy {
  const p = wordOf(published.p, strength) ?? 'none';
  const sp = wordOf(published.sp, strength) ?? p;
  const np = wordOf(published.np, strength) ?? sp;
  return {
    p,
    sp,
    np,
    pct: published.pct ?? 100,
    adkim: wordOf(published.adkim, alignment) ?? 'r',
    aspf: wordOf(published.aspf, alignment) ?? 'r',
    t: published.testing?.toLowerCase() === 'y' ? 'y' : 'n',
  };
}

const alignment: Readonly<Record<string, number>> = { r: 1, s: 2 };

/** A word that reporters made up says nothing. */
function wordOf(word: string | null, known: Readonly<Record<string, number>>): string | null {
  const plain = word?.trim().toLowerCase() ?? '';
  return Object.hasOwn(known, plain) ? plain : null;
}

/** `p=reject sp=reject np=reject pct=100 adkim=r aspf=r t=n`. */
export function policyText({ p, sp, np, pct, adkim, aspf, t }: Policy): string {
  return `p=${p} sp=${sp} np=${np} pct=${pct} adkim=${adkim} aspf=${aspf} t=${t}`;
}

/** What `policyText` wrote. */
export function policyOfText(text: string): Policy {
  const tags = new Map(text.split(' ').map((each) => [each.replace(/=.*/, ''), each.replace(/^[^=]*=/, '')]));
  return policyOf({
    p: tags.get('p') ?? null,
    sp: tags.get('sp') ?? null,
    np: tags.get('np') ?? null,
    pct: Number(tags.get('pct') ?? 100),
    adkim: tags.get('adkim') ?? null,
    aspf: tags.get('aspf') ?? null,
    testing: tags.get('t') ?? null,
  });
}

/** The tags that are weaker; sp and np only where they do not just follow p. */
export function weakened(before: Policy, after: Policy): readonly Weakened[] {
  const rank = (tag: 'p' | 'sp' | 'np', { [tag]: word }: Policy) => strength[word] ?? 0;
  const found: Weakened[] = [];
  const add = (tag: keyof Policy) => found.push({ tag, from: String(before[tag]), to: String(after[tag]) });
  const isLess = (tag: 'p' | 'sp' | 'np') => rank(tag, after) < rank(tag, before);
  const follows = (tag: 'sp' | 'np', of: 'p' | 'sp') => before[tag] === before[of] && after[tag] === after[of];
  if (isLess('p')) add('p');
  if (isLess('sp') && !follows('sp', 'p')) add('sp');
  if (isLess('np') && !follows('np', 'sp')) add('np');
  if (after.pct < before.pct) add('pct');
  if (before.t === 'n' && after.t === 'y') add('t');
  if (before.adkim === 's' && after.adkim === 'r') add('adkim');
  if (before.aspf === 's' && after.aspf === 'r') add('aspf');
  return found;
}
