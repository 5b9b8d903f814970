import { daySeconds } from '../../base/clock.js';
import { figure, namesText } from '../words.js';
import type { DomainRule } from './domain-rule.js';

const acceptedAfter = 28 * daySeconds;

/** Names below the domain that pass DMARC for the first time: somebody of yours began to send with them. */
export const newSubdomain: DomainRule = {
  name: 'new_subdomain',
  find: ({ domain, names, newDays, newestDay, firstArrival }) => {
    const [busiest] = names;
    if (busiest === undefined) return [];
    const messages = names.reduce((sum, each) => sum + each.messages, 0);
    const one = names.length === 1;
    return [
      {
        rule: 'new_subdomain',
        subject: busiest.name,
        severity: 'info',
        route: 'digest',
        summary: `${domain}: ${one ? 'a name' : `${figure(names.length)} names`} not seen before in From ${one ? 'passes' : 'pass'} DMARC: ${namesText(names.map((each) => each.name), '')} (${figure(messages)} messages)`, // prettier-ignore
        why: 'Mail with a From below the domain passes: a service or a department of yours began to use it.',
        nextSteps: [
          `If nobody of yours sends with it, look who may publish DNS records or sign below ${domain}.`,
          `Look whether sp= of ${domain} suits it.`,
        ],
        from: newDays[0] ?? newestDay,
        to: newDays.at(-1) ?? newestDay,
        window: { messages, failed: 0 },
        baseline: { days: 0, messages: 0, failed: 0 },
        pValue: null,
        about: {},
        firstArrival,
      },
    ];
  },
  end: ({ now }, { openedAt }) => (now - openedAt > acceptedAfter ? 'accepted' : null),
};
