import { daySeconds, utcDay } from '../../base/clock.js';
import { dayOfText } from '../../model/finding.js';
import { figure, whenText } from '../words.js';
import { daysBefore, median, regular, volumeOn, volumes } from './days.js';
import type { Volume } from './days.js';
import type { DomainFacts, DomainRule } from './domain-rule.js';

const baselineDays = 28;
const leastDays = 14;
const leastMessages = 100;
const factor = 5;
/** Beyond anything of the four weeks: weekdays and weekends are both among them. */
const beyondRange = 2;
/** Reports of a day come in over two days: a fall is judged after them. */
const settledDays = 3;
const acceptedAfter = 28 * daySeconds;

/** Five times as much passing mail as usual, or a fifth of it. */
export const volumeChange: DomainRule = {
  name: 'volume_change',
  find: (facts) => {
    if (facts.backlog) return [];
    const settled = utcDay(facts.now) - settledDays * daySeconds;
    const changes = [...facts.newDays.map((day) => changeOn(facts, day, 'rise')), changeOn(facts, settled, 'fall')];
    const found = changes.find((each) => each !== null);
    return found === undefined || found === null ? [] : [caseOf(facts, found)];
  },
  end: (facts, { openedAt, evidence: { window, about } }) => {
    if (facts.now - openedAt > acceptedAfter) return 'accepted';
    const usual = Number(about?.['median'] ?? 0);
    const day = utcDay(facts.now) - settledDays * daySeconds;
    const { pass } = volumeOn(volumes(regular(facts.reports, leastDays)), day);
    return day > dayOfText(window.to) && pass <= 2 * usual && pass * 2 >= usual ? 'recovered' : null;
  },
};

interface Change {
  readonly direction: 'rise' | 'fall';
  readonly day: number;
  readonly pass: number;
  readonly before: readonly number[];
}

function changeOn(facts: DomainFacts, day: number, direction: Change['direction']): Change | null {
  // Whoever has not reported on the day or later yet may still do so.
  const reports = regular(facts.reports, leastDays);
  const alive = new Set(reports.filter((each) => each.lastDay >= day).map((each) => each.reporterId));
  const days = volumes(reports.filter((each) => alive.has(each.reporterId)));
  const since = facts.reports[0]?.firstDay ?? day;
  const earlier = daysBefore(day, baselineDays, since).map((each) => volumeOn(days, each));
  const before = earlier.map((each) => each.pass);
  const now = volumeOn(days, day);
  if (before.length < leastDays || alive.size === 0) return null;
  // A day that nobody reported is another matter: reports_missing tells of it.
  if (!reports.some((each) => each.firstDay <= day && each.lastDay >= day)) return null;
  const hit = direction === 'rise' ? hasRisen(now.pass, before) : hasFallen(now, earlier);
  return hit ? { direction, day, pass: now.pass, before } : null;
}

function hasRisen(pass: number, before: readonly number[]): boolean {
  return pass >= leastMessages && pass >= factor * median(before) && pass >= beyondRange * Math.max(...before);
}

function hasFallen({ pass, messages }: Volume, earlier: readonly Volume[]): boolean {
  const before = earlier.map((each) => each.pass);
  const usual = median(before);
  const failing = messages - pass - median(earlier.map((each) => each.messages - each.pass));
  if (usual < leastMessages || pass * factor > usual || pass * beyondRange >= Math.min(...before)) return false;
  // Mail that fails instead has findings of its own.
  return failing < (usual - pass) / 2;
}

function caseOf({ domain, firstArrival }: DomainFacts, { direction, day, pass, before }: Change) {
  const usual = median(before);
  const messages = Math.round(pass);
  return {
    rule: 'volume_change',
    subject: '',
    severity: 'info',
    route: 'digest',
    summary: `${domain}: ${figure(messages)} messages passed DMARC ${whenText(day, day)}, ${direction === 'rise' ? 'far more' : 'far less'} than usual (${figure(Math.round(usual))} on a day)`,
    why:
      direction === 'rise'
        ? 'Your senders sent far more than on any day of the four weeks before: a campaign, a new service, or somebody who uses one of your senders.'
        : 'Your senders sent far less than on any day of the four weeks before, and no more mail fails instead.',
    nextSteps: [
      direction === 'rise'
        ? 'Look at the sources of that day: is one of them new, or busier than it should be?'
        : 'Look whether a service stopped sending, or sends in the name of another domain.',
    ],
    from: day,
    to: day,
    window: { messages, failed: 0 },
    baseline: { days: before.length, messages: Math.round(before.reduce((sum, each) => sum + each, 0)), failed: 0 },
    pValue: null,
    about: { median: usual },
    firstArrival,
  } as const;
}
