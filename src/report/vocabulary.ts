import type { Note } from './problems.js';

/** The closed lists of RFC 7489 appendix C and RFC 9990 appendix A, both generations together. */
export const vocabulary = {
  alignment: new Set(['r', 's']),
  policy: new Set(['none', 'quarantine', 'reject']),
  testing: new Set(['y', 'n']),
  discovery: new Set(['psl', 'treewalk']),
  disposition: new Set(['none', 'quarantine', 'reject', 'pass']),
  verdict: new Set(['pass', 'fail']),
  dkimResult: new Set(['none', 'pass', 'fail', 'policy', 'neutral', 'temperror', 'permerror']),
  spfResult: new Set(['none', 'pass', 'fail', 'softfail', 'policy', 'neutral', 'temperror', 'permerror']),
  scope: new Set(['mfrom', 'helo']),
  reason: new Set([
    'forwarded',
    'sampled_out',
    'trusted_forwarder',
    'mailing_list',
    'local_policy',
    'policy_test_mode',
    'other',
  ]),
} as const satisfies Record<string, ReadonlySet<string>>;

/** A word of the list in lower case; any other word as it is, noted. Absent stays null and empty stays "". */
export function wordOf(raw: string | null, words: ReadonlySet<string>, note: Note, path: string): string | null {
  if (raw === null || raw === '' || words.has(raw)) return raw;
  const folded = raw.toLowerCase();
  const known = words.has(folded);
  note(known ? 'word-case' : 'unknown-word', path, raw);
  return known ? folded : raw;
}
