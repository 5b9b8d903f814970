import { bands, columns } from './charts.js';
import { domainCell } from './links.js';
import { domains, grave, incomplete, info, perDomain } from './overview-stats.js';
import { field, noValueHere, rateThresholds, table, thresholds } from './panels.js';
import { labelled, series } from './queries.js';

const coloured = { 'custom.cellOptions': { type: 'color-text' } };
const noted = '#8e8fa0';

const shown = {
  1: { text: 'critical', color: 'red' },
  2: { text: 'warning', color: 'orange' },
  3: { text: 'noted', color: noted },
};
const all = `dmarc_alerts_firing{${domains}}`;
const firing = (offset = '', of = all): string => `sum by (domain, rule, severity) (${of}${offset})`;
const of = (severity: string): string => firing('', `dmarc_alerts_firing{${domains},severity="${severity}"}`);

/** Sorts as a number what would not sort as a word. */
const weight = ['critical', 'warning', 'info']
  .map((severity, i) => `clamp(${of(severity)} > 0, ${i + 1}, ${i + 1})`)
  .join(' or ');
const opened = (before: string): string => `timestamp((${firing()} - ${before}) > 0)`;
/** Now beside what was last known, so that an hour without a scrape hides no opening. */
const openedNow = opened(`(last_over_time((${firing()})[1d:1h] offset 1h) or 0 * ${firing()})`);
const openedThen = `max_over_time(${opened(firing(' offset 1h'))}[7d:1h])`;

export const alertTable = columns(
  table(
    {
      id: 21,
      title: 'What fails now',
      description: `Open alerts by severity, domain and rule, what needs you first, then the newest. "New" are those that were not open a day ago; "Newest" is the hour in which the last one opened, of the last seven days. A click on the domain opens its senders, source IPs and the alerts themselves, which say what to do. The newest event days are incomplete and may open more.`,
      gridPos: { x: 0, y: 6, w: 11, h: 13 },
      targets: [
        labelled('A', weight),
        labelled('B', `${firing()} > 0`),
        labelled('C', `(clamp_min(${firing()} - ${firing(' offset 1d')}, 0) or ${firing()}) and (${firing()} > 0)`),
        labelled('D', `1000 * (${openedNow} or ${openedThen}) and (${firing()} > 0)`),
      ],
    },
    [
      field('Severity', {
        mappings: [{ type: 'value', options: shown }],
        'custom.align': 'left',
        'custom.width': 85,
        ...coloured,
      }),
      field('Domain', { links: domainCell, 'custom.width': 190 }),
      field('Rule', { 'custom.minWidth': 170 }),
      field('Open', { 'custom.width': 65 }),
      field('New', { 'custom.width': 60 }),
      field('Newest', { unit: 'time:YYYY-MM-DD HH:mm', 'custom.width': 145 }),
    ],
    ['Severity', 'up'],
    ['Newest', 'down'],
    ['New', 'down'],
  ),
  {
    'Value #A': 'Severity',
    domain: 'Domain',
    rule: 'Rule',
    'Value #B': 'Open',
    'Value #C': 'New',
    'Value #D': 'Newest',
  },
  ['severity'],
);

export const domainTable = columns(
  table(
    {
      id: 20,
      title: 'Domains',
      description: `Policy domains of the last seven event days, those that need you first, then the lowest rate. Rate and failures are of our own mail: known senders and third parties; "–" is a domain without any. "Noted" are open alerts that need nobody. "Lately" is the share of reporters with a report about the last three days. A click opens the senders of a domain. ${incomplete}`,
      gridPos: { x: 11, y: 6, w: 13, h: 13 },
      targets: [
        labelled('A', `max by (domain, policy) (dmarc_published_policy{${domains}} == 1)`),
        labelled('B', perDomain.messages),
        labelled('C', `${perDomain.oursPassed} / (${perDomain.ours} > 0)`),
        labelled('D', perDomain.oursFailed),
        labelled('E', `sum by (domain) (${grave})`),
        labelled('F', `sum by (domain) (${info})`),
        labelled('G', `sum by (domain) (dmarc_recent_reporters_of_late{${domains}}) / (${perDomain.reporters} > 0)`),
        labelled('H', `time() - max by (domain) (dmarc_last_report_received_timestamp_seconds{${domains}} > 0)`),
      ],
    },
    [
      field('Domain', { links: domainCell, 'custom.width': 190 }),
      field('Needs you', { thresholds: thresholds(['text', ['red', 1]]), ...coloured }),
      field('Own pass rate', {
        unit: 'percentunit',
        decimals: 1,
        thresholds: rateThresholds,
        mappings: [noValueHere],
        ...coloured,
      }),
      field('Noted', { thresholds: thresholds([noted]), ...coloured }),
      field('Lately', { unit: 'percentunit', decimals: 0 }),
      field('Last report', {
        unit: 's',
        decimals: 0,
        thresholds: thresholds(['text', ['orange', 2 * 86_400], ['red', 4 * 86_400]]),
        ...coloured,
      }),
    ],
    ['Needs you', 'down'],
    ['Own pass rate', 'up'],
  ),
  {
    domain: 'Domain',
    'Value #E': 'Needs you',
    'Value #C': 'Own pass rate',
    'Value #D': 'Own failed',
    'Value #B': 'Messages',
    policy: 'Policy',
    'Value #G': 'Lately',
    'Value #H': 'Last report',
    'Value #F': 'Noted',
  },
);

const states = { 1: { text: 'warning', color: 'orange' }, 2: { text: 'critical', color: 'red' } };
const state = (severity: string, value: number): string =>
  `clamp(dmarc_alerts_firing{${domains},severity="${severity}"} > 0, ${value}, ${value})`;

export const alertBands = bands(
  {
    id: 22,
    title: 'When did domains need somebody?',
    description: `The gravest open alert of each domain, by when it was open and not by event day; the grey band counts what was only noted, over all domains. Alerts about incomplete days come when their reports do.`,
    gridPos: { x: 0, y: 19, w: 12, h: 5 },
    targets: [
      series(`max by (domain) (${state('critical', 2)} or ${state('warning', 1)})`, '{{domain}}'),
      series(`sum(${info}) > 0`, 'noted', 'B'),
    ],
  },
  { unit: 'short', thresholds: thresholds(['orange', ['red', 2]]), mappings: [{ type: 'value', options: states }] },
  [field('noted', { mappings: [], thresholds: thresholds([noted]) })],
);
