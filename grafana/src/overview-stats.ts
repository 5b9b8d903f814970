import { stat, rateThresholds, thresholds } from './panels.js';
import { promql } from './queries.js';

export const domains = 'domain=~"$domain"';
export const ours = `${domains},source_class=~"known|third_party"`;
export const incomplete = 'The newest one or two days of the window are incomplete: reports come a day or two later.';
export const perDomain = {
  messages: `sum by (domain) (dmarc_recent_messages{${domains}})`,
  ours: `sum by (domain) (dmarc_recent_messages{${ours}})`,
  oursFailed: `sum by (domain) (dmarc_recent_messages{${ours},result="fail"})`,
  oursPassed: `sum by (domain) (dmarc_recent_messages{${ours},result!="fail"})`,
  reporters: `sum by (domain) (dmarc_recent_reporters{${domains}})`,
};
const window = 'Of the last seven event days with today, whatever range the dashboard shows.';
const hour = 3600;

/** Six in the first line, seven in the second. */
const places = [4, 4, 4, 4, 4, 4, 4, 4, 4, 3, 3, 3, 3];
const place = (n: number) => ({
  x: places.slice(n < 6 ? 0 : 6, n).reduce((sum, w) => sum + w, 0),
  y: n < 6 ? 0 : 3,
  w: places[n] ?? 4,
  h: 3,
});
const noted = '#8e8fa0';
const calm = thresholds(['green', ['red', 1]]);

/** Open alerts that need somebody: critical and warning. */
export const grave = `dmarc_alerts_firing{${domains},severity!="info"}`;
export const info = `dmarc_alerts_firing{${domains},severity="info"}`;

export const needsYou = stat(
  {
    id: 1,
    title: 'Needs you',
    description:
      'Open alerts that are critical or a warning: look at "What fails now" below, then at the page of the alert, which says what to do. Incomplete event days may still open more.',
    gridPos: place(0),
    targets: [promql(`sum(${grave})`, 'alerts')],
  },
  { unit: 'short', decimals: 0, thresholds: calm, noValue: 'no data' },
);

export const newAlerts = stat(
  {
    id: 2,
    title: 'New since yesterday',
    description:
      'Of the alerts that need you, those that were not open a day ago at this hour. They speak of event days that are a day or two older; incomplete days may still open more.',
    gridPos: place(1),
    targets: [promql(`sum(clamp_min(${grave} - (${grave} offset 1d), 0) or ${grave})`, 'alerts')],
  },
  { unit: 'short', decimals: 0, thresholds: calm, noValue: 'no data' },
);

export const notedAlerts = stat(
  {
    id: 13,
    title: 'Noted',
    description:
      'Open alerts that are information only: forgers and forwarders that fail for the first time, mostly. They are in the daily digest and need nobody. Incomplete event days may still open more.',
    gridPos: place(2),
    targets: [promql(`sum(${info})`, 'alerts')],
  },
  { unit: 'short', decimals: 0, thresholds: thresholds([noted]), noValue: 'no data' },
);

export const ownPassRate = stat(
  {
    id: 3,
    title: 'Pass rate of our own mail',
    description: `Share of the messages of known senders and third parties that passed DMARC. Forwarders and forgers do not move it. When it falls, the table of domains says where. ${window} ${incomplete}`,
    gridPos: place(3),
    targets: [
      promql(
        `sum(dmarc_recent_messages{${ours},result!="fail"}) / (sum(dmarc_recent_messages{${ours}}) > 0)`,
        'pass rate',
      ),
    ],
  },
  { unit: 'percentunit', decimals: 2, thresholds: rateThresholds, noValue: 'no messages' },
);

export const passRate = stat(
  {
    id: 4,
    title: 'Pass rate of all mail',
    description: `Share of all messages in reports that passed DMARC, those of forwarders and forgers with them: it falls when somebody forges much, and nothing of yours is broken then. ${window} ${incomplete}`,
    gridPos: place(8),
    targets: [
      promql(
        `sum(dmarc_recent_messages{${domains},result!="fail"}) / (sum(dmarc_recent_messages{${domains}}) > 0)`,
        'pass rate',
      ),
    ],
  },
  { unit: 'percentunit', decimals: 2, thresholds: rateThresholds, noValue: 'no messages' },
);

export const ownFailures = stat(
  {
    id: 5,
    title: 'Own mail that fails',
    description: `Failing messages of known senders and third parties: mail that you want delivered. A few always fail, at receivers that could not ask DNS; the rate beside it says whether it matters, and an alert who it is. ${window} ${incomplete}`,
    gridPos: place(4),
    targets: [promql(`sum(dmarc_recent_messages{${ours},result="fail"})`, 'messages')],
  },
  { unit: 'short', noValue: 'no data' },
);

const periodEnd = `max(dmarc_last_report_period_end_timestamp_seconds{${domains}} > 0)`;

export const completeThrough = stat(
  {
    id: 6,
    title: 'Complete through',
    description:
      'The last event day whose reports should all have arrived: nearly all come within two days of its end. Later days are incomplete; that is no drop of traffic.',
    gridPos: place(5),
    targets: [
      promql(
        `1000 * 86400 * clamp_max(floor((${periodEnd} - 1) / 86400), scalar(floor(vector(time() / 86400 - 3))))`,
        'complete through',
      ),
    ],
  },
  { unit: 'time:YYYY-MM-DD', noValue: 'no data' },
);

export const messages = stat(
  {
    id: 7,
    title: 'Messages in seven days',
    description: `Messages in reports: the volume behind the rates. ${window} ${incomplete}`,
    gridPos: place(6),
    targets: [promql(`sum(dmarc_recent_messages{${domains}})`, 'messages')],
  },
  { unit: 'short', noValue: 'no data' },
);

const volume = (offset = ''): string => `sum(dmarc_recent_messages{${domains}}${offset})`;

export const volumeChange = stat(
  {
    id: 8,
    title: 'Volume against last week',
    description:
      'Messages of the window against the window of a week ago at the same hour. Both lack the same incomplete days, so an unfinished today is not shown as a drop. 100% is no change.',
    gridPos: place(7),
    targets: [promql(`${volume()} / (${volume(' offset 1w')} > 0)`, 'of last week')],
  },
  {
    unit: 'percentunit',
    decimals: 0,
    thresholds: thresholds(['red', ['orange', 0.5], ['green', 0.75], ['orange', 1.5]]),
    noValue: 'no week yet',
  },
);

export const firstSeenFailing = stat(
  {
    id: 9,
    title: 'New failing source IPs',
    description: `Source IPs that fail in the window and were never seen before it: forgers, mostly, or a service that somebody has just begun to use. "New failures in this range" on the dashboard of sources lists them. ${incomplete}`,
    gridPos: place(9),
    targets: [promql(`sum(dmarc_recent_sources_first_seen_failing{${domains}})`, 'source IPs')],
  },
  { unit: 'short', decimals: 0, noValue: 'no data' },
);

const failing = `sum(dmarc_recent_messages{${domains},result="fail"})`;

export const forwarded = stat(
  {
    id: 10,
    title: 'Failures by forwarders',
    description: `Share of the failing messages that came by a forwarder or a mailing list. These break by being passed on, not by a setting of yours. ${incomplete}`,
    gridPos: place(10),
    targets: [
      promql(
        `sum(dmarc_recent_messages{${domains},source_class="forwarder",result="fail"}) / (${failing} > 0)`,
        'of failures',
      ),
    ],
  },
  { unit: 'percentunit', decimals: 0, noValue: 'no failures' },
);

export const coverage = stat(
  {
    id: 11,
    title: 'Reporters heard lately',
    description: `Of the reporters of the last seven days, the share with a report about one of the last three. A reporter that is silent is a blind spot, not a success. ${incomplete}`,
    gridPos: place(11),
    targets: [
      promql(
        `sum(dmarc_recent_reporters_of_late{${domains}}) / (sum(dmarc_recent_reporters{${domains}}) > 0)`,
        'of reporters',
      ),
    ],
  },
  {
    unit: 'percentunit',
    decimals: 0,
    thresholds: thresholds(['red', ['orange', 0.1], ['green', 0.3]]),
    noValue: 'no reporters',
  },
);

export const detectionDelay = stat(
  {
    id: 12,
    title: 'Report to alert, 95 %',
    description:
      'From the arrival of a report to the moment its alert was queued, of the last seven days: 95 of 100 alerts took no longer. Waiting for incomplete event days is not part of it.',
    gridPos: place(12),
    targets: [
      promql(
        'histogram_quantile(0.95, sum by (le) (increase(dmarc_alert_detection_delay_seconds_bucket[7d]))) >= 0',
        'delay',
      ),
    ],
  },
  {
    unit: 's',
    decimals: 0,
    thresholds: thresholds(['green', ['orange', 4 * hour], ['red', 24 * hour]]),
    noValue: 'no alerts',
  },
);
