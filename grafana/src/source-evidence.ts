import { field, link, table } from './panels.js';
import { filtersOfReports, number, ofDomain, ofIp, ofReporter, range, rows, text, time } from './queries.js';
import { counts, day, failed, moment, rate, redFrom1, toDomain } from './source-tables.js';

const incomplete = 'The newest one or two days are incomplete.';
const severities = { critical: { text: 'critical', color: 'red' }, warning: { text: 'warning', color: 'orange' } };
const states = { open: { text: 'open', color: 'red' }, resolved: { text: 'resolved', color: 'green' } };

export const alertTable = table(
  {
    id: 22,
    title: 'Alerts',
    description: `Alerts that were open at any moment of the range, the critical ones first; narrowed by domain only. Since is the event day of the first failure, opened is when the report that showed it had arrived. ${incomplete}`,
    gridPos: { x: 0, y: 20, w: 24, h: 8 },
    targets: [
      rows('/alerts', { ...range, ...ofDomain, limit: '500' }, [
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
    ],
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
    field('Alert', { links: link('The page of this alert', `\${page}/alerts/\${__value.raw}`), 'custom.width': 160 }),
  ],
);

export const reporterTable = table(
  {
    id: 23,
    title: 'Reporters',
    description: `Who sent reports about the days of the range, and what they saw. Days are those of the range that it reported on; the delay is the average from the end of a period to its report. A reporter that stops is a blind spot, not a success. ${incomplete}`,
    gridPos: { x: 0, y: 96, w: 12, h: 9 },
    targets: [
      rows('/reporters', { ...filtersOfReports, limit: '500' }, [
        text('reporter', 'Reporter'),
        number('reports', 'Reports'),
        number('messages', 'Messages'),
        number('fail', 'Failed'),
        number('pass_rate', 'Pass rate'),
        number('days', 'Days'),
        number('delay_hours', 'Delay'),
        time('last_report_at', 'Last report'),
      ]),
    ],
  },
  [
    ...counts('Reports', 'Messages', 'Days'),
    field('Delay', { unit: 'h', decimals: 0, 'custom.width': 80 }),
    failed,
    field('Pass rate', rate),
    field('Last report', moment),
  ],
);

export const domainTable = table(
  {
    id: 24,
    title: 'Domains',
    description: `Policy domains with the policy of their newest report; counts are of the range and narrowed by domain only, open alerts are as of now. ${incomplete}`,
    gridPos: { x: 12, y: 96, w: 12, h: 9 },
    targets: [
      rows('/domains', { ...range, ...ofDomain, limit: '500' }, [
        text('domain', 'Domain'),
        text('p', 'Policy'),
        text('sp', 'Subdomains'),
        number('messages', 'Messages'),
        number('fail', 'Failed'),
        number('pass_rate', 'Pass rate'),
        number('open_alerts', 'Open alerts'),
        time('last_day', 'Newest day'),
      ]),
    ],
  },
  [
    toDomain,
    ...counts('Policy', 'Subdomains', 'Messages'),
    failed,
    field('Pass rate', rate),
    field('Open alerts', redFrom1),
    field('Newest day', day),
  ],
);

export const recordTable = table(
  {
    id: 42,
    title: 'The source IP, rows of reports',
    description: `Rows as reported of the source IP chosen above, the newest report first: what each reporter saw, by arrival of the report. ${incomplete}`,
    gridPos: { x: 0, y: 77, w: 24, h: 9 },
    targets: [
      rows('/stats/records', { ...range, ...ofDomain, ...ofReporter, ...ofIp, limit: '500' }, [
        time('begin_at', 'Begin'),
        text('reporter', 'Reporter'),
        text('domain', 'Domain'),
        number('messages', 'Messages'),
        text('result', 'Result'),
        text('disposition', 'Disposition'),
        text('header_from', 'From'),
        text('dkim_results', 'DKIM'),
        text('spf_results', 'SPF'),
        text('reasons', 'Reasons'),
        time('arrived_at', 'Arrived'),
      ]),
    ],
  },
  [
    field('Begin', moment),
    field('Arrived', moment),
    toDomain,
    ...counts('Messages'),
    field('Result', {
      mappings: [{ type: 'value', options: { fail: { text: 'fail', color: 'red' } } }],
      'custom.cellOptions': { type: 'color-text' },
      'custom.width': 90,
    }),
  ],
);

const authColumns = [number('messages', 'Messages'), number('fail', 'Failed'), number('pass_rate', 'Pass rate')];

export const dkimTable = table(
  {
    id: 43,
    title: 'DKIM domains and selectors',
    description: `Raw DKIM results by signing domain and selector, for all senders of the domain. A pass for a domain that is not yours does not align. A message with two signatures is in two rows. ${incomplete}`,
    gridPos: { x: 0, y: 87, w: 12, h: 9 },
    targets: [
      rows('/stats/auth', { ...range, ...ofDomain, method: 'dkim', limit: '500' }, [
        text('domain', 'Domain'),
        text('auth_domain', 'Signed by'),
        text('selector', 'Selector'),
        text('auth_result', 'Result'),
        ...authColumns,
      ]),
    ],
  },
  [toDomain, failed, ...counts('Messages', 'Result'), field('Pass rate', rate)],
);

export const spfTable = table(
  {
    id: 44,
    title: 'SPF domains',
    description: `Raw SPF results by the domain that was checked, for all senders of the domain. A pass for a domain that is not yours does not align. ${incomplete}`,
    gridPos: { x: 12, y: 87, w: 12, h: 9 },
    targets: [
      rows('/stats/auth', { ...range, ...ofDomain, method: 'spf', limit: '500' }, [
        text('domain', 'Domain'),
        text('auth_domain', 'Checked'),
        text('scope', 'Scope'),
        text('auth_result', 'Result'),
        ...authColumns,
      ]),
    ],
  },
  [toDomain, failed, ...counts('Messages', 'Scope', 'Result'), field('Pass rate', rate)],
);

export const policyTable = table(
  {
    id: 45,
    title: 'Published policies',
    description: `The policy of each domain as reporters read it from DNS, with the first and the last event day on which most of them name it. ${incomplete}`,
    gridPos: { x: 12, y: 105, w: 12, h: 9 },
    targets: [
      rows('/stats/policies', { ...range, ...ofDomain, limit: '500' }, [
        text('domain', 'Domain'),
        text('p', 'Policy'),
        text('sp', 'Subdomains'),
        text('adkim', 'DKIM'),
        text('aspf', 'SPF'),
        number('pct', 'Percent'),
        time('first_day', 'First day'),
        time('last_day', 'Last day'),
        number('reports', 'Reports'),
      ]),
    ],
  },
  [
    toDomain,
    ...counts('Policy', 'Subdomains', 'DKIM', 'SPF', 'Percent', 'Reports'),
    field('First day', day),
    field('Last day', day),
  ],
);
