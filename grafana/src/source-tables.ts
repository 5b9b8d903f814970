import type { Override } from './dashboard.js';
import { field, link, rateThresholds, table, thresholds } from './panels.js';
import { filters, number, ofDomain, range, rows, text, time } from './queries.js';

const here = `/d/dmarc-sources/?\${__url_time_range}&\${datasource:queryparam}&\${api:queryparam}`;
const incomplete = 'The newest one or two days are incomplete.';
const day = { unit: 'time:YYYY-MM-DD', 'custom.width': 110 };
const moment = { unit: 'time:YYYY-MM-DD HH:mm', 'custom.width': 150 };
const redFrom1 = {
  thresholds: thresholds(['text', ['red', 1]]),
  'custom.cellOptions': { type: 'color-text' },
  'custom.width': 90,
};
const rate = {
  unit: 'percentunit',
  decimals: 1,
  thresholds: rateThresholds,
  'custom.cellOptions': { type: 'color-text' },
  'custom.width': 90,
};

const toSource = field('Source IP', {
  links: link(
    'This source IP only',
    `${here}&\${domain:queryparam}&\${reporter:queryparam}&var-source=\${__value.raw}`,
  ),
  'custom.width': 200,
});
const toDomain = field('Domain', {
  links: link('This domain only', `${here}&\${reporter:queryparam}&\${source:queryparam}&var-domain=\${__value.raw}`),
  'custom.width': 180,
});
const failed = field('Failed', redFrom1);
const counts = (...names: readonly string[]): Override[] => names.map((name) => field(name, { 'custom.width': 90 }));
const ofSource: readonly Override[] = [
  toSource,
  toDomain,
  failed,
  ...counts('Messages'),
  field('First failed', day),
  field('Last failed', day),
  field('Reporters', { 'custom.width': 220 }),
  field('DKIM', { 'custom.width': 260 }),
  field('SPF', { 'custom.width': 260 }),
];

export const newFailures = table(
  {
    id: 20,
    title: 'New failures in this range',
    description: `Source IPs that never failed for this domain before the range, over all that is stored: what broke, or who began to forge. A sender that failed now and then before and breaks now is among the alerts. Reporters are those that saw it fail, at most five. ${incomplete}`,
    gridPos: { x: 0, y: 21, w: 24, h: 8 },
    target: rows('/stats/sources', { ...filters, result: 'fail', first_failed: 'in_range', limit: '500' }, [
      time('first_failed', 'First failed'),
      text('source_ip', 'Source IP'),
      text('domain', 'Domain'),
      number('fail', 'Failed'),
      number('messages', 'Messages'),
      text('reporter_names', 'Reporters'),
      time('last_failed', 'Last failed'),
      text('dkim', 'DKIM'),
      text('spf', 'SPF'),
    ]),
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
    gridPos: { x: 0, y: 29, w: 24, h: 10 },
    target: rows('/stats/sources', { ...filters, result: 'fail', limit: '1000' }, [
      text('source_ip', 'Source IP'),
      text('domain', 'Domain'),
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
  },
  [...ofSource, ...counts('None', 'Quarantine', 'Reject')],
);

/** Grafana's own proxy reaches the API with the data source's address; the browser needs no other. */
const oneAlert = `/api/datasources/proxy/uid/\${api}/api/v1/alerts/\${__value.raw}`;
const severities = { critical: { text: 'critical', color: 'red' }, warning: { text: 'warning', color: 'orange' } };
const states = { open: { text: 'open', color: 'red' }, resolved: { text: 'resolved', color: 'green' } };

export const alertTable = table(
  {
    id: 22,
    title: 'Alerts',
    description: `Alerts that were open at any moment of the range, the critical ones first; narrowed by domain only. Since is the event day of the first failure, opened is when the report that showed it had arrived. ${incomplete}`,
    gridPos: { x: 0, y: 13, w: 24, h: 8 },
    target: rows('/alerts', { ...range, ...ofDomain, limit: '500' }, [
      text('summary', 'Summary'),
      time('first_day', 'Since'),
      text('status', 'Status'),
      text('sender', 'Sender'),
      text('rule', 'Rule'),
      text('severity', 'Severity'),
      text('domain', 'Domain'),
      time('opened_at', 'Opened'),
      text('alert_id', 'Alert'),
    ]),
  },
  [
    field('Since', day),
    field('Opened', moment),
    field('Status', {
      mappings: [{ type: 'value', options: states }],
      'custom.cellOptions': { type: 'color-text' },
      'custom.width': 90,
    }),
    field('Severity', {
      mappings: [{ type: 'value', options: severities }],
      'custom.cellOptions': { type: 'color-text' },
      'custom.width': 90,
    }),
    field('Sender', { 'custom.width': 180 }),
    field('Rule', { 'custom.width': 180 }),
    toDomain,
    field('Alert', { links: link('The whole alert as JSON', oneAlert), 'custom.width': 160 }),
  ],
  ['Severity', 'up'],
  ['Since', 'down'],
);

export const reporterTable = table(
  {
    id: 23,
    title: 'Reporters',
    description: `Who sent reports about the days of the range, and what they saw. A reporter that stops is a blind spot, not a success. ${incomplete}`,
    gridPos: { x: 0, y: 39, w: 11, h: 9 },
    target: rows('/reporters', { ...filters, limit: '500' }, [
      text('reporter', 'Reporter'),
      number('reports', 'Reports'),
      number('messages', 'Messages'),
      number('fail', 'Failed'),
      number('pass_rate', 'Pass rate'),
      time('last_report_at', 'Last report'),
    ]),
  },
  [...counts('Reports', 'Messages'), failed, field('Pass rate', rate), field('Last report', moment)],
);

export const domainTable = table(
  {
    id: 24,
    title: 'Domains',
    description: `Policy domains with the policy of their newest report; counts are of the range and narrowed by domain only, open alerts are as of now. ${incomplete}`,
    gridPos: { x: 11, y: 39, w: 13, h: 9 },
    target: rows('/domains', { ...range, ...ofDomain, limit: '500' }, [
      text('domain', 'Domain'),
      text('p', 'Policy'),
      text('sp', 'Subdomains'),
      number('messages', 'Messages'),
      number('fail', 'Failed'),
      number('pass_rate', 'Pass rate'),
      number('sources', 'Sources'),
      number('open_alerts', 'Open alerts'),
      time('last_day', 'Newest day'),
    ]),
  },
  [
    toDomain,
    ...counts('Policy', 'Subdomains', 'Messages', 'Sources'),
    failed,
    field('Pass rate', rate),
    field('Open alerts', redFrom1),
    field('Newest day', day),
  ],
);
