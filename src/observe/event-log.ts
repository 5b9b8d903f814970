import { plainText } from '../base/text.js';
import { BacklogLines } from './backlog-lines.js';
import type { Events } from './events.js';
import type { HealthRecord } from './health.js';
import type { Log } from './log.js';
import type { Metrics } from './metrics.js';

type Facts = Readonly<Record<string, unknown>>;

/** Writes the log line, the numbers and the health of everything that happens. Text from outside is made plain: a terminal must not obey a reporter. */
export function createEvents(log: Log, metrics: Metrics, health?: HealthRecord): Events {
  return { ...mailboxEvents(log, metrics, health), ...alertEvents(log, metrics), ...otherEvents(log, metrics) };
}

/** For commands that print what they do themselves. */
export const quietEvents: Events = {
  pollSucceeded: nothing,
  pollFailed: nothing,
  backlog: nothing,
  afterActionFailed: nothing,
  batchStored: nothing,
  mailProblem: nothing,
  evaluated: nothing,
  evaluationFailed: nothing,
  findingQueued: nothing,
  notificationDelivered: nothing,
  notificationFailed: nothing,
  storeError: nothing,
  info: nothing,
  warn: nothing,
};

function nothing(): void {
  /* quiet */
}

type MailboxEvents = Pick<
  Events,
  'pollSucceeded' | 'pollFailed' | 'backlog' | 'afterActionFailed' | 'batchStored' | 'mailProblem'
>;

function mailboxEvents(log: Log, metrics: Metrics, health: HealthRecord | undefined): MailboxEvents {
  const polled = (mailbox: string, durationMs: number, error: string | null) => {
    metrics.count('dmarc_mailbox_polls_total', { mailbox });
    metrics.observe('dmarc_mailbox_poll_duration_seconds', { mailbox }, durationMs / 1000);
    metrics.set('dmarc_mailbox_up', { mailbox }, error === null ? 1 : 0);
    metrics.stamp('dmarc_mailbox_last_poll_timestamp_seconds', { mailbox });
    if (error === null) metrics.stamp('dmarc_mailbox_last_success_timestamp_seconds', { mailbox });
    health?.polled(mailbox, error);
  };
  const failing = new Set<string>();
  const lines = new BacklogLines();
  return {
    pollSucceeded: (mailbox, { durationMs, mails }) => {
      polled(mailbox, durationMs, null);
      if (failing.delete(mailbox)) log.info({ mailbox }, 'polls succeed again');
      log[mails > 0 ? 'info' : 'debug']({ mailbox, duration_ms: round(durationMs), mails }, 'polled');
    },
    pollFailed: (mailbox, { durationMs, reason, message, hint, retryInMs }) => {
      polled(mailbox, durationMs, plainText(message));
      metrics.count('dmarc_mailbox_poll_failures_total', { mailbox, reason });
      failing.add(mailbox);
      log.warn(plain({ mailbox, reason, message, hint, retry_in_ms: round(retryInMs) }), 'poll failed');
    },
    backlog: (mailbox, facts) => {
      const { left, oldest, done, perSecond, secondsLeft } = facts;
      metrics.set('dmarc_mailbox_backlog_messages', { mailbox }, left);
      metrics.set('dmarc_mailbox_backlog_done_messages', { mailbox }, done);
      metrics.set('dmarc_mailbox_backlog_messages_per_second', { mailbox }, perSecond ?? 0);
      metrics.set('dmarc_mailbox_backlog_left_seconds', { mailbox }, secondsLeft ?? 0);
      metrics.set('dmarc_mailbox_oldest_pending_timestamp_seconds', { mailbox }, oldest);
      health?.left(mailbox, facts);
      const told = {
        mailbox,
        done,
        left,
        per_second: perSecond && tenths(perSecond),
        seconds_left: secondsLeft,
        oldest,
      };
      log[lines.isDue(mailbox, facts) ? 'info' : 'debug'](told, 'backlog');
    },
    afterActionFailed: (mailbox, facts) => {
      log.warn(plain({ mailbox, ...facts }), 'mails are stored, but the action after it failed');
    },
    batchStored: (mailbox, { mails, reports, durationMs }) => {
      health?.progressed(mailbox);
      const level = lines.isUnderWay(mailbox) ? 'debug' : 'info';
      log[level]({ mailbox, mails, reports, duration_ms: round(durationMs) }, 'stored');
    },
    mailProblem: (mailbox, facts) => {
      log.warn(plain({ mailbox, ...facts }), 'mail not accepted');
    },
  };
}

type AlertEvents = Pick<
  Events,
  'evaluated' | 'evaluationFailed' | 'findingQueued' | 'notificationDelivered' | 'notificationFailed'
>;

function alertEvents(log: Log, metrics: Metrics): AlertEvents {
  return {
    evaluated: ({ durationMs, opened, resolved }) => {
      metrics.observe('dmarc_alert_evaluation_duration_seconds', {}, durationMs / 1000);
      metrics.stamp('dmarc_alert_last_evaluation_timestamp_seconds');
      log[opened + resolved > 0 ? 'info' : 'debug']({ duration_ms: round(durationMs), opened, resolved }, 'evaluated');
    },
    evaluationFailed: (message) => {
      metrics.count('dmarc_alert_evaluation_failures_total');
      log.error(plain({ message }), 'evaluation failed');
    },
    findingQueued: ({ rule, severity, domain, summary, delaySeconds }) => {
      metrics.count('dmarc_alerts_opened_total', { rule, severity });
      metrics.observe('dmarc_alert_detection_delay_seconds', {}, delaySeconds);
      const facts = plain({ rule, severity, domain, summary, delay_seconds: delaySeconds });
      log[severity === 'info' ? 'info' : 'warn'](facts, 'alert');
    },
    notificationDelivered: (channel, { id, type, attempt, durationMs }) => {
      metrics.count('dmarc_notifications_total', { channel });
      metrics.stamp('dmarc_notification_last_success_timestamp_seconds', { channel });
      metrics.observe('dmarc_notification_duration_seconds', { channel }, durationMs / 1000);
      log.info({ channel, id, type, attempt, duration_ms: round(durationMs) }, 'notification delivered');
    },
    notificationFailed: (channel, { id, attempt, reason, message, retryInMs }) => {
      metrics.count('dmarc_notifications_total', { channel });
      metrics.count('dmarc_notification_failures_total', { channel, reason });
      const facts = plain({ channel, id, attempt, reason, message, retry_in_ms: retryInMs });
      if (retryInMs !== null) return void log.warn(facts, 'notification failed');
      metrics.count('dmarc_notifications_dropped_total', { channel });
      log.error(facts, 'notification given up');
    },
  };
}

function otherEvents(log: Log, metrics: Metrics): Pick<Events, 'storeError' | 'info' | 'warn'> {
  return {
    storeError: (operation, message) => {
      metrics.count('dmarc_store_errors_total', { operation });
      log.error(plain({ operation, message }), 'store failed');
    },
    info: (message, facts = {}) => {
      log.info(plain(facts), plainText(message));
    },
    warn: (message, facts = {}) => {
      log.warn(plain(facts), plainText(message));
    },
  };
}

/** `message` would take the place of the line's own words. */
function plain({ message, ...facts }: Facts): Facts {
  const all = message === undefined ? facts : { ...facts, error: message };
  return Object.fromEntries(
    Object.entries(all).map(([key, value]) => [key, typeof value === 'string' ? plainText(value, 500) : value]),
  );
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

function round(ms: number): number {
  return Math.round(ms);
}
