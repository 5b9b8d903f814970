import { days, field, rateLine } from './panels.js';
import { filters, number, rows, text, time } from './queries.js';

const incomplete = 'The newest one or two days are incomplete: most reports of a day arrive the day after.';
const color = (fixedColor: string) => ({ color: { mode: 'fixed', fixedColor } });

export const messagesByResult = days(
  {
    id: 10,
    title: 'Messages per day by result',
    description: `Messages per UTC event day by what passed; the line is the pass rate, on the right axis. ${incomplete}`,
    gridPos: { x: 0, y: 4, w: 12, h: 9 },
    target: {
      ...rows('/stats/daily', { ...filters, group: 'none', limit: '10000' }, [
        time('day', 'Day'),
        number('fail', 'Failed'),
        number('pass_spf', 'SPF only'),
        number('pass_dkim', 'DKIM only'),
        number('pass_both', 'DKIM and SPF'),
        number('pass_rate', 'Pass rate'),
      ]),
      format: 'timeseries',
    },
  },
  [
    field('Failed', color('red')),
    field('SPF only', color('yellow')),
    field('DKIM only', color('light-green')),
    field('DKIM and SPF', color('green')),
    rateLine('Pass rate'),
  ],
);

export const failingByReporter = days(
  {
    id: 11,
    title: 'Failing messages per day by reporter',
    description: `Messages that failed DMARC per UTC event day, by the receiver that reported them. Choose a source IP above to see who reports it and since when. ${incomplete}`,
    gridPos: { x: 12, y: 4, w: 12, h: 9 },
    target: {
      ...rows('/stats/daily', { ...filters, group: 'reporter', limit: '10000' }, [
        time('day', 'Day'),
        text('reporter', 'reporter'),
        number('fail', 'Failed'),
      ]),
      format: 'timeseries',
    },
  },
  [],
  `\${__field.labels.reporter}`,
);
