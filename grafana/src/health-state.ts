import { columns } from './charts.js';
import { field, stat, table, thresholds } from './panels.js';
import type { StatOptions } from './panels.js';
import type { Panel } from './dashboard.js';
import { labelled, promql } from './queries.js';

/** The service that is looked at. */
export const job = 'job=~"$job",instance=~"$instance"';
const hour = 3600;

/** What has not happened yet has the time 0: decades ago. */
const never = { type: 'range', options: { from: 1e9, to: null, result: { text: 'never', color: 'red', index: 0 } } };
const age = (orange: number, red: number): StatOptions => ({
  unit: 's',
  decimals: 0,
  thresholds: thresholds(['green', ['orange', orange], ['red', red]]),
  noValue: 'no data',
  mappings: [never],
});

function state(n: number, [title, description]: readonly [string, string], expr: string, options: StatOptions): Panel {
  const gridPos = { x: (n % 8) * 3, y: 1, w: 3, h: 3 };
  return stat({ id: n + 1, title, description, gridPos, targets: [promql(expr, title)] }, options);
}

const upOrDown = [{ type: 'value', options: { 0: { text: 'down', color: 'red' }, 1: { text: 'up', color: 'green' } } }];

const delay = 'dmarc_alert_detection_delay_seconds';

export const states: readonly Panel[] = [
  state(0, ['Service', 'Whether the last scrape of every chosen instance succeeded.'], `min(up{${job}})`, {
    unit: 'short',
    noValue: 'not scraped',
    mappings: upOrDown,
    thresholds: thresholds(['red', ['green', 1]]),
  }),
  state(
    1,
    [
      'Last successful poll',
      'How long ago the mailbox that waits longest was read without an error. What is not fetched is in no panel.',
    ],
    `max(time() - dmarc_mailbox_last_success_timestamp_seconds{${job}})`,
    age(hour, 6 * hour),
  ),
  state(
    2,
    [
      'Mails that wait',
      'Mails in all mailboxes that are not read yet. It is high after the first start and falls from then on.',
    ],
    `sum(dmarc_mailbox_backlog_messages{${job}})`,
    {
      unit: 'short',
      decimals: 0,
      thresholds: thresholds(['green', ['orange', 1], ['red', 1000]]),
      noValue: 'no mailbox',
    },
  ),
  state(
    3,
    [
      'Last stored report',
      'How long ago a report was stored. Large reporters send daily: a day and a half without any is a fault of the way in.',
    ],
    `max(time() - dmarc_last_report_stored_timestamp_seconds{${job}})`,
    age(36 * hour, 72 * hour),
  ),
  state(
    4,
    [
      'Last evaluation',
      'How long ago the alert rules were judged. They are judged after every batch of reports, and every hour.',
    ],
    `max(time() - dmarc_alert_last_evaluation_timestamp_seconds{${job}})`,
    age(2 * hour, 6 * hour),
  ),
  state(
    5,
    [
      'Notifications that wait',
      'Messages to channels that are not delivered yet. A channel that is down is tried again for days.',
    ],
    `sum(dmarc_notification_queue_length{${job}})`,
    {
      unit: 'short',
      decimals: 0,
      thresholds: thresholds(['green', ['orange', 1], ['red', 20]]),
      noValue: 'no channel',
    },
  ),
  state(
    6,
    [
      'Alerts later than a day',
      'Alerts of the last seven days that were queued more than 24 hours after the arrival of the report that showed them. The two terms are estimates of whole numbers, so their difference is rounded.',
    ],
    `round(sum(increase(${delay}_count{${job}}[7d])) - sum(increase(${delay}_bucket{${job},le="86400"}[7d])))`,
    { unit: 'short', decimals: 0, thresholds: thresholds(['green', ['red', 1]]), noValue: 'no data' },
  ),
  state(
    7,
    [
      'Disk left',
      'Bytes free on the file system of the database. With none left nothing is stored, and mails stay where they are.',
    ],
    `min(dmarc_store_filesystem_avail_bytes{${job}})`,
    {
      unit: 'bytes',
      decimals: 1,
      thresholds: thresholds(['red', ['orange', 0.5e9], ['green', 2e9]]),
      noValue: 'no data',
    },
  ),
];

const coloured = { 'custom.cellOptions': { type: 'color-text' } };
const old = (orange: number, red: number) => ({
  unit: 's',
  decimals: 0,
  thresholds: thresholds(['text', ['orange', orange], ['red', red]]),
  mappings: [never],
  ...coloured,
});

const oldest = `dmarc_mailbox_oldest_pending_timestamp_seconds{${job}}`;

export const mailboxTable = columns(
  table(
    {
      id: 20,
      title: 'Mailboxes',
      description:
        'Each mailbox and directory: whether its last poll succeeded, when one last did, what waits, how fast it is done and the arrival of the oldest that waits.',
      gridPos: { x: 0, y: 5, w: 12, h: 6 },
      targets: [
        labelled('A', `min by (mailbox) (dmarc_mailbox_up{${job}})`),
        labelled('B', `time() - max by (mailbox) (dmarc_mailbox_last_success_timestamp_seconds{${job}})`),
        labelled('C', `sum by (mailbox) (dmarc_mailbox_backlog_messages{${job}})`),
        labelled('D', `sum by (mailbox) (dmarc_mailbox_backlog_messages_per_second{${job}})`),
        labelled('E', `max by (mailbox) (dmarc_mailbox_backlog_left_seconds{${job}})`),
        labelled('F', `max by (mailbox) ((time() - ${oldest}) * (${oldest} > bool 0))`),
      ],
    },
    [
      field('State', { mappings: upOrDown, thresholds: thresholds(['red', ['green', 1]]), ...coloured }),
      field('Last success', old(hour, 6 * hour)),
      field('Mails a second', { unit: 'short', decimals: 1 }),
      field('Time left', { unit: 's', decimals: 0 }),
      field('Oldest', old(6 * hour, 24 * hour)),
    ],
    ['Mailbox', 'up'],
  ),
  {
    mailbox: 'Mailbox',
    'Value #A': 'State',
    'Value #B': 'Last success',
    'Value #C': 'Waiting',
    'Value #D': 'Mails a second',
    'Value #E': 'Time left',
    'Value #F': 'Oldest',
  },
);
