import { bands, barGauge, classes, columns, lines } from './charts.js';
import { domainCell, domainSeries } from './links.js';
import { domains, incomplete, ours } from './overview-stats.js';
import { field, rateThresholds, table, thresholds } from './panels.js';
import { labelled, promql, series } from './queries.js';

const fixed = (color: string) => ({ color: { mode: 'fixed', fixedColor: color } });
const coloured = { 'custom.cellOptions': { type: 'color-text' } };

/**
 * The window loses a day at midnight and fills up again in the course of the next. The highest value of a day has no such teeth.
 * Where there is no history of ten minutes yet, the value itself.
 */
const steady = (expr: string): string => `max_over_time((${expr})[1d:10m]) or ${expr}`;
const teeth =
  'Each point is the highest of the 24 hours before it, so that the incomplete newest days are not shown as a drop.';

const perDomain = {
  messages: `sum by (domain) (dmarc_recent_messages{${domains}})`,
  ours: `sum by (domain) (dmarc_recent_messages{${ours}})`,
  oursFailed: `sum by (domain) (dmarc_recent_messages{${ours},result="fail"})`,
  oursPassed: `sum by (domain) (dmarc_recent_messages{${ours},result!="fail"})`,
  reporters: `sum by (domain) (dmarc_recent_reporters{${domains}})`,
};

export const domainTable = columns(
  table(
    {
      id: 20,
      title: 'Domains',
      description: `Policy domains of the last seven event days, the worst first. The rate is of our own mail: known senders and third parties. "Of late" is the share of reporters with a report about the last three days. A click opens the senders of a domain. ${incomplete}`,
      gridPos: { x: 0, y: 8, w: 15, h: 11 },
      targets: [
        labelled('A', `max by (domain, policy) (dmarc_published_policy{${domains}} == 1)`),
        labelled('B', perDomain.messages),
        labelled('C', `${perDomain.oursPassed} / (${perDomain.ours} > 0)`),
        labelled('D', perDomain.oursFailed),
        labelled('E', `sum by (domain) (dmarc_alerts_firing{${domains}})`),
        labelled('F', perDomain.reporters),
        labelled('G', `sum by (domain) (dmarc_recent_reporters_of_late{${domains}}) / (${perDomain.reporters} > 0)`),
        labelled('H', `time() - max by (domain) (dmarc_last_report_received_timestamp_seconds{${domains}} > 0)`),
      ],
    },
    [
      field('Domain', { links: domainCell, 'custom.width': 190 }),
      field('Own pass rate', { unit: 'percentunit', decimals: 1, thresholds: rateThresholds, ...coloured }),
      field('Own failed', { thresholds: thresholds(['text', ['red', 1]]), ...coloured }),
      field('Alerts', { thresholds: thresholds(['text', ['red', 1]]), ...coloured }),
      field('Of late', { unit: 'percentunit', decimals: 0 }),
      field('Last report', {
        unit: 's',
        decimals: 0,
        thresholds: thresholds(['text', ['orange', 2 * 86_400], ['red', 4 * 86_400]]),
        ...coloured,
      }),
    ],
    ['Own failed', 'down'],
    ['Alerts', 'down'],
  ),
  {
    domain: 'Domain',
    policy: 'Policy',
    'Value #B': 'Messages',
    'Value #C': 'Own pass rate',
    'Value #D': 'Own failed',
    'Value #E': 'Alerts',
    'Value #F': 'Reporters',
    'Value #G': 'Of late',
    'Value #H': 'Last report',
  },
);

const firing = (offset = ''): string => `sum by (domain, rule) (dmarc_alerts_firing{${domains}}${offset})`;

export const alertTable = columns(
  table(
    {
      id: 21,
      title: 'What fails now',
      description: `Open alerts by rule and domain, and how many of them were not open a day ago. A click on the domain opens its senders, source IPs and the alerts themselves. The newest event days are incomplete and may open more.`,
      gridPos: { x: 15, y: 8, w: 9, h: 11 },
      targets: [
        labelled('A', `${firing()} > 0`),
        labelled('B', `(clamp_min(${firing()} - ${firing(' offset 1d')}, 0) or ${firing()}) and (${firing()} > 0)`),
      ],
    },
    [
      field('Domain', { links: domainCell, 'custom.width': 190 }),
      field('Rule', { 'custom.width': 190 }),
      field('Since yesterday', { thresholds: thresholds(['text', ['red', 1]]), ...coloured }),
    ],
    ['Since yesterday', 'down'],
    ['Rule', 'up'],
  ),
  { rule: 'Rule', domain: 'Domain', 'Value #A': 'Open', 'Value #B': 'Since yesterday' },
);

export const alertBands = bands(
  {
    id: 22,
    title: 'Alerts over time',
    description: `How many alerts of a domain were open, by when they were open and not by event day. Alerts about incomplete days come when their reports do.`,
    gridPos: { x: 0, y: 19, w: 12, h: 9 },
    targets: [series(`sum by (domain) (dmarc_alerts_firing{${domains}}) > 0`, '{{domain}}')],
  },
  { unit: 'short', thresholds: thresholds(['yellow', ['orange', 5], ['red', 20]]) },
);

export const failuresByClass = barGauge(
  {
    id: 23,
    title: 'Who fails: messages by class of sender',
    description: `Failing messages of the last seven event days. Known senders and third parties are yours to mend; forwarders break mail by passing it on; unauthenticated senders forge, or were never set up. ${incomplete}`,
    gridPos: { x: 12, y: 19, w: 6, h: 9 },
    targets: [promql(`sum by (source_class) (dmarc_recent_messages{${domains},result="fail"})`, '{{source_class}}')],
  },
  { unit: 'short' },
  classes,
);

export const passByDomain = barGauge(
  {
    id: 24,
    title: 'Pass rate of our own mail by domain',
    description: `Known senders and third parties, the worst twelve domains; the volume is in the table of domains. ${incomplete}`,
    gridPos: { x: 18, y: 19, w: 6, h: 9 },
    targets: [promql(`sort(bottomk(12, ${perDomain.oursPassed} / (${perDomain.ours} > 0)))`, '{{domain}}')],
  },
  { unit: 'percentunit', decimals: 1, max: 1, thresholds: rateThresholds, links: domainSeries },
);

export const messagesByClass = lines(
  {
    id: 30,
    title: 'Messages by class of sender',
    description: `Messages in a window of seven event days. ${teeth}`,
    gridPos: { x: 0, y: 28, w: 8, h: 9 },
    targets: [series(steady(`sum by (source_class) (dmarc_recent_messages{${domains}})`), '{{source_class}}')],
  },
  { unit: 'short', stacked: true, axisLabel: 'messages' },
  classes,
);

export const failingByClass = lines(
  {
    id: 31,
    title: 'Failing messages by class of sender',
    description: `What fails, split into senders of ours, forwarders and forgers; a window of seven event days. ${teeth}`,
    gridPos: { x: 8, y: 28, w: 8, h: 9 },
    targets: [
      series(steady(`sum by (source_class) (dmarc_recent_messages{${domains},result="fail"})`), '{{source_class}}'),
    ],
  },
  { unit: 'short', stacked: true, axisLabel: 'messages' },
  classes,
);

export const dispositions = lines(
  {
    id: 32,
    title: 'Disposition of all mail',
    description: `What receivers did with the messages of a window of seven event days. "none" is no pass. ${teeth}`,
    gridPos: { x: 16, y: 28, w: 8, h: 9 },
    targets: [
      series(
        steady(`sum by (disposition) (dmarc_recent_disposition_messages{${domains},disposition!="none"})`),
        '{{disposition}}',
      ),
    ],
  },
  { unit: 'short', axisLabel: 'messages' },
  [
    field('quarantine', fixed('orange')),
    field('reject', fixed('red')),
    field('pass', fixed('green')),
    field('other', fixed('purple')),
  ],
);

export const knownAlignment = lines(
  {
    id: 33,
    title: 'How mail of known senders passes',
    description: `Messages of known senders by what aligned. One leg alone is one fault away from failing. A window of seven event days. ${teeth}`,
    gridPos: { x: 0, y: 37, w: 8, h: 9 },
    targets: [series(steady(`sum by (result) (dmarc_recent_messages{${domains},source_class="known"})`), '{{result}}')],
  },
  { unit: 'short', stacked: true, axisLabel: 'messages' },
  [
    field('pass_both', { ...fixed('green'), displayName: 'DKIM and SPF' }),
    field('pass_dkim', { ...fixed('light-green'), displayName: 'DKIM only' }),
    field('pass_spf', { ...fixed('yellow'), displayName: 'SPF only' }),
    field('fail', { ...fixed('red'), displayName: 'failed' }),
  ],
);

export const reporterLines = lines(
  {
    id: 34,
    title: 'Reporters',
    description: `Reporters of each domain in a window of seven event days, added up, and those with a report about its last three days. ${teeth}`,
    gridPos: { x: 8, y: 37, w: 8, h: 9 },
    targets: [
      series(steady(`sum(dmarc_recent_reporters{${domains}})`), 'seven days'),
      series(steady(`sum(dmarc_recent_reporters_of_late{${domains}})`), 'last three days', 'B'),
    ],
  },
  { unit: 'short', axisLabel: 'reporters' },
  [field('seven days', fixed('blue')), field('last three days', fixed('green'))],
);

export const arrivals = lines(
  {
    id: 35,
    title: 'Messages in reports as they arrive',
    description: `Messages counted when their report arrived, an hour: the flow of reports, not of mail. An incomplete day is no gap here; a gap means that no report came.`,
    gridPos: { x: 16, y: 37, w: 8, h: 9 },
    targets: [
      series(`sum by (result) (rate(dmarc_report_messages_total{${domains}}[$__rate_interval])) * 3600`, '{{result}}'),
    ],
  },
  { unit: 'short', stacked: true, axisLabel: 'messages an hour' },
  [
    field('pass_both', { ...fixed('green'), displayName: 'DKIM and SPF' }),
    field('pass_dkim', { ...fixed('light-green'), displayName: 'DKIM only' }),
    field('pass_spf', { ...fixed('yellow'), displayName: 'SPF only' }),
    field('fail', { ...fixed('red'), displayName: 'failed' }),
  ],
);
