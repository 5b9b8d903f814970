import { statusAnswer } from '../../model/api.js';
import type { StatusAnswer } from '../../model/api.js';
import type { MailboxState } from '../../observe/observe.js';
import { endpoint } from '../endpoint.js';
import type { Endpoint, ServeContext } from '../endpoint.js';
import { maybeTimeOf, timeOf } from '../reply.js';

/** The service about itself. */
export function status({ reader, health, version }: ServeContext): Endpoint {
  return endpoint({
    summary: 'Version, mailboxes, what the store holds, how far the alert rules have come',
    answer: statusAnswer,
    handle: async (): Promise<StatusAnswer> => {
      const { evaluated_report_id, newest_report_id, last_report_stored_at, ...totals } = await reader.status();
      return {
        version,
        started_at: timeOf(health.startedAt),
        mailboxes: health.mailboxes().map(presentMailbox),
        totals,
        last_report_stored_at: maybeTimeOf(last_report_stored_at),
        evaluated: {
          report_id: evaluated_report_id,
          newest_report_id,
          behind: (newest_report_id ?? 0) > (evaluated_report_id ?? 0),
        },
      };
    },
  });
}

function presentMailbox(state: MailboxState): StatusAnswer['mailboxes'][number] {
  return {
    name: state.name,
    up: state.up,
    poll_seconds: state.pollSeconds,
    last_poll_at: maybeTimeOf(state.lastPollAt),
    last_success_at: maybeTimeOf(state.lastSuccessAt),
    last_error: state.lastError,
    backlog: state.backlog.left,
    backlog_done: state.backlog.done,
    backlog_per_second: state.backlog.perSecond,
    backlog_seconds_left: state.backlog.secondsLeft,
  };
}
