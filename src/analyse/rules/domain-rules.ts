import { domainAlignmentDrop } from './domain-alignment-drop.js';
import type { DomainRule, ServiceRule } from './domain-rule.js';
import { mailboxFailing } from './mailbox-failing.js';
import { newSubdomain } from './new-subdomain.js';
import { parseFailing } from './parse-failing.js';
import { policyWeakened } from './policy-weakened.js';
import { reporterMissing } from './reporter-missing.js';
import { reportsMissing } from './reports-missing.js';
import { spoofingSpike } from './spoofing-spike.js';
import { volumeChange } from './volume-change.js';

/** The rules about a policy domain as a whole. */
export const domainRules: readonly DomainRule[] = [
  policyWeakened,
  domainAlignmentDrop,
  spoofingSpike,
  reportsMissing,
  reporterMissing,
  newSubdomain,
  volumeChange,
];

/** The rules about the service itself. */
export const serviceRules: readonly ServiceRule[] = [mailboxFailing, parseFailing];
