import { organisationOf } from '../../base/organisation.js';
import type { OverrideReason, ReportRecord } from '../../model/report.js';
import { verdictOf } from '../../model/report.js';
import type { Trait } from '../../model/sender.js';

/** What the trait of a record depends on. */
export type TraitFacts = Pick<ReportRecord, 'dkim' | 'spf' | 'headerFrom' | 'reasons' | 'auth'>;

/** How the messages of a record authenticate. Ours is the organisational domain of header_from, else of `policyDomain`. */
export function traitOf(record: TraitFacts, policyDomain: string | null): Trait {
  const from = record.headerFrom ?? '';
  const ours = organisation(from === '' ? policyDomain : from);
  switch (verdictOf(record)) {
    case 'pass_both':
    case 'pass_spf':
      return 'direct';
    case 'pass_dkim':
      return isRelayed(record.auth, ours) ? 'relayed' : 'direct';
    case 'fail':
      return ofFailing(record, ours);
  }
}

/** Whether the reporter puts the result down to forwarding (RFC 7489 appendix C, RFC 9990 section 3.1.1.7). */
export function isForwarded(reasons: readonly OverrideReason[]): boolean {
  return reasons.some(({ type, comment }) => {
    if (type === 'forwarded' || type === 'mailing_list' || type === 'trusted_forwarder') return true;
    return type === 'local_policy' && (comment ?? '').toLowerCase().includes('arc=pass');
  });
}

const softFailures = new Set(['fail', 'softfail', 'neutral', 'hardfail']);

/** A forwarder keeps our envelope sender, and SPF fails for us; or writes in its own (SRS), and signs nothing. */
function isRelayed({ dkim, spf }: TraitFacts['auth'], ours: string | null): boolean {
  const signers = new Set(dkim.map((each) => organisation(each.domain)));
  const passed = spf.filter((each) => each.result === 'pass').map((each) => organisation(each.domain));
  if (passed.some((domain) => domain === ours || signers.has(domain))) return false;
  if (passed.length > 0) return true;
  return spf.some((each) => softFailures.has(each.result ?? '') && organisation(each.domain) === ours);
}

const dnsErrors = new Set(['temperror', 'error']);

function ofFailing({ reasons, auth }: TraitFacts, ours: string | null): Trait {
  if (isForwarded(reasons)) return 'forwarded';
  const signatures = auth.dkim.filter((each) => each.result !== 'none');
  const doesNotVerify = (result: string | null) => result !== 'pass' && !dnsErrors.has(result ?? '');
  if (ours !== null && signatures.some((each) => organisation(each.domain) === ours && doesNotVerify(each.result)))
    return 'signed';
  const results = [...signatures, ...auth.spf];
  if (results.some((each) => each.result === 'pass')) return 'elsewhere';
  return results.every((each) => dnsErrors.has(each.result ?? '')) ? 'error' : 'nothing';
}

function organisation(domain: string | null): string | null {
  return domain === null || domain === '' ? null : organisationOf(domain);
}
