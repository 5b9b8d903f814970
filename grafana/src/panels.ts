import type { FieldConfig, GridPos, Override, Panel, Property, Target, Thresholds } from './dashboard.js';

/** What every panel says of itself. */
export interface About {
  readonly id: number;
  readonly title: string;
  readonly description: string;
  readonly gridPos: GridPos;
  readonly targets: readonly [Target, ...Target[]];
}

type Step = readonly [color: string, from: number];

/** Colours from a value on; the first holds for everything below the second. */
export function thresholds([first, ...rest]: readonly [string, ...Step[]]): Thresholds {
  const steps = rest.map(([color, value]) => ({ color, value }));
  return { mode: 'absolute', steps: [{ color: first, value: null }, ...steps] };
}

export const plain = thresholds(['text']);
export const rateThresholds = thresholds(['red', ['orange', 0.9], ['green', 0.98]]);

/** A missing value is no bad one: without this it has the colour of the lowest. */
export const noValueHere = {
  type: 'special',
  options: { match: 'null+nan', result: { text: '–', color: 'text', index: 0 } },
};

/** Settings of one field, by the name people see. */
export function field(name: string, properties: Readonly<Record<string, unknown>>): Override {
  const listed = Object.entries(properties).map(([id, value]): Property => ({ id, value }));
  return { matcher: { id: 'byName', options: name }, properties: listed };
}

export function panel(about: About, type: Panel['type'], rest: Pick<Panel, 'fieldConfig' | 'options'>): Panel {
  const { id, title, description, gridPos, targets } = about;
  return { id, type, title, description, datasource: targets[0].datasource, gridPos, targets, ...rest };
}

export interface StatOptions {
  readonly unit: string;
  readonly decimals?: number;
  readonly thresholds?: Thresholds;
  readonly noValue: string;
  /** Shows the names of the series beside their values. */
  readonly names?: boolean;
  readonly mappings?: readonly unknown[];
  /** A regular expression on field names, for texts: by itself a stat shows numbers only. */
  readonly fields?: string;
}

/** Big values, the last one of each series. */
export function stat(about: About, { thresholds: steps, names, fields, ...defaults }: StatOptions): Panel {
  return panel(about, 'stat', {
    fieldConfig: {
      defaults: { ...defaults, color: { mode: 'thresholds' }, thresholds: steps ?? plain },
      overrides: [],
    },
    options: {
      reduceOptions: { values: false, calcs: ['lastNotNull'], fields: fields ?? '' },
      colorMode: 'value',
      graphMode: 'none',
      textMode: names ? 'value_and_name' : 'value',
      justifyMode: 'auto',
      orientation: 'auto',
      wideLayout: true,
    },
  });
}

/** Stacked bars, one a day, drawn from the midnight that begins the day. */
export function days(about: About, overrides: readonly Override[], displayName?: string): Panel {
  return panel(about, 'timeseries', {
    fieldConfig: {
      defaults: {
        unit: 'short',
        decimals: 0,
        min: 0,
        ...(displayName && { displayName }),
        color: { mode: 'palette-classic-by-name' },
        thresholds: plain,
        custom: {
          drawStyle: 'bars',
          barAlignment: 1,
          barWidthFactor: 0.9,
          fillOpacity: 80,
          lineWidth: 0,
          showPoints: 'never',
          axisPlacement: 'left',
          axisLabel: 'messages',
          stacking: { mode: 'normal', group: 'A' },
        },
      },
      overrides,
    },
    options: {
      legend: { showLegend: true, displayMode: 'list', placement: 'bottom', calcs: ['sum'] },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  });
}

/** A column that is a share of 1, on the right axis, as a line over the bars. */
export function rateLine(name: string): Override {
  return field(name, {
    unit: 'percentunit',
    decimals: 1,
    max: 1,
    color: { mode: 'fixed', fixedColor: 'text' },
    'custom.drawStyle': 'line',
    'custom.lineWidth': 2,
    'custom.fillOpacity': 0,
    'custom.showPoints': 'always',
    'custom.spanNulls': true,
    'custom.axisPlacement': 'right',
    'custom.axisLabel': 'pass rate',
    'custom.stacking': { mode: 'none', group: 'B' },
  });
}

type Order = readonly [column: string, direction: 'up' | 'down'];

/** Rows as the API sorts them, or by columns of their own, the first one first. */
export function table(about: About, overrides: readonly Override[], ...order: readonly Order[]): Panel {
  const sortBy = order.map(([displayName, direction]) => ({ displayName, desc: direction === 'down' }));
  const defaults: FieldConfig['defaults'] = {
    unit: 'locale',
    noValue: '–',
    color: { mode: 'thresholds' },
    thresholds: plain,
    custom: { align: 'auto', filterable: true, cellOptions: { type: 'auto' } },
  };
  return panel(about, 'table', {
    fieldConfig: { defaults, overrides },
    options: {
      showHeader: true,
      cellHeight: 'sm',
      ...(sortBy.length > 0 && { sortBy }),
    },
  });
}

/** A cell that opens something. */
export function link(title: string, url: string): Property['value'] {
  return [{ title, url, targetBlank: false }];
}
