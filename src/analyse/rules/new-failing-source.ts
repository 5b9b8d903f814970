import { firstFailure } from './first-failure.js';
import type { Rule, Weighed } from './rule.js';

/** Any other first failure: a forwarder, a forgotten box, a spoofer, or a known sender that fails a little. */
export const newFailingSource: Rule = {
  name: 'new_failing_source',
  find: (facts) => {
    const hit = firstFailure(facts);
    return hit === null ? [] : [hit];
  },
  weigh: (group) => (tellNow(group) ? { severity: 'warning', route: 'now' } : { severity: 'info', route: 'digest' }),
};

/** More than the spray of a spoofer, and what a forgotten small server sends. */
const toldOnVolume = 20;

/** With p=quarantine or p=reject receivers do something about it already. */
function tellNow({ evidence, allForwarded, enforced, threat }: Weighed): boolean {
  if (evidence.late || evidence.flapping || evidence.class === 'known' || evidence.class === 'forwarder') return false;
  return !allForwarded && !enforced && !threat && evidence.window.failed >= toldOnVolume;
}
