import { daySeconds, utcDay } from '../../base/clock.js';
import { countText, momentText, spanText } from '../words.js';
import { gapsBetween, usualGap } from './days.js';
import type { DomainRule } from './domain-rule.js';

const leastSilence = 2 * daySeconds;
/** A weekend with a day off more. */
const weekendPause = 4 * daySeconds;
/** From then on two weekends are known. */
const youngDays = 14;
/** The reporter that usually comes last may be missing before a pause and after it. */
const pauseMargin = 1.5;
/** Days of the last seven before the silence on which reports came: else the domain has no rhythm to miss. */
const weekDays = 7;
const leastDays = 5;

/** No reporter sends anything for a domain that used to have reports every day. */
export const reportsMissing: DomainRule = {
  name: 'reports_missing',
  find: ({ now, domain, reports, watchedSince, newestDay }) => {
    const arrivals = reports.map((each) => each.arrivedAt).sort((one, other) => one - other);
    const newest = arrivals.at(-1);
    if (newest === undefined || watchedSince === null) return [];
    const week = utcDay(newest) - (weekDays - 1) * daySeconds;
    const days = new Set(arrivals.filter((each) => each >= week).map(utcDay));
    const silence = Math.max(leastSilence, 3 * usualGap(arrivals), pauseMargin * usualPause(arrivals));
    if (days.size < leastDays || now - Math.max(newest, watchedSince) < silence) return [];
    const reporters = new Set(reports.filter((each) => each.arrivedAt >= week).map((each) => each.reporterId)).size;
    return [
      {
        rule: 'reports_missing',
        subject: '',
        severity: 'warning',
        route: 'now',
        summary: `${domain}: no report for ${spanText(now - newest)}, the last came on ${momentText(newest)}; before, ${countText(reporters, 'reporter')} sent some on ${days.size} of 7 days`,
        why: 'Nobody reports on the domain any more: reports go to another address, or the mail with them does not arrive.',
        nextSteps: [
          `Look at rua= in the TXT record _dmarc.${domain}: does it still name this mailbox?`,
          'Look whether the mailbox still takes mail: full, a new filter, the spam folder, an address that was removed.',
          'If rua= names an address of another domain, look whether that domain still publishes its consent (RFC 9990 section 4).',
        ],
        from: newestDay,
        to: Math.max(newestDay, utcDay(now)),
        window: { messages: 0, failed: 0 },
        baseline: { days: 0, messages: 0, failed: 0 },
        pValue: null,
        about: {},
        firstArrival: now,
      },
    ];
  },
  end: ({ reports }, open) => (reports.some((each) => each.arrivedAt > open.openedAt) ? 'recovered' : null),
};

/** A pause that was made twice is a habit, as weekends are: with many reporters it is rare among the gaps. Seconds. */
function usualPause(arrivals: readonly number[]): number {
  const [first = 0, last = 0] = [arrivals[0], arrivals.at(-1)];
  if (last - first < youngDays * daySeconds) return weekendPause / pauseMargin;
  const [, second = 0] = gapsBetween(arrivals).sort((one, other) => other - one);
  return second;
}
