import { daySeconds } from '../../base/clock.js';
import type { SenderDay } from '../../model/domain-facts.js';
import { countDays, dayOfText } from '../../model/finding.js';
import type { DayCount } from '../../model/finding.js';
import { recoveryOf } from '../recovery.js';
import { rateOf } from '../statistics.js';
import { figure, namesText, percent, whenText } from '../words.js';
import { breakAt, pooled } from './breaks.js';
import type { Break } from './breaks.js';
import type { DomainFacts, DomainRule } from './domain-rule.js';

/** One sender with this share of the failures that are too many, or those with findings of their own, say it all. */
const explained = 0.7;

/** The mail of a domain fails more than it used to, and no single sender is to blame. */
export const domainAlignmentDrop: DomainRule = {
  name: 'domain_alignment_drop',
  find: (facts) => {
    const days = ownDays(facts.senderDays);
    for (const end of facts.newDays.toReversed()) {
      const found = breakAt(
        days.filter((each) => each.day <= end),
        end,
        pooled,
      );
      if (found === null) continue;
      const extra = extraFailures(facts.senderDays, found);
      const sumOf = (senders: typeof extra) => senders.reduce((sum, each) => sum + each.failed, 0);
      const told = extra.filter((each) => facts.failing.has(each.sender));
      if (Math.max(sumOf(extra.slice(0, 1)), sumOf(told)) >= explained * sumOf(extra)) return [];
      return [
        caseOf(
          facts,
          found,
          extra.map((each) => each.sender),
        ),
      ];
    }
    return [];
  },
  end: (facts, { evidence: { window, baseline } }) => {
    const open = { to: dayOfText(window.to), window, baseline };
    return recoveryOf(open, ownDays(facts.senderDays)) === null ? null : 'recovered';
  },
};

function caseOf({ domain, firstArrival }: DomainFacts, found: Break, senders: readonly string[]) {
  const { from, to, counts, baseline, pValue } = found;
  return {
    rule: 'domain_alignment_drop',
    subject: '',
    severity: rateOf(counts) > 0.5 ? 'critical' : 'warning',
    route: 'now',
    summary: `${domain}: ${figure(counts.failed)} of ${figure(counts.messages)} messages of all its senders failed DMARC ${whenText(from, to)} (${percent(counts)}; before: ${percent(baseline)})`,
    why: `More mail fails than in the ${figure(baseline.days)} days before, at several senders at once: ${namesText(senders, 'others')}. No single one explains it.`,
    nextSteps: [
      `Look at what these senders share: the DKIM keys and the SPF record of ${domain}, its DMARC record (adkim, aspf), a gateway that all mail goes through.`,
      'Look at the open alerts of the senders themselves.',
    ],
    from,
    to,
    window: counts,
    baseline,
    pValue,
    about: {},
    firstArrival,
  } as const;
}

/** Mail that is ours or somebody's who is not set up: forwarded mail and what nothing authenticates say nothing of the domain. */
function ownDays(all: readonly SenderDay[]): DayCount[] {
  const days = new Map<number, DayCount>();
  for (const { day, messages, failed } of ownCounts(all)) {
    const sum = days.get(day) ?? { day, messages: 0, failed: 0 };
    days.set(day, { day, messages: sum.messages + messages, failed: sum.failed + failed });
  }
  return [...days.values()].filter((each) => each.messages > 0).sort((one, other) => one.day - other.day);
}

/** What a single reporter could not check on a day, because DNS gave it errors, counts for nothing. */
function ownCounts(all: readonly SenderDay[]): readonly (DayCount & Pick<SenderDay, 'sender'>)[] {
  const errorsBy = new Map<number, Set<number>>();
  for (const { day, known, errorsBy: ids } of all) {
    if (known) errorsBy.set(day, new Set([...(errorsBy.get(day) ?? []), ...ids]));
  }
  return all.map(({ day, sender, known, both, dkim, relayed, spf, signed, elsewhere, error, nothing }) => {
    const errors = (errorsBy.get(day)?.size ?? 0) < 2 ? 0 : error;
    const failed = known ? signed + elsewhere + errors + nothing : elsewhere;
    return { day, sender, messages: both + dkim + spf + (known ? relayed : 0) + failed, failed };
  });
}

/** Failures of each sender beyond its own past, the most first. */
function extraFailures(
  all: readonly SenderDay[],
  { from, to, baseline }: Break,
): readonly { readonly sender: string; readonly failed: number }[] {
  const senders = new Map<string, DayCount[]>();
  for (const each of ownCounts(all)) senders.set(each.sender, [...(senders.get(each.sender) ?? []), each]);
  const extra = [...senders].map(([sender, days]) => {
    const before = countDays(days, from - baseline.days * daySeconds, from - daySeconds);
    const now = countDays(days, from, to);
    return { sender, failed: now.failed - rateOf(before) * now.messages };
  });
  return extra.filter((each) => each.failed > 0).sort((one, other) => other.failed - one.failed);
}
