import { rateOf } from '../statistics.js';
import { brokenLeg } from './broken.js';
import { isKnown } from './rule.js';
import type { Rule } from './rule.js';

/** A leg that passed less often before was never one to rely on. */
const mostFailedBefore = 0.2;

/** DKIM or SPF of a known sender stopped aligning while the other leg still passes DMARC. */
export const mechanismBroken: Rule = {
  name: 'mechanism_broken',
  find: (facts) => {
    if (!isKnown(facts.sender)) return [];
    return (['dkim', 'spf'] as const).flatMap((leg) => {
      const hit = brokenLeg(facts, leg);
      return hit !== null && rateOf(hit.baseline) <= mostFailedBefore ? [hit] : [];
    });
  },
  weigh: ({ evidence, onlyErrors, failingReporters }) => {
    const isDoubtful = onlyErrors && failingReporters < 2;
    return { severity: 'warning', route: isDoubtful || evidence.late || evidence.flapping ? 'digest' : 'now' };
  },
};
