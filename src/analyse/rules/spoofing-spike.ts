import { daySeconds } from '../../base/clock.js';
import type { SenderDay } from '../../model/domain-facts.js';
import { dayOfText } from '../../model/finding.js';
import { countTail } from '../statistics.js';
import { figure, whenText } from '../words.js';
import { daysBefore, median } from './days.js';
import type { DomainFacts, DomainRule } from './domain-rule.js';

const baselineDays = 28;
const leastDays = 7;
const leastMessages = 50;
const leastRise = 5;
const below = 1e-4;
/** Reports of a day come in over two days. */
const settledDays = 2;

/** Far more mail than usual that nothing authenticates: somebody uses the domain's name. */
export const spoofingSpike: DomainRule = {
  name: 'spoofing_spike',
  find: (facts) => {
    const days = unauthenticated(facts.senderDays);
    for (const day of facts.newDays.toReversed()) {
      const found = spikeOn(facts, days, day);
      if (found !== null) return [caseOf(facts, found)];
    }
    return [];
  },
  end: (facts, { evidence: { window, about } }) => {
    const days = unauthenticated(facts.senderDays);
    const usual = Math.max(leastMessages, leastRise * Number(about?.['median'] ?? 0));
    const settled = facts.now - (settledDays + 1) * daySeconds;
    const reported = new Set(facts.reports.map((each) => each.lastDay));
    const later = [...reported].filter((day) => day > dayOfText(window.to) && day <= settled).sort((a, b) => b - a);
    const newest = later.slice(0, 2);
    return newest.length === 2 && newest.every((day) => (days.get(day) ?? 0) < usual) ? 'recovered' : null;
  },
};

interface Spike {
  readonly day: number;
  readonly messages: number;
  readonly before: readonly number[];
  readonly pValue: number;
}

function spikeOn(facts: DomainFacts, days: ReadonlyMap<number, number>, day: number): Spike | null {
  const messages = days.get(day) ?? 0;
  const since = facts.reports[0]?.firstDay ?? day;
  const before = daysBefore(day, baselineDays, since).map((each) => days.get(each) ?? 0);
  if (before.length < leastDays || messages < leastMessages || messages < leastRise * median(before)) return null;
  const pValue = countTail(messages, before);
  return pValue < below ? { day, messages, before, pValue } : null;
}

function caseOf({ domain, enforced, firstArrival }: DomainFacts, { day, messages, before, pValue }: Spike) {
  const usual = median(before);
  const sum = before.reduce((total, each) => total + each, 0);
  return {
    rule: 'spoofing_spike',
    subject: '',
    severity: enforced ? 'info' : 'warning',
    route: enforced ? 'digest' : 'now',
    summary: `${domain}: ${figure(messages)} messages that nothing authenticates ${whenText(day, day)} (usual on a day: ${figure(usual)})`,
    why: 'Far more mail than usual passes neither SPF nor DKIM for anybody, from senders that are not yours: somebody pretends to be you.',
    nextSteps: enforced
      ? [`Nothing is to do: the policy of ${domain} asks receivers to refuse or set aside such mail.`]
      : [
          `The policy of ${domain} lets such mail through. When your own senders pass, move to p=quarantine, then p=reject.`,
          'Warn those who may get it, if a fraud is going on.',
        ],
    from: day,
    to: day,
    window: { messages, failed: messages },
    baseline: { days: before.length, messages: sum, failed: sum },
    pValue,
    classified: { class: 'unauthenticated', step: 7, evidence: 'nothing passes' },
    about: { median: usual },
    firstArrival,
  } as const;
}

/** Messages by day of senders that are not known. */
function unauthenticated(all: readonly SenderDay[]): ReadonlyMap<number, number> {
  const days = new Map<number, number>();
  for (const { day, known, nothing } of all) if (!known) days.set(day, (days.get(day) ?? 0) + nothing);
  return days;
}
