import { countDays } from '../../model/finding.js';
import { firstFailure } from './first-failure.js';
import { isKnown } from './rule.js';
import type { Rule, Weighed } from './rule.js';

/** A sender that passes DKIM or SPF for a domain of its own, not ours, for the first time: a service nobody set up. */
export const newUnalignedSender: Rule = {
  name: 'new_unaligned_sender',
  find: (facts) => {
    const hit = isKnown(facts.sender) ? null : firstFailure(facts);
    if (hit === null) return [];
    const elsewhere = facts.days.map((day) => ({ day: day.day, messages: day.elsewhere, failed: day.elsewhere }));
    return countDays(elsewhere, hit.from, hit.to).failed > 0 ? [hit] : [];
  },
  weigh: (group) => (tellNow(group) ? { severity: 'warning', route: 'now' } : { severity: 'info', route: 'digest' }),
};

function tellNow({ evidence, unaligned, failingDays, failingReporters, allForwarded, threat }: Weighed): boolean {
  if (evidence.late || evidence.flapping || allForwarded || threat) return false;
  return unaligned > 0 && (unaligned >= 5 || failingDays >= 2 || failingReporters >= 2);
}
