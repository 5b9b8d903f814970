import { plainText } from '../../base/text.js';
import type { DomainCase, TouchedDomain } from '../../model/domain-facts.js';
import { countText, figure } from '../words.js';

/** Domains told one by one in an evaluation: one mail may name any number. */
const oneByOne = 20;

/** Subject of the finding that stands for the domains past the bound. */
export const otherDomains = 'other domains';

/** Reports for domains that are not configured. */
export function unknownDomains(
  touched: readonly TouchedDomain[],
): readonly (DomainCase & { readonly of: TouchedDomain | null })[] {
  const foreign = touched.filter((each) => each.foreign).sort((one, other) => other.messages - one.messages);
  const rest = foreign.slice(oneByOne);
  const cases = foreign.slice(0, oneByOne).map((of) => ({ ...caseOf([of], ''), of }));
  return rest.length === 0 ? cases : [...cases, { ...caseOf(rest, otherDomains), of: null }];
}

function caseOf(domains: readonly TouchedDomain[], subject: string): DomainCase {
  const reports = domains.reduce((sum, each) => sum + each.reports, 0);
  const messages = domains.reduce((sum, each) => sum + each.messages, 0);
  const days = domains.flatMap((each) => each.days);
  const name =
    domains.length === 1 ? plainText(domains[0]?.domain ?? '', 100) : `${figure(domains.length)} more domains`;
  return {
    rule: 'unknown_domain',
    subject,
    severity: 'info',
    route: 'digest',
    summary: `${countText(reports, 'report')} for ${name}, which ${domains.length === 1 ? 'is' : 'are'} not configured (${countText(messages, 'message')})`,
    why: 'Somebody asks reporters to send their reports here, or a domain of yours is missing in the configuration. The reports are kept, and are in no total.',
    nextSteps: ['If it is yours, add it to `domains` in the configuration.', 'If not, nothing is to do.'],
    from: Math.min(...days),
    to: Math.max(...days),
    window: { messages, failed: 0 },
    baseline: { days: 0, messages: 0, failed: 0 },
    pValue: null,
    about: {},
    firstArrival: Math.min(...domains.map((each) => each.firstArrival)),
  };
}
