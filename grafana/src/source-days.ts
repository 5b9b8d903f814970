import { classes, lines } from './charts.js';
import type { Column, InfinityTarget, Override, Panel } from './dashboard.js';
import { days, field, rateLine, stat } from './panels.js';
import { filters, number, ofDomain, ofIp, range, rows, text, time } from './queries.js';

const incomplete = 'The newest one or two days are incomplete: most reports of a day arrive the day after.';
const color = (fixedColor: string) => ({ color: { mode: 'fixed', fixedColor } });
const most = { limit: '10000' };
const day = time('day', 'Day');

type Parameters = Readonly<Record<string, string>>;

/** Rows with a text column become a series for each text. */
function daily(path: string, params: Parameters, columns: readonly Column[]): InfinityTarget {
  return { ...rows(path, { ...params, ...most }, columns), format: 'timeseries' };
}

const unfinished = 'Incomplete day';
const grey = field(unfinished, { ...color('gray'), displayName: unfinished });
const greyDays = 'Days that are not complete are grey and not divided: what is reported of them so far.';

const results: readonly Override[] = [
  field('Failed', color('red')),
  field('SPF only', color('yellow')),
  field('DKIM only', color('light-green')),
  field('DKIM and SPF', color('green')),
  grey,
];
const resultColumns = [
  day,
  number('fail', 'Failed'),
  number('pass_spf', 'SPF only'),
  number('pass_dkim', 'DKIM only'),
  number('pass_both', 'DKIM and SPF'),
];

/** Days whose reports should all be in, and those that are not complete yet, which are drawn apart as `total`. */
function apart(
  scope: Parameters,
  group: string,
  columns: readonly Column[],
  total: string,
): [InfinityTarget, InfinityTarget] {
  return [
    { ...daily('/stats/daily', { ...scope, group }, columns), root_selector: 'rows[complete=true]' },
    {
      ...daily('/stats/daily', { ...scope, group: 'none' }, [day, number(total, unfinished)]),
      refId: 'B',
      root_selector: 'rows[complete=false]',
    },
  ];
}

const byResult = (scope: Parameters) =>
  apart(scope, 'none', [...resultColumns, number('pass_rate', 'Pass rate')], 'messages');
const byClass = (count: string) =>
  apart(filters, 'source_class', [day, text('source_class', 'class'), number(count, 'Messages')], count);
const byReporter = (scope: Parameters, count: string) =>
  apart(scope, 'reporter', [day, text('reporter', 'reporter'), number(count, 'Messages')], count);

export const messagesByResult = days(
  {
    id: 10,
    title: 'Messages per day by result',
    description: `Messages per UTC event day by what passed; the line is the pass rate, on the right axis. ${greyDays} ${incomplete}`,
    gridPos: { x: 0, y: 1, w: 12, h: 9 },
    targets: byResult(filters),
  },
  [...results, rateLine('Pass rate')],
);

export const messagesByClass = days(
  {
    id: 12,
    title: 'Messages per day by class of sender',
    description: `Messages per UTC event day by the class of their sender, passed or not. Known senders and third parties are yours. ${greyDays} ${incomplete}`,
    gridPos: { x: 12, y: 1, w: 12, h: 9 },
    targets: byClass('messages'),
  },
  [...classes, grey],
  `\${__field.labels.class}`,
);

export const completeThrough = stat(
  {
    id: 4,
    title: 'Complete through',
    description:
      'The last event day whose reports should all have arrived. Later days are incomplete: nearly all reports of a day arrive within two days of its end.',
    gridPos: { x: 16, y: 16, w: 8, h: 3 },
    targets: [
      {
        ...rows('/stats/daily', { ...ofDomain, limit: '1' }, [text('complete_through', 'Complete through')]),
        root_selector: '',
      },
    ],
  },
  { unit: 'string', noValue: 'no data', fields: '/^Complete through$/' },
);

export const failingByReporter = days(
  {
    id: 11,
    title: 'Failing messages per day by reporter',
    description: `Messages that failed DMARC per UTC event day, by the receiver that reported them. One reporter alone that sees failures has a fault of its own, mostly. ${greyDays} ${incomplete}`,
    gridPos: { x: 0, y: 10, w: 8, h: 9 },
    targets: byReporter(filters, 'fail'),
  },
  [grey],
  `\${__field.labels.reporter}`,
);

export const failingByClass = days(
  {
    id: 13,
    title: 'Failing messages per day by class of sender',
    description: `Messages that failed DMARC per UTC event day: senders of yours (mend these), forwarders, forgers. ${greyDays} ${incomplete}`,
    gridPos: { x: 8, y: 10, w: 8, h: 9 },
    targets: byClass('fail'),
  },
  [...classes, grey],
  `\${__field.labels.class}`,
);

export const coverage: Panel = lines(
  {
    id: 14,
    title: 'Reporter coverage per day',
    description: `Reporters with messages on a day, and of those that report on most days ("expected") how many are there. On a day that few of them report, failures are not seen. Incomplete days are left out.`,
    gridPos: { x: 16, y: 10, w: 8, h: 6 },
    targets: [
      {
        ...daily('/stats/coverage', { ...range, ...ofDomain }, [
          day,
          number('reporters', 'Reporters'),
          number('expected', 'Expected'),
          number('present', 'Expected and here'),
        ]),
        root_selector: 'rows[complete=true]',
      },
    ],
  },
  { unit: 'short', decimals: 0, axisLabel: 'reporters' },
  [field('Reporters', color('blue')), field('Expected', color('text')), field('Expected and here', color('green'))],
);

export const reportDelays: Panel = lines(
  {
    id: 15,
    title: 'Delay of reports',
    description: `Hours from the end of the stated period to the arrival, by day of arrival: half of the reports, and nine in ten. This is why the newest days are incomplete. A rise means that a large reporter is late, or that the mailbox was not read.`,
    gridPos: { x: 0, y: 107, w: 12, h: 9 },
    targets: [
      daily('/stats/delays', { ...range, ...ofDomain }, [
        day,
        number('report_delay_p50_hours', 'half of them'),
        number('report_delay_p90_hours', 'nine in ten'),
      ]),
    ],
  },
  { unit: 'h', decimals: 0 },
  [field('half of them', color('green')), field('nine in ten', color('orange'))],
);

export const oneByResult = days(
  {
    id: 40,
    title: 'The source IP, per day by result',
    description: `Messages of the source IP chosen above per UTC event day by what passed. ${greyDays} ${incomplete}`,
    gridPos: { x: 0, y: 70, w: 12, h: 9 },
    targets: byResult({ ...range, ...ofDomain, ...ofIp }),
  },
  [...results, rateLine('Pass rate')],
);

export const oneByReporter = days(
  {
    id: 41,
    title: 'The source IP, per day by reporter',
    description: `Messages of the source IP chosen above per UTC event day by the receiver that reported them. ${greyDays} ${incomplete}`,
    gridPos: { x: 12, y: 70, w: 12, h: 9 },
    targets: byReporter({ ...range, ...ofDomain, ...ofIp }, 'messages'),
  },
  [grey],
  `\${__field.labels.reporter}`,
);
