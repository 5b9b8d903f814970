import type { Override } from './dashboard.js';
import { field, link, noValueHere, rateThresholds, table } from './panels.js';
import { filters, number, rows, text, time } from './queries.js';

const incomplete = 'The newest one or two days are incomplete.';
export const day = { unit: 'time:YYYY-MM-DD', 'custom.width': 110 };
export const moment = { unit: 'time:YYYY-MM-DD HH:mm', 'custom.width': 150 };
export const rate = {
  unit: 'percentunit',
  decimals: 1,
  thresholds: rateThresholds,
  mappings: [noValueHere],
  'custom.cellOptions': { type: 'color-text' },
  'custom.width': 90,
};

const here = `/d/dmarc-sources/?\${__url_time_range}&\${api:queryparam}&\${page:queryparam}`;
const toSource = field('Source IP', {
  links: link(
    'History of this source IP',
    `${here}&\${domain:queryparam}&var-ip=\${__value.raw}&var-source=\${__value.raw}`,
  ),
  'custom.width': 170,
});
export const toDomain = field('Domain', {
  links: link('This domain only', `${here}&var-domain=\${__value.raw}`),
  'custom.width': 170,
});
const toSender = field('Sender', {
  links: link('The source IPs of this sender', `${here}&\${domain:queryparam}&var-sender=\${__value.raw}`),
  'custom.width': 190,
});
const classNames = {
  known: { text: 'known', color: 'blue' },
  third_party: { text: 'third party', color: 'light-blue' },
  forwarder: { text: 'forwarder', color: 'yellow' },
  unauthenticated: { text: 'unauthenticated', color: 'red' },
  unknown: { text: 'not classed', color: 'purple' },
};
const senderClass = field('Class', {
  mappings: [{ type: 'value', options: classNames }],
  'custom.cellOptions': { type: 'color-text' },
  'custom.width': 120,
});
export const failed = field('Failed', { 'custom.width': 80 });
export const counts = (...names: readonly string[]): Override[] =>
  names.map((name) => field(name, { 'custom.width': 90 }));
const ofSource: readonly Override[] = [
  toSource,
  toDomain,
  toSender,
  senderClass,
  failed,
  ...counts('Messages'),
  field('First failed', day),
  field('Last failed', day),
  field('Name', { 'custom.width': 170 }),
  field('Reporters', { 'custom.width': 200 }),
  field('DKIM', { 'custom.width': 230 }),
  field('SPF', { 'custom.width': 230 }),
];

export const senderTable = table(
  {
    id: 25,
    title: 'Senders',
    description: `Services, organisations and networks that sent as your domains, the most failing first. Failures of known senders and third parties are yours to mend; those of the others are not. Why says what put the sender into its class. A click narrows the dashboard to the sender. ${incomplete}`,
    gridPos: { x: 0, y: 30, w: 24, h: 10 },
    targets: [
      rows('/stats/senders', { ...filters, limit: '500' }, [
        text('sender', 'Sender'),
        text('domain', 'Domain'),
        text('source_class', 'Class'),
        number('fail', 'Failed'),
        number('messages', 'Messages'),
        number('pass_rate', 'Pass rate'),
        number('pass_dkim', 'DKIM only'),
        number('pass_spf', 'SPF only'),
        number('sources', 'Source IPs'),
        time('first_seen', 'First seen'),
        time('last_seen', 'Last seen'),
        text('class_evidence', 'Why'),
      ]),
    ],
  },
  [
    toSender,
    toDomain,
    senderClass,
    failed,
    ...counts('Messages', 'DKIM only', 'SPF only', 'Source IPs'),
    field('Pass rate', rate),
    field('First seen', day),
    field('Last seen', day),
  ],
);

export const newFailures = table(
  {
    id: 20,
    title: 'New failures in this range',
    description: `Source IPs that never failed for this domain before the range, over all that is stored: what broke, or who began to forge. A sender that failed now and then before and breaks now is among the alerts. Reporters are those that saw it fail, at most five. ${incomplete}`,
    gridPos: { x: 0, y: 40, w: 24, h: 8 },
    targets: [
      rows('/stats/sources', { ...filters, result: 'fail', first_failed: 'in_range', limit: '500' }, [
        time('first_failed', 'First failed'),
        text('source_ip', 'Source IP'),
        text('ptr', 'Name'),
        text('domain', 'Domain'),
        text('sender', 'Sender'),
        text('source_class', 'Class'),
        number('fail', 'Failed'),
        number('messages', 'Messages'),
        text('reporter_names', 'Reporters'),
        time('last_failed', 'Last failed'),
        text('dkim', 'DKIM'),
        text('spf', 'SPF'),
      ]),
    ],
  },
  ofSource,
  ['First failed', 'down'],
  ['Failed', 'down'],
);

export const failingSources = table(
  {
    id: 21,
    title: 'Failing sources',
    description: `Source IPs with failing messages in the range, most first. Counts are of the range, first and last failed of all that is stored. None, quarantine and reject are failing messages by what the receiver did with them. DKIM and SPF are the most frequent raw results of the newest failing rows. ${incomplete}`,
    gridPos: { x: 0, y: 49, w: 24, h: 10 },
    targets: [
      rows('/stats/sources', { ...filters, result: 'fail', limit: '1000' }, [
        text('source_ip', 'Source IP'),
        text('ptr', 'Name'),
        text('domain', 'Domain'),
        text('sender', 'Sender'),
        text('source_class', 'Class'),
        number('fail', 'Failed'),
        number('messages', 'Messages'),
        time('first_failed', 'First failed'),
        time('last_failed', 'Last failed'),
        text('reporter_names', 'Reporters'),
        number('disposition_none', 'None'),
        number('disposition_quarantine', 'Quarantine'),
        number('disposition_reject', 'Reject'),
        text('dkim', 'DKIM'),
        text('spf', 'SPF'),
      ]),
    ],
  },
  [...ofSource, ...counts('None', 'Quarantine', 'Reject')],
);

export const allSources = table(
  {
    id: 26,
    title: 'All source IPs',
    description: `Every source IP with messages in the range, the most failing first, with the first day that it was ever seen for the domain: sort by it to see who is new. ${incomplete}`,
    gridPos: { x: 0, y: 59, w: 24, h: 10 },
    targets: [
      rows('/stats/sources', { ...filters, limit: '1000' }, [
        text('source_ip', 'Source IP'),
        text('ptr', 'Name'),
        text('domain', 'Domain'),
        text('sender', 'Sender'),
        text('source_class', 'Class'),
        number('messages', 'Messages'),
        number('fail', 'Failed'),
        number('pass_rate', 'Pass rate'),
        time('first_seen', 'First seen'),
        time('last_seen', 'Last seen'),
        number('reporters', 'Reporters'),
        text('class_evidence', 'Why'),
      ]),
    ],
  },
  [
    toSource,
    toDomain,
    toSender,
    senderClass,
    failed,
    ...counts('Messages', 'Reporters'),
    field('Name', { 'custom.width': 200 }),
    field('Pass rate', rate),
    field('First seen', day),
    field('Last seen', day),
  ],
  ['Messages', 'down'],
);
