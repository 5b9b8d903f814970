import type { Mechanism } from '../model/finding.js';
import { organisationOf } from '../base/organisation.js';
import type { AlignmentModes, RecordGroup } from '../model/record-group.js';

/** Why messages fail, as far as raw results tell. */
export type Cause =
  | 'forwarded'
  | 'contradiction'
  | 'strict'
  | 'signature_missing'
  | 'signature_fails'
  | 'both_unaligned'
  | 'spf_unaligned'
  | 'dkim_unaligned'
  | 'spf_fails'
  | 'spf_new_ip'
  | 'error'
  | 'nothing'
  | 'unknown';

/** What passed for our organisation before: tells a broken sender from one that was never set up. */
export interface Before {
  readonly signed: boolean;
  /** SPF names the servers one by one: what passed at others says nothing of a source IP. */
  readonly spfIps: ReadonlySet<string>;
}

/** What a cause is judged by, beside the rows. */
export interface Circumstances {
  /** The policy domain. */
  readonly domain: string;
  readonly modes: AlignmentModes;
  readonly mechanism: Mechanism;
  readonly before: Before;
}

type Result = { readonly domain: string; readonly result: string };

/** The domain of a result belongs to the policy domain's organisation. Explains a verdict, never replaces it. */
export function isOurs(domain: string, ours: string): boolean {
  return organisationOf(domain) === organisationOf(ours);
}

export function isPass({ result }: Result): boolean {
  return result === 'pass';
}

export function isError({ result }: Result): boolean {
  return result === 'temperror' || result === 'permerror';
}

export function beforeOf(passing: readonly RecordGroup[], domain: string): Before {
  const passed = (each: Result) => isPass(each) && isOurs(each.domain, domain);
  return {
    signed: passing.some((group) => group.dkim.some(passed)),
    spfIps: new Set(passing.filter((group) => group.spf.some(passed)).map((group) => group.ip)),
  };
}

/** The cause behind one group: what the receiver says, what its own results say, what changed, what was never right. */
export function causeOf(whole: RecordGroup, seen: Circumstances): Cause {
  if (whole.forwarded) return 'forwarded';
  const group = legOf(whole, seen.mechanism);
  const own = ownPasses(group, seen);
  if (own.length > 0) return own.some((each) => each.aligned) ? 'contradiction' : 'strict';
  const ours = group.dkim.filter((each) => isOurs(each.domain, seen.domain) && each.result !== 'none');
  if (seen.before.signed && seen.mechanism !== 'spf') return changedSignature(ours);
  return neverRight(group, ours, { before: seen.before, ip: whole.ip });
}

/** Of a finding about one leg only that leg's results count. */
function legOf(group: RecordGroup, mechanism: Mechanism): Pick<RecordGroup, 'dkim' | 'spf' | 'headerFrom'> {
  const { dkim, spf, headerFrom } = group;
  return { headerFrom, dkim: mechanism === 'spf' ? [] : dkim, spf: mechanism === 'dkim' ? [] : spf };
}

/** Our own recomputation of alignment (RFC 7489 section 3.1): passes for our organisation, and whether they align. */
function ownPasses(
  { dkim, spf, headerFrom }: Pick<RecordGroup, 'dkim' | 'spf' | 'headerFrom'>,
  { domain, modes }: Circumstances,
): { aligned: boolean }[] {
  const from = headerFrom === '' ? domain : headerFrom;
  const judged = (mode: string | null) => (each: Result) => ({
    aligned: mode !== 's' || each.domain.toLowerCase() === from.toLowerCase(),
  });
  const passes = (each: Result) => isPass(each) && isOurs(each.domain, from);
  return [...dkim.filter(passes).map(judged(modes.adkim)), ...spf.filter(passes).map(judged(modes.aspf))];
}

function changedSignature(ours: readonly Result[]): Cause {
  if (ours.length === 0) return 'signature_missing';
  return ours.every(isError) ? 'error' : 'signature_fails';
}

function neverRight(
  { dkim, spf }: Pick<RecordGroup, 'dkim' | 'spf'>,
  ours: readonly Result[],
  { before, ip }: { readonly before: Before; readonly ip: string },
): Cause {
  const signed = dkim.some(isPass);
  const sent = spf.some(isPass);
  if (signed && sent) return 'both_unaligned';
  if (sent) return 'spf_unaligned';
  if (signed) return 'dkim_unaligned';
  if (dkim.length + spf.length === 0) return 'unknown';
  if ([...dkim, ...spf].every(isError)) return 'error';
  if (ours.length > 0) return 'signature_fails';
  if (before.spfIps.size === 0) return 'nothing';
  return before.spfIps.has(ip) ? 'spf_fails' : 'spf_new_ip';
}

/** The cause of most failing messages, earlier groups first in a tie, and the groups that show it. */
export function mainCause(
  failing: readonly RecordGroup[],
  seen: Circumstances,
): { readonly cause: Cause; readonly groups: readonly RecordGroup[] } {
  const byCause = new Map<Cause, { messages: number; groups: RecordGroup[] }>();
  for (const group of failing) {
    const cause = causeOf(group, seen);
    const sum = byCause.get(cause) ?? { messages: 0, groups: [] };
    sum.messages += group.messages;
    sum.groups.push(group);
    byCause.set(cause, sum);
  }
  const ranked = [...byCause].sort((one, other) => other[1].messages - one[1].messages);
  // Forwarding excuses only what is left when everything else is explained.
  const main = ranked.find(([cause]) => cause !== 'forwarded') ?? ranked[0];
  return main === undefined ? { cause: 'unknown', groups: [] } : { cause: main[0], groups: main[1].groups };
}
