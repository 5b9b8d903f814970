import { barGauge, lines } from './charts.js';
import type { LineOptions } from './charts.js';
import type { GridPos, Override, Panel } from './dashboard.js';
import { job } from './health-state.js';
import { field } from './panels.js';
import { promql, series } from './queries.js';

type Query = readonly [expr: string, legend: string];

interface Shown extends LineOptions {
  readonly place: readonly [x: number, y: number, w: number, h: number];
  readonly overrides?: readonly Override[];
}

function chart(
  id: number,
  about: { readonly title: string; readonly description: string },
  [first, second]: readonly [Query, Query?],
  { place: [x, y, w, h], overrides, ...options }: Shown,
): Panel {
  const gridPos: GridPos = { x, y, w, h };
  const more = second ? [series(...second, 'B')] : [];
  return lines({ id, ...about, gridPos, targets: [series(...first), ...more] }, options, overrides);
}

const counted = (labels: string, metric: string): string =>
  `round(sum by (${labels}) (increase(${metric}{${job}}[$__rate_interval])))`;
const p95 = (labels: string, metric: string): string =>
  `histogram_quantile(0.95, sum by (${labels}) (rate(${metric}_bucket{${job}}[$__rate_interval]))) >= 0`;
const counts: LineOptions = { unit: 'short', decimals: 0, bars: true };
const seconds: LineOptions = { unit: 's' };
const fixed = (name: string, color: string) => field(name, { color: { mode: 'fixed', fixedColor: color } });

export const mailboxCharts: readonly Panel[] = [
  chart(
    21,
    {
      title: 'Failed polls',
      description:
        'Polls that failed, of all mailboxes by reason. One now and then is the network; "auth" is a password or token that no longer holds. The table beside it says which mailbox is down, and `ruawatch check` why.',
    },
    [[counted('reason', 'dmarc_mailbox_poll_failures_total'), '{{reason}}']],
    { ...counts, place: [12, 5, 6, 6] },
  ),
  chart(
    22,
    {
      title: 'Duration of polls',
      description: '95 of 100 polls took no longer, by mailbox. It grows with what there is to fetch.',
    },
    [[p95('le, mailbox', 'dmarc_mailbox_poll_duration_seconds'), '{{mailbox}}']],
    { ...seconds, place: [18, 5, 6, 6] },
  ),
];

export const intakeCharts: readonly Panel[] = [
  chart(
    30,
    {
      title: 'Reports',
      description:
        'Aggregate reports by what became of them. Duplicates are deliveries of the same report and count once.',
    },
    [
      [
        `label_replace(${counted('job', 'dmarc_reports_stored_total')}, "what", "stored", "", "") or label_replace(${counted('job', 'dmarc_reports_duplicate_total')}, "what", "duplicate", "", "") or label_replace(${counted('job', 'dmarc_reports_foreign_total')}, "what", "foreign domain", "", "") or label_replace(${counted('job', 'dmarc_reports_failed_total')}, "what", "failed", "", "")`,
        '{{what}}',
      ],
    ],
    {
      ...counts,
      place: [0, 12, 8, 8],
      overrides: [
        fixed('stored', 'green'),
        fixed('duplicate', 'blue'),
        fixed('foreign domain', 'purple'),
        fixed('failed', 'red'),
      ],
    },
  ),
  chart(
    31,
    {
      title: 'Reports that could not be stored',
      description:
        'Report files that were read and not stored, by reason. The mail is in the ledger, and can be read again after an upgrade.',
    },
    [[counted('reason', 'dmarc_reports_failed_total'), '{{reason}}']],
    { ...counts, place: [8, 12, 8, 8] },
  ),
  barGauge(
    {
      id: 32,
      title: 'What became of mails in this range',
      description:
        'Mails and files by their outcome, over the range of the dashboard; what did not occur is left out. Every mail has one outcome: `ruawatch mails` lists them, with the reason of each.',
      gridPos: { x: 16, y: 12, w: 8, h: 8 },
      targets: [
        promql(`sort_desc(round(sum by (outcome) (increase(dmarc_mails_total{${job}}[$__range]))) > 0)`, '{{outcome}}'),
      ],
    },
    { unit: 'short', decimals: 0 },
  ),
  chart(
    33,
    {
      title: 'Authenticity of reports',
      description:
        'Stored reports by whether they are from the reporter that they name. Those that failed raise no alert by themselves.',
    },
    [[counted('authenticity', 'dmarc_reports_by_authenticity_total'), '{{authenticity}}']],
    {
      ...counts,
      place: [0, 20, 12, 8],
      overrides: [fixed('verified', 'green'), fixed('unverified', 'yellow'), fixed('failed', 'red')],
    },
  ),
  chart(
    34,
    {
      title: 'Records stored',
      description: 'Rows of reports written to the store for each second: the load of the intake.',
    },
    [[`sum(rate(dmarc_report_records_stored_total{${job}}[$__rate_interval]))`, 'records']],
    { unit: 'short', axisLabel: 'records a second', place: [12, 20, 12, 8] },
  ),
];

export const alertCharts: readonly Panel[] = [
  chart(
    40,
    { title: 'Alerts opened', description: 'Alerts queued for telling, by severity. Info goes into the digest.' },
    [[counted('severity', 'dmarc_alerts_opened_total'), '{{severity}}']],
    {
      ...counts,
      place: [0, 29, 6, 8],
      overrides: [fixed('critical', 'red'), fixed('warning', 'orange'), fixed('info', 'blue')],
    },
  ),
  chart(
    41,
    {
      title: 'Duration of evaluations',
      description: '95 of 100 evaluations of the rules took no longer. It grows with the reports of a batch.',
    },
    [[p95('le', 'dmarc_alert_evaluation_duration_seconds'), 'duration']],
    { ...seconds, place: [6, 29, 6, 8] },
  ),
  chart(
    42,
    {
      title: 'Notifications',
      description:
        'Attempts to deliver by channel, and of these the failed ones. `ruawatch notify test NAME` says what the receiver answers.',
    },
    [
      [counted('channel', 'dmarc_notifications_total'), '{{channel}} tried'],
      [counted('channel', 'dmarc_notification_failures_total'), '{{channel}} failed'],
    ],
    { ...counts, place: [12, 29, 6, 8] },
  ),
  chart(
    43,
    {
      title: 'Notifications that wait',
      description:
        'Messages that wait for each channel. Messages survive a restart and are tried again with growing pauses.',
    },
    [[`sum by (channel) (dmarc_notification_queue_length{${job}})`, '{{channel}}']],
    { unit: 'short', decimals: 0, axisLabel: 'messages', place: [18, 29, 6, 8] },
  ),
];

export const storeCharts: readonly Panel[] = [
  chart(
    50,
    {
      title: 'Size on disk',
      description: 'The database, its write-ahead log, and the mails that are kept as they came.',
    },
    [
      [`sum by (file) (dmarc_store_size_bytes{${job}})`, '{{file}}'],
      [`sum(dmarc_store_originals_bytes{${job}})`, 'original mails'],
    ],
    { unit: 'bytes', place: [0, 38, 6, 8] },
  ),
  chart(
    51,
    { title: 'Rows in the store', description: 'Rows of reports in the store: what reading is as fast or slow as.' },
    [[`sum(dmarc_store_records{${job}})`, 'records']],
    { unit: 'short', place: [6, 38, 6, 8] },
  ),
  chart(
    52,
    {
      title: 'Reports in the store',
      description: 'Reports kept. Old ones go when their time is over, if a time is set.',
    },
    [[`sum(dmarc_store_reports{${job}})`, 'reports']],
    { unit: 'short', place: [12, 38, 6, 8] },
  ),
  chart(
    53,
    {
      title: 'Errors of the store',
      description:
        'Operations on the database that failed, by kind: a full disk, a damaged file. There should be none.',
    },
    [[counted('operation', 'dmarc_store_errors_total'), '{{operation}}']],
    { ...counts, place: [18, 38, 6, 8] },
  ),
];

export const processCharts: readonly Panel[] = [
  chart(
    60,
    { title: 'Memory', description: 'Resident memory of the process. It does not grow with the size of a report.' },
    [[`sum by (instance) (process_resident_memory_bytes{${job}})`, '{{instance}}']],
    { unit: 'bytes', place: [0, 47, 6, 8] },
  ),
  chart(
    61,
    {
      title: 'Processor',
      description:
        'Share of one core in use. More than one core is possible: reading and writing have a thread of their own.',
    },
    [[`sum by (instance) (rate(process_cpu_seconds_total{${job}}[$__rate_interval]))`, '{{instance}}']],
    { unit: 'percentunit', place: [6, 47, 6, 8] },
  ),
  chart(
    62,
    {
      title: 'Delay of the main thread',
      description:
        '99 of 100 waits were no longer: what a page or a scrape waits before it is answered. Seconds mean that the machine is too busy.',
    },
    [[`max by (instance) (nodejs_eventloop_lag_p99_seconds{${job}})`, '{{instance}}']],
    { ...seconds, place: [12, 47, 6, 8] },
  ),
  chart(
    63,
    {
      title: 'Domains without a label of their own',
      description:
        'Distinct values that went into __other__ because there are too many of them. Configure your domains when this grows.',
    },
    [[counted('label', 'dmarc_metrics_label_values_folded_total'), '{{label}}']],
    { ...counts, place: [18, 47, 6, 8] },
  ),
];
