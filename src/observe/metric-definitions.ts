import type { LabelSet } from './label-values.js';

/** One metric. Every combination of its labels' values is there from the first scrape, at 0. */
export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** Label name to the closed set its values come from. */
  readonly labels: Readonly<Record<string, LabelSet>>;
  /** Upper bounds of a histogram, seconds. */
  readonly buckets?: readonly number[];
  /** `memory`: since the start of the process; `counters`: kept in the database; `stored`: computed from it for a scrape. */
  readonly from: 'memory' | 'counters' | 'stored';
}

type Labels = MetricDefinition['labels'];

const none: Labels = {};
const counter = (help: string, labels = none): MetricDefinition => ({ type: 'counter', help, labels, from: 'memory' });
const gauge = (help: string, labels = none): MetricDefinition => ({ type: 'gauge', help, labels, from: 'memory' });
const kept = (help: string, labels = none): MetricDefinition => ({ type: 'counter', help, labels, from: 'counters' });
const stored = (help: string, labels = none): MetricDefinition => ({ type: 'gauge', help, labels, from: 'stored' });
const histogram = (help: string, buckets: readonly number[], labels = none): MetricDefinition => ({
  type: 'histogram',
  help,
  labels,
  buckets,
  from: 'memory',
});

const domain: Labels = { domain: 'domain' };
const mailbox: Labels = { mailbox: 'mailbox' };
const channel: Labels = { channel: 'channel' };

/** Every metric of the service but those of the process itself. */
export const metricDefinitions = {
  dmarc_recent_messages: stored(
    'Messages in reports whose period lies in the recent window (event time), by class of sender and DMARC result.',
    { domain: 'domain', source_class: 'sourceClass', result: 'result' },
  ),
  dmarc_recent_window_seconds: stored('Length of the recent window: whole UTC days, today included.'),
  dmarc_recent_disposition_messages: stored('Messages in the recent window by the disposition that was applied.', {
    domain: 'domain',
    disposition: 'disposition',
  }),
  dmarc_recent_sources: stored(
    'Distinct source IPs in the recent window, by class of sender; of __other__, the sum over its domains.',
    { domain: 'domain', source_class: 'sourceClass' },
  ),
  dmarc_recent_sources_first_seen_failing: stored(
    'Source IPs that fail in the recent window and were never seen before it.',
    domain,
  ),
  dmarc_recent_reporters: stored(
    'Distinct reporters in the recent window; of __other__, the sum over its domains.',
    domain,
  ),
  dmarc_recent_reporters_of_late: stored(
    'Of the reporters in the recent window, those with a report of its last three days.',
    domain,
  ),
  dmarc_published_policy: stored('1 for the policy that the newest report says was published.', {
    domain: 'domain',
    policy: 'policy',
  }),
  dmarc_last_report_received_timestamp_seconds: stored('Newest arrival of a report; 0 when there is none.', domain),
  dmarc_last_report_period_end_timestamp_seconds: stored(
    'Newest end of a reported period; 0 when there is none.',
    domain,
  ),
  dmarc_report_messages_total: kept(
    'Messages counted, by arrival of their report: for throughput, not for judging a day.',
    {
      domain: 'domain',
      result: 'result',
    },
  ),
  dmarc_reports_stored_total: kept('Aggregate reports stored.'),
  dmarc_reports_foreign_total: kept('Aggregate reports of policy domains that are none of ours, kept apart.'),
  dmarc_reports_by_authenticity_total: kept(
    'Aggregate reports stored, by whether they are from the reporter they name.',
    {
      authenticity: 'authenticity',
    },
  ),
  dmarc_reports_duplicate_total: kept('Aggregate reports that were stored before.'),
  dmarc_reports_failed_total: kept('Report files that were not stored.', { reason: 'reportFailure' }),
  dmarc_report_records_stored_total: kept('Records (per-IP rows) of stored reports.'),
  dmarc_last_report_stored_timestamp_seconds: stored('When a report was last stored; 0 when none is.'),
  dmarc_mail_messages_processed_total: kept('Mails and files with a ledger line.', mailbox),
  dmarc_mails_total: kept('Mails and files by what became of them.', { outcome: 'outcome' }),
  dmarc_mailbox_up: gauge('Whether the last poll succeeded.', mailbox),
  dmarc_mailbox_last_poll_timestamp_seconds: gauge('End of the last poll; 0 before the first.', mailbox),
  dmarc_mailbox_last_success_timestamp_seconds: gauge(
    'End of the last poll that succeeded; 0 before the first.',
    mailbox,
  ),
  dmarc_mailbox_backlog_messages: gauge('Mails that wait to be read.', mailbox),
  dmarc_mailbox_backlog_done_messages: gauge(
    'Mails done since mails began to wait; 0 when none has waited for a poll.',
    mailbox,
  ),
  dmarc_mailbox_backlog_messages_per_second: gauge(
    'Mails of the backlog done a second, of late; 0 when not known.',
    mailbox,
  ),
  dmarc_mailbox_backlog_left_seconds: gauge(
    'Seconds until no mail waits, at that rate; 0 when none does or it is not known.',
    mailbox,
  ),
  dmarc_mailbox_oldest_pending_timestamp_seconds: gauge(
    'Arrival of the oldest mail that waits; 0 when none does.',
    mailbox,
  ),
  dmarc_mailbox_polls_total: counter('Polls, failed ones included.', mailbox),
  dmarc_mailbox_poll_failures_total: counter('Polls that failed.', { mailbox: 'mailbox', reason: 'pollFailure' }),
  dmarc_mailbox_poll_duration_seconds: histogram('Duration of polls.', [0.1, 0.5, 1, 5, 15, 60, 300], mailbox),
  dmarc_alerts_firing: stored('Open alerts. Critical and warning need somebody; info is noted.', {
    rule: 'rule',
    domain: 'domain',
    severity: 'severity',
  }),
  dmarc_alerts_opened_total: counter('Alerts queued for telling.', { rule: 'rule', severity: 'severity' }),
  dmarc_alert_last_evaluation_timestamp_seconds: gauge('When the rules were last evaluated; 0 before the first time.'),
  dmarc_alert_evaluation_duration_seconds: histogram('Duration of evaluations.', [0.01, 0.05, 0.1, 0.5, 1, 5, 30]),
  dmarc_alert_evaluation_failures_total: counter('Evaluations that failed.'),
  dmarc_alert_detection_delay_seconds: histogram(
    'From the arrival of a report to the moment its alert was queued.',
    [60, 300, 900, 3600, 14400, 43200, 86400, 172800],
  ),
  dmarc_store_size_bytes: stored('Size of the database file and of its write-ahead log.', { file: 'file' }),
  dmarc_store_reports: stored('Reports in the store.'),
  dmarc_store_records: stored('Records in the store.'),
  dmarc_store_oldest_report_timestamp_seconds: stored('Arrival of the oldest report; 0 when there is none.'),
  dmarc_store_originals: stored('Mails kept as they came.'),
  dmarc_store_originals_bytes: stored('Bytes of the mails kept as they came, as packed.'),
  dmarc_store_filesystem_avail_bytes: stored('Bytes free on the file system of the database.'),
  dmarc_store_errors_total: counter('Operations on the store that failed.', { operation: 'operation' }),
  dmarc_notifications_total: counter('Attempts to deliver a notification.', channel),
  dmarc_notification_failures_total: counter('Attempts to deliver a notification that failed.', {
    channel: 'channel',
    reason: 'notificationFailure',
  }),
  dmarc_notifications_dropped_total: counter('Notifications that were given up.', channel),
  dmarc_notification_last_success_timestamp_seconds: gauge(
    'When a notification was last delivered; 0 before the first.',
    channel,
  ),
  dmarc_notification_duration_seconds: histogram(
    'Duration of attempts that delivered a notification.',
    [0.1, 0.5, 1, 5, 15, 60],
    channel,
  ),
  dmarc_notification_queue_length: stored('Notifications that wait to be delivered.', channel),
  dmarc_notification_oldest_pending_timestamp_seconds: stored(
    'When the oldest notification that waits was written; 0 when none does.',
    channel,
  ),
  dmarc_metrics_label_values_folded_total: counter('Distinct label values that were folded into __other__.', {
    label: 'foldedLabel',
  }),
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type MetricName = keyof typeof metricDefinitions;
