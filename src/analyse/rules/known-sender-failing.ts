import { brokenLeg } from './broken.js';
import { isKnown } from './rule.js';
import type { Rule } from './rule.js';

/** A sender that is known to pass fails DMARC more than chance explains. */
export const knownSenderFailing: Rule = {
  name: 'known_sender_failing',
  find: (facts) => {
    const hit = isKnown(facts.sender) ? brokenLeg(facts, 'dmarc') : null;
    return hit === null ? [] : [hit];
  },
  weigh: ({ evidence, onlyErrors, relays, failingReporters }) => {
    // One reporter that could not ask DNS says nothing of ours; two do.
    if (onlyErrors && failingReporters < 2) return { severity: 'warning', route: 'digest' };
    // A forwarder that carries much of the mail is known like a sender; what it spoils wakes nobody.
    if (relays) return { severity: 'warning', route: 'digest' };
    return { severity: 'critical', route: evidence.late || evidence.flapping ? 'digest' : 'now' };
  },
};
