import { field, link, table } from './panels.js';
import { filtersOfReports, number, ofDomain, ofIp, ofReporter, range, rows, text, time } from './queries.js';
import { counts, day, failed, moment, rate, toDomain } from './source-tables.js';

const incomplete = 'The newest one or two days are incomplete.';
const severities = {
  critical: { text: 'critical', color: 'red' },
  warning: { text: 'warning', color: 'orange' },
  info: { text: 'noted', color: '#8e8fa0' },
};
const results = {
  fail: { text: 'failed', color: 'red' },
  pass_both: { text: 'DKIM and SPF' },
  pass_dkim: { text: 'DKIM only' },
  pass_spf: { text: 'SPF only' },
};
const alignments = { r: { text: 'relaxed' }, s: { text: 'strict' } };
const states = { open: { text: 'open', color: 'text' }, resolved: { text: 'over', color: 'green' } };

export const alertTable = table(
  {
    id: 22,
    title: 'Alerts: what happened, and to whom?',
    description: `Alerts that were open at any moment of the range, the critical ones first, what is only noted last; narrowed by domain only. Since is the event day of the first failure, opened is when the report that showed it had arrived. "open" leads to the page that says why and what to do. ${incomplete}`,
    gridPos: { x: 0, y: 20, w: 24, h: 10 },
    targets: [
      rows('/alerts', { ...range, ...ofDomain, limit: '500' }, [
        text('severity', 'Severity'),
        text('domain', 'Domain'),
        text('summary', 'Summary'),
        time('first_day', 'Since'),
        time('opened_at', 'Opened'),
        text('status', 'Status'),
        text('rule', 'Rule'),
        text('alert_id', 'Page'),
      ]),
    ],
  },
  [
    field('Severity', {
      mappings: [{ type: 'value', options: severities }],
      'custom.cellOptions': { type: 'color-text' },
      'custom.width': 85,
    }),
    toDomain,
    field('Summary', { 'custom.minWidth': 600, 'custom.cellOptions': { type: 'auto', wrapText: true } }),
    field('Since', day),
    field('Opened', moment),
    field('Status', {
      mappings: [{ type: 'value', options: states }],
      'custom.cellOptions': { type: 'color-text' },
      'custom.width': 85,
    }),
    field('Rule', { 'custom.width': 180 }),
    field('Page', {
      links: link('The page of this alert', `\${page}/alerts/\${__value.raw}`),
      mappings: [{ type: 'regex', options: { pattern: '.+', result: { text: 'open', index: 0 } } }],
      'custom.width': 65,
    }),
  ],
);

export const reporterTable = table(
  {
    id: 23,
    title: 'Reporters',
    description: `Who sent reports about the days of the range, and what they saw. Days are those of the range that it reported on; the delay is the average from the end of a period to its report. A reporter that stops is a blind spot, not a success. ${incomplete}`,
    gridPos: { x: 0, y: 98, w: 12, h: 9 },
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
    description: `Policy domains with the policy of their newest report; counts are of the range and narrowed by domain only, open alerts are as of now and of every severity. ${incomplete}`,
    gridPos: { x: 12, y: 98, w: 12, h: 9 },
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
    field('Open alerts', { 'custom.width': 100 }),
    field('Newest day', day),
  ],
);

export const recordTable = table(
  {
    id: 42,
    title: 'The source IP, rows of reports',
    description: `Rows as reported of the source IP chosen above, the newest report first: what each reporter saw, by arrival of the report. ${incomplete}`,
    gridPos: { x: 0, y: 79, w: 24, h: 9 },
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
      mappings: [{ type: 'value', options: results }],
      'custom.cellOptions': { type: 'color-text' },
      'custom.width': 115,
    }),
  ],
);

const authColumns = [number('messages', 'Messages'), number('fail', 'Failed'), number('pass_rate', 'Pass rate')];

export const dkimTable = table(
  {
    id: 43,
    title: 'DKIM domains and selectors',
    description: `Raw DKIM results by signing domain and selector, for all senders of the domain. A pass for a domain that is not yours does not align. A message with two signatures is in two rows. ${incomplete}`,
    gridPos: { x: 0, y: 89, w: 12, h: 9 },
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
    gridPos: { x: 12, y: 89, w: 12, h: 9 },
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
    title: 'What is published now, and since when?',
    description: `The policy of each domain as reporters last read it from DNS; what no report names is shown as what that means. Changed is the first event day with it and Before what p was until then; "–" means no change within the range. A weaker policy that nobody meant to publish is an alert, too. ${incomplete}`,
    gridPos: { x: 12, y: 107, w: 12, h: 9 },
    targets: [
      rows('/stats/policies', { ...range, ...ofDomain, current: 'true', limit: '500' }, [
        text('domain', 'Domain'),
        text('p', 'Policy'),
        text('sp', 'Subdomains'),
        text('adkim', 'DKIM'),
        text('aspf', 'SPF'),
        number('pct', 'Percent'),
        time('changed_day', 'Changed'),
        text('p_before', 'Before'),
      ]),
    ],
  },
  [
    toDomain,
    ...counts('Policy', 'Subdomains', 'Percent', 'Before'),
    ...['DKIM', 'SPF'].map((name) =>
      field(name, { mappings: [{ type: 'value', options: alignments }], 'custom.width': 80 }),
    ),
    field('Changed', day),
  ],
);
