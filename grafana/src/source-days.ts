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

const results: readonly Override[] = [
  field('Failed', color('red')),
  field('SPF only', color('yellow')),
  field('DKIM only', color('light-green')),
  field('DKIM and SPF', color('green')),
  field('Incomplete day', color('gray')),
];
const resultColumns = [
  day,
  number('fail', 'Failed'),
  number('pass_spf', 'SPF only'),
  number('pass_dkim', 'DKIM only'),
  number('pass_both', 'DKIM and SPF'),
];

/** Days whose reports should all be in, and those that are not complete yet, which are drawn apart. */
function byResult(scope: Parameters): readonly [InfinityTarget, InfinityTarget] {
  const asked = { ...scope, group: 'none' };
  return [
    {
      ...daily('/stats/daily', asked, [...resultColumns, number('pass_rate', 'Pass rate')]),
      root_selector: 'rows[complete=true]',
    },
    {
      ...daily('/stats/daily', asked, [day, number('messages', 'Incomplete day')]),
      refId: 'B',
      root_selector: 'rows[complete=false]',
    },
  ];
}

export const messagesByResult = days(
  {
    id: 10,
    title: 'Messages per day by result',
    description: `Messages per UTC event day by what passed; the line is the pass rate, on the right axis. Incomplete days are grey: what is reported of them so far. ${incomplete}`,
    gridPos: { x: 0, y: 1, w: 11, h: 9 },
    targets: byResult(filters),
  },
  [...results, rateLine('Pass rate')],
);

export const messagesByClass = days(
  {
    id: 12,
    title: 'Messages per day by class of sender',
    description: `Messages per UTC event day by the class of their sender, passed or not. Known senders and third parties are yours. ${incomplete}`,
    gridPos: { x: 11, y: 1, w: 10, h: 9 },
    targets: [
      daily('/stats/daily', { ...filters, group: 'source_class' }, [
        day,
        text('source_class', 'class'),
        number('messages', 'Messages'),
      ]),
    ],
  },
  classes,
  `\${__field.labels.class}`,
);

export const completeThrough = stat(
  {
    id: 4,
    title: 'Complete through',
    description:
      'The last event day whose reports should all have arrived. Later days are incomplete: nearly all reports of a day arrive within two days of its end.',
    gridPos: { x: 21, y: 1, w: 3, h: 9 },
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
    description: `Messages that failed DMARC per UTC event day, by the receiver that reported them. ${incomplete}`,
    gridPos: { x: 0, y: 10, w: 8, h: 9 },
    targets: [
      daily('/stats/daily', { ...filters, group: 'reporter' }, [
        day,
        text('reporter', 'reporter'),
        number('fail', 'Failed'),
      ]),
    ],
  },
  [],
  `\${__field.labels.reporter}`,
);

export const failingByClass = days(
  {
    id: 13,
    title: 'Failing messages per day by class of sender',
    description: `Messages that failed DMARC per UTC event day: senders of yours, forwarders, forgers. ${incomplete}`,
    gridPos: { x: 8, y: 10, w: 8, h: 9 },
    targets: [
      daily('/stats/daily', { ...filters, group: 'source_class' }, [
        day,
        text('source_class', 'class'),
        number('fail', 'Failed'),
      ]),
    ],
  },
  classes,
  `\${__field.labels.class}`,
);

export const coverage: Panel = lines(
  {
    id: 14,
    title: 'Reporter coverage per day',
    description: `Reporters with messages on a day, and of those that report on most days ("expected") how many are there. A day that few of them report is a blind spot. Incomplete days are left out.`,
    gridPos: { x: 16, y: 10, w: 8, h: 9 },
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
    description: `Hours from the end of the stated period to the arrival, by day of arrival: half of the reports, and nine in ten. This is why the newest days are incomplete.`,
    gridPos: { x: 0, y: 105, w: 12, h: 9 },
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
    description: `Messages of the source IP chosen above per UTC event day by what passed. Incomplete days are grey. ${incomplete}`,
    gridPos: { x: 0, y: 68, w: 12, h: 9 },
    targets: byResult({ ...range, ...ofDomain, ...ofIp }),
  },
  [...results, rateLine('Pass rate')],
);

export const oneByReporter = days(
  {
    id: 41,
    title: 'The source IP, per day by reporter',
    description: `Messages of the source IP chosen above per UTC event day by the receiver that reported them. ${incomplete}`,
    gridPos: { x: 12, y: 68, w: 12, h: 9 },
    targets: [
      daily('/stats/daily', { ...range, ...ofDomain, ...ofIp, group: 'reporter' }, [
        day,
        text('reporter', 'reporter'),
        number('messages', 'Messages'),
      ]),
    ],
  },
  [],
  `\${__field.labels.reporter}`,
);
