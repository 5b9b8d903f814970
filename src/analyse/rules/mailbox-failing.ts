import { utcDay } from '../../base/clock.js';
import { plainText } from '../../base/text.js';
import type { MailboxPolls } from '../../model/domain-facts.js';
import { countText, momentText } from '../words.js';
import type { ServiceRule } from './domain-rule.js';

const leastFailures = 3;
/** Retries begin after seconds: three of them are no outage. */
const leastSeconds = 15 * 60;

/** Whether no report can come from a mailbox. */
export function isFailing({ failures, failingSince }: MailboxPolls, now: number): boolean {
  return failures >= leastFailures && failingSince !== null && now - failingSince >= leastSeconds;
}

/** A mailbox cannot be polled. */
export const mailboxFailing: ServiceRule = {
  name: 'mailbox_failing',
  find: ({ now, polls }) =>
    polls
      .filter((each) => isFailing(each, now))
      .map(({ mailbox, failures, failingSince, error }) => ({
        rule: 'mailbox_failing',
        subject: mailbox,
        severity: 'warning',
        route: 'now',
        summary: `mailbox ${plainText(mailbox, 100)}: ${countText(failures, 'poll')} failed in a row since ${momentText(failingSince ?? now)}`,
        why: `The mailbox cannot be read, so no report comes from it: ${plainText(error, 300) || 'no reason was given'}.`,
        nextSteps: [
          'Run `ruawatch check`: it tries each mailbox and says what is wrong.',
          'Nothing is lost: what arrives meanwhile is read when the mailbox answers again.',
        ],
        from: utcDay(failingSince ?? now),
        to: utcDay(now),
        window: { messages: 0, failed: 0 },
        baseline: { days: 0, messages: 0, failed: 0 },
        pValue: null,
        about: {},
        firstArrival: now,
      })),
  end: ({ polls }, { sender }) => {
    const own = polls.find((each) => each.mailbox === sender);
    if (own === undefined) return 'accepted';
    return own.failures === 0 ? 'recovered' : null;
  },
};
