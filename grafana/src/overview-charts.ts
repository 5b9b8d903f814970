import { barGauge, classes, lines } from './charts.js';
import { domainSeries } from './links.js';
import { domains, incomplete, perDomain } from './overview-stats.js';
import { field, rateThresholds } from './panels.js';
import { promql, series } from './queries.js';

const fixed = (color: string) => ({ color: { mode: 'fixed', fixedColor: color } });

/**
 * The window loses a day at midnight and fills up again in the course of the next. The highest value of a day has no such teeth.
 * Where there is no history of ten minutes yet, the value itself.
 */
const steady = (expr: string): string => `max_over_time((${expr})[1d:10m]) or ${expr}`;
const teeth =
  'Each point is the highest of the 24 hours before it, so that the incomplete newest days are not shown as a drop.';

export const failuresByClass = barGauge(
  {
    id: 23,
    title: 'Who fails: messages by class of sender',
    description: `Failing messages of the last seven event days. Known senders and third parties are yours to mend; forwarders break mail by passing it on; unauthenticated senders forge, or were never set up. ${incomplete}`,
    gridPos: { x: 0, y: 24, w: 12, h: 4 },
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
    gridPos: { x: 12, y: 19, w: 12, h: 9 },
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
    title: 'Quarantined or rejected by receivers',
    description: `Messages that receivers put into the junk folder or refused, of a window of seven event days; what they took ("none", "pass") is left out. It should be forgers' mail: when it rises while "Own mail that fails" does, mail of yours is lost. ${teeth}`,
    gridPos: { x: 16, y: 28, w: 8, h: 9 },
    targets: [
      series(
        steady(`sum by (disposition) (dmarc_recent_disposition_messages{${domains},disposition!~"none|pass"})`),
        '{{disposition}}',
      ),
    ],
  },
  { unit: 'short', axisLabel: 'messages' },
  [
    field('quarantine', { ...fixed('orange'), displayName: 'quarantined' }),
    field('reject', { ...fixed('red'), displayName: 'rejected' }),
    field('other', { ...fixed('purple'), displayName: 'another word' }),
  ],
);

export const knownAlignment = lines(
  {
    id: 33,
    title: 'How mail of known senders passes',
    description: `Messages of known senders by what aligned. One leg alone is one fault away from failing: where yellow or light green grows, mend the other leg. A window of seven event days. ${teeth}`,
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
    title: 'How many reporters we hear',
    description: `Reporters of each domain in a window of seven event days, added up, and those with a report about its last three days. When the lower line falls, receivers have stopped reporting: failures at them are not seen. ${teeth}`,
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
