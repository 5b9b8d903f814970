import { stat, thresholds, rateThresholds } from './panels.js';
import { ofDomain, promql, rows, text } from './queries.js';

const domains = 'domain=~"$domain"';
const at = (place: number) => ({ x: place * 4, y: 0, w: 4, h: 4 });
const window =
  'Of the service’s recent window, the last seven event days with today, whatever range the dashboard shows; the newest one or two days are incomplete.';
const hour = 3600;

export const openAlerts = stat(
  {
    id: 1,
    title: 'Open alerts',
    description:
      'Alerts that are open now for the chosen domains. Judged when reports arrive; the newest one or two event days are incomplete and may still open more.',
    gridPos: at(0),
    target: promql(`sum(dmarc_alerts_firing{${domains}})`, 'open alerts'),
  },
  { unit: 'short', decimals: 0, thresholds: thresholds(['green', ['red', 1]]), noValue: 'no data' },
);

export const passRate = stat(
  {
    id: 2,
    title: 'Pass rate, last 7 days',
    description: `Share of messages that passed DMARC by aligned DKIM or SPF. ${window}`,
    gridPos: at(1),
    target: promql(
      `sum(dmarc_recent_messages{${domains},result!="fail"}) / (sum(dmarc_recent_messages{${domains}}) > 0)`,
      'pass rate',
    ),
  },
  { unit: 'percentunit', decimals: 1, thresholds: rateThresholds, noValue: 'no messages' },
);

export const messages = stat(
  {
    id: 3,
    title: 'Messages, last 7 days',
    description: `Messages in reports: the volume behind the pass rate. ${window}`,
    gridPos: at(2),
    target: promql(`sum(dmarc_recent_messages{${domains}})`, 'messages'),
  },
  { unit: 'short', noValue: 'no data' },
);

export const completeThrough = stat(
  {
    id: 4,
    title: 'Complete through',
    description:
      'The last event day whose reports should all have arrived. Later days are incomplete: nearly all reports of a day arrive within two days of its end.',
    gridPos: at(3),
    target: {
      ...rows('/stats/daily', { ...ofDomain, limit: '1' }, [text('complete_through', 'Complete through')]),
      root_selector: '',
    },
  },
  { unit: 'string', noValue: 'no data', fields: '/^Complete through$/' },
);

/** A mailbox that was not polled yet has the time 0: decades ago. */
const never = { type: 'range', options: { from: 1e9, to: null, result: { text: 'never', color: 'red', index: 0 } } };

export const pollAge = stat(
  {
    id: 5,
    title: 'Last successful poll',
    description:
      'How long ago each mailbox was last read without an error. What has not been fetched is in no panel: while this grows, the incomplete days are more than the newest one or two.',
    gridPos: at(4),
    target: promql('time() - max by (mailbox) (dmarc_mailbox_last_success_timestamp_seconds)', '{{mailbox}}'),
  },
  {
    unit: 's',
    decimals: 0,
    thresholds: thresholds(['green', ['orange', hour], ['red', 6 * hour]]),
    noValue: 'no data',
    mappings: [never],
    names: true,
  },
);

export const backlog = stat(
  {
    id: 6,
    title: 'Mails that wait',
    description:
      'Mails in the mailboxes that were not read yet. While there are any, the panels below lack what they bring; the newest one or two days are incomplete in any case.',
    gridPos: at(5),
    target: promql('sum(dmarc_mailbox_backlog_messages)', 'mails'),
  },
  { unit: 'short', decimals: 0, thresholds: thresholds(['green', ['orange', 1], ['red', 1000]]), noValue: 'no data' },
);
