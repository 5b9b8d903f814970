import { daySeconds, utcDay } from '../../base/clock.js';
import { countText, figure, namesText } from '../words.js';
import type { ServiceRule } from './domain-rule.js';

/** Fewer mails of a day that cannot be read are nothing to tell. */
export const leastFailures = 3;
/** Of the mails that should have brought a report. */
const leastShare = 0.1;

/** Mails that should bring reports cannot be read. */
export const parseFailing: ServiceRule = {
  name: 'parse_failing',
  find: ({ now, readings }) => {
    if (readings === null) return [];
    const { read, failed, failedOfKnown, outcomes, from } = readings;
    if (failed < leastFailures || failed <= leastShare * (read + failed)) return [];
    // Anybody can mail rubbish: it wakes nobody unless it comes from addresses that sent readable reports before.
    const grave = failedOfKnown >= leastFailures;
    return [
      {
        rule: 'parse_failing',
        subject: '',
        severity: grave ? 'warning' : 'info',
        route: grave ? 'now' : 'digest',
        summary: `${countText(failed, 'mail')} of ${figure(read + failed)} in the last day could not be read: ${outcomes.map(({ outcome, mails }) => `${outcome} ${figure(mails)}`).join(', ')}`,
        why: `Mails that should bring reports are damaged, too large, or in a form that ruawatch does not know: from ${namesText(from, 'unknown addresses')}.`,
        nextSteps: [
          'Run `ruawatch mails --outcome malformed` (unsupported, oversized, failed): each line says why.',
          'After an update that can read them, `ruawatch replay` reads the kept mails again.',
        ],
        from: utcDay(now - daySeconds),
        to: utcDay(now),
        window: { messages: 0, failed: 0 },
        baseline: { days: 0, messages: 0, failed: 0 },
        pValue: null,
        about: {},
        firstArrival: now,
      },
    ];
  },
  end: () => 'recovered',
};
