import type { Override, Panel, Row, Thresholds } from './dashboard.js';
import { field, panel, plain } from './panels.js';
import type { About } from './panels.js';

const classOf = (name: string, displayName: string, fixedColor: string): Override =>
  field(name, { color: { mode: 'fixed', fixedColor }, displayName });

/** The name of each class of sender, as people see it, and its colour. */
export const classes: readonly Override[] = [
  classOf('known', 'known sender', 'blue'),
  classOf('third_party', 'third party', 'light-blue'),
  classOf('forwarder', 'forwarder', 'yellow'),
  classOf('unauthenticated', 'unauthenticated', 'red'),
  classOf('unknown', 'not classed', 'purple'),
];

/** A heading over what follows. */
export function row(id: number, title: string, y: number): Row {
  return { id, type: 'row', title, collapsed: false, gridPos: { x: 0, y, w: 24, h: 1 }, panels: [] };
}

export interface LineOptions {
  readonly unit: string;
  readonly decimals?: number;
  readonly max?: number;
  /** Areas on each other: for parts of a whole. */
  readonly stacked?: boolean;
  /** Bars on each other: for what happened within a step. */
  readonly bars?: boolean;
  readonly axisLabel?: string;
}

/** Values over time. */
export function lines(about: About, options: LineOptions, overrides: readonly Override[] = []): Panel {
  const { unit, decimals, max, stacked = false, bars = false, axisLabel = '' } = options;
  return panel(about, 'timeseries', {
    fieldConfig: {
      defaults: {
        unit,
        ...(decimals !== undefined && { decimals }),
        ...(max !== undefined && { max }),
        min: 0,
        noValue: 'no data',
        color: { mode: 'palette-classic-by-name' },
        thresholds: plain,
        custom: {
          drawStyle: bars ? 'bars' : 'line',
          fillOpacity: bars ? 80 : stacked ? 60 : 0,
          lineWidth: bars ? 0 : stacked ? 1 : 2,
          showPoints: 'never',
          spanNulls: false,
          axisPlacement: 'left',
          axisLabel,
          stacking: { mode: bars || stacked ? 'normal' : 'none', group: 'A' },
        },
      },
      overrides,
    },
    options: {
      legend: { showLegend: true, displayMode: 'list', placement: 'bottom', calcs: [] },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  });
}

export interface BarOptions {
  readonly unit: string;
  readonly decimals?: number;
  readonly max?: number;
  readonly thresholds?: Thresholds;
  readonly links?: unknown;
}

/** A horizontal bar for each series, with its value. */
export function barGauge(about: About, options: BarOptions, overrides: readonly Override[] = []): Panel {
  const { thresholds, links, ...defaults } = options;
  const color = { mode: thresholds ? 'thresholds' : 'palette-classic-by-name' };
  return panel(about, 'bargauge', {
    fieldConfig: {
      defaults: {
        ...defaults,
        min: 0,
        noValue: 'no data',
        color,
        thresholds: thresholds ?? plain,
        ...(links !== undefined && { links }),
      },
      overrides,
    },
    options: {
      displayMode: 'basic',
      orientation: 'horizontal',
      showUnfilled: true,
      valueMode: 'color',
      namePlacement: 'left',
      reduceOptions: { values: false, calcs: ['lastNotNull'], fields: '' },
    },
  });
}

export interface BandOptions {
  readonly unit: string;
  readonly thresholds: Thresholds;
  readonly mappings: readonly unknown[];
}

/** A band for each series, coloured while it has a value. */
export function bands(about: About, options: BandOptions, overrides: readonly Override[] = []): Panel {
  return panel(about, 'state-timeline', {
    fieldConfig: {
      defaults: {
        ...options,
        decimals: 0,
        noValue: 'none',
        color: { mode: 'thresholds' },
        custom: { fillOpacity: 80, lineWidth: 0, spanNulls: false },
      },
      overrides,
    },
    options: {
      mergeValues: true,
      showValue: 'auto',
      alignValue: 'left',
      rowHeight: 0.8,
      legend: { showLegend: false, displayMode: 'list', placement: 'bottom' },
      tooltip: { mode: 'single', sort: 'none' },
    },
  });
}

/** Columns of a merged table in their order: the column of the frames to the name that people see. `unseen` are labels that only tell rows apart. */
export function columns(
  panelWithQueries: Panel,
  named: Readonly<Record<string, string>>,
  unseen: readonly string[] = [],
): Panel {
  const order = Object.keys(named).map((name, i) => [name, i] as const);
  const hidden = ['Time', ...unseen, ...panelWithQueries.targets.map(({ refId }) => `Value #${refId}`)];
  return {
    ...panelWithQueries,
    transformations: [
      { id: 'merge', options: {} },
      {
        id: 'organize',
        options: {
          excludeByName: Object.fromEntries(hidden.filter((name) => !(name in named)).map((name) => [name, true])),
          indexByName: Object.fromEntries(order),
          renameByName: named,
        },
      },
    ],
  };
}
