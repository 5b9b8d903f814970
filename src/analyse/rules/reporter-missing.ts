import { plainText } from '../../base/text.js';
import { daySeconds, utcDay } from '../../base/clock.js';
import type { DomainReport } from '../../model/domain-facts.js';
import { figure, momentText, spanText } from '../words.js';
import { usualGap } from './days.js';
import type { DomainFacts, DomainRule } from './domain-rule.js';

const silentSeconds = 7 * daySeconds;
const pastDays = 28;
/** Days of these 28 with reports: a reporter that comes now and then is not missed. */
const leastDays = 14;
const biggest = 3;
const othersWithin = 2 * daySeconds;
const acceptedAfter = 28 * daySeconds;

/** One of the reporters that see most of the mail sends nothing for a week, while others do. */
export const reporterMissing: DomainRule = {
  name: 'reporter_missing',
  find: (facts) => {
    const { now, watchedSince, reports } = facts;
    if (watchedSince === null || !reports.some((each) => each.arrivedAt >= now - othersWithin)) return [];
    return biggestReporters(facts).flatMap((own) => {
      const arrivals = own.map((each) => each.arrivedAt).sort((one, other) => one - other);
      const [newest, name] = [arrivals.at(-1), own[0]?.reporter];
      if (newest === undefined || name === undefined || new Set(arrivals.map(utcDay)).size < leastDays) return [];
      const silence = Math.max(silentSeconds, 3 * usualGap(arrivals));
      return now - Math.max(newest, watchedSince) < silence ? [] : [caseOf(facts, name, newest, own)];
    });
  },
  end: ({ now, reports }, { sender, openedAt }) => {
    if (reports.some((each) => nameOf(each.reporter) === sender && each.arrivedAt > openedAt)) return 'recovered';
    return now - openedAt > acceptedAfter ? 'accepted' : null;
  },
};

function nameOf(reporter: string): string {
  return plainText(reporter, 100);
}

/** The reports of each of the three that reported the most messages in the four weeks before the last one. */
function biggestReporters({ now, reports }: DomainFacts): readonly (readonly DomainReport[])[] {
  const [from, to] = [now - silentSeconds - pastDays * daySeconds, now - silentSeconds];
  const own = new Map<number, DomainReport[]>();
  for (const each of reports) own.set(each.reporterId, [...(own.get(each.reporterId) ?? []), each]);
  const past = (all: readonly DomainReport[]) =>
    all.filter((each) => each.arrivedAt >= from && each.arrivedAt <= to).reduce((sum, each) => sum + each.messages, 0);
  const ranked = [...own.values()].map((all) => ({ all, messages: past(all) }));
  return ranked
    .filter((each) => each.messages > 0)
    .sort((one, other) => other.messages - one.messages)
    .slice(0, biggest)
    .map(({ all }) => all.filter((each) => each.arrivedAt >= from));
}

function caseOf(
  { now, domain, newestDay }: DomainFacts,
  reporter: string,
  newest: number,
  own: readonly DomainReport[],
) {
  const messages = own.reduce((sum, each) => sum + each.messages, 0);
  const name = nameOf(reporter);
  return {
    rule: 'reporter_missing',
    subject: name,
    severity: 'info',
    route: 'digest',
    summary: `${domain}: ${name} has sent no report for ${spanText(now - newest)}, the last came on ${momentText(newest)}`,
    why: `One of the reporters that see most of the mail (${figure(messages)} messages in the weeks before) is silent, while others report. What it sees is not watched.`,
    nextSteps: [
      `Look whether mail still goes to ${name}, and whether its reports land in a spam folder or are refused for their size.`,
      'Other users of that reporter may see the same: then nothing is to do but to wait.',
    ],
    from: newestDay,
    to: Math.max(newestDay, utcDay(now)),
    window: { messages: 0, failed: 0 },
    baseline: { days: 0, messages: 0, failed: 0 },
    pValue: null,
    about: {},
    firstArrival: now,
  } as const;
}
