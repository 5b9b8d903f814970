/** The parts of Grafana's classic dashboard JSON that are used here. */

export interface DataSource {
  readonly type: string;
  readonly uid: string;
}

export type ColumnType = 'string' | 'number' | 'timestamp';

/** A field of a JSON row, and the name people see. */
export interface Column {
  readonly selector: string;
  readonly text: string;
  readonly type: ColumnType;
}

export interface PrometheusTarget {
  readonly refId: string;
  readonly datasource: DataSource;
  readonly expr: string;
  readonly legendFormat: string;
  readonly instant: boolean;
  readonly range: boolean;
  /** `table`: a row a series, its labels as columns. */
  readonly format: 'time_series' | 'table';
}

export interface InfinityTarget {
  readonly refId: string;
  readonly datasource: DataSource;
  readonly type: 'json';
  readonly source: 'url';
  readonly parser: 'backend';
  /** `timeseries` turns rows with a text column into a series for each text. */
  readonly format: 'table' | 'timeseries' | 'dataframe';
  /** Follows the address of the data source. */
  readonly url: string;
  readonly url_options: {
    readonly method: 'GET';
    readonly data: '';
    readonly params: readonly { readonly key: string; readonly value: string }[];
  };
  /** Where the rows are; empty: the answer itself is the one row. */
  readonly root_selector: string;
  readonly columns: readonly Column[];
}

export type Target = PrometheusTarget | InfinityTarget;

export interface GridPos {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface Property {
  readonly id: string;
  readonly value: unknown;
}

export interface Override {
  readonly matcher: { readonly id: 'byName'; readonly options: string };
  readonly properties: readonly Property[];
}

export interface Thresholds {
  readonly mode: 'absolute';
  readonly steps: readonly { readonly color: string; readonly value: number | null }[];
}

export interface FieldConfig {
  readonly defaults: {
    readonly unit?: string;
    readonly decimals?: number;
    readonly min?: number;
    readonly max?: number;
    readonly noValue?: string;
    readonly displayName?: string;
    readonly mappings?: readonly unknown[];
    readonly color: { readonly mode: string };
    readonly thresholds: Thresholds;
    readonly custom?: Readonly<Record<string, unknown>>;
  };
  readonly overrides: readonly Override[];
}

/** What is done to the frames of the queries before they are drawn. */
export interface Transformation {
  readonly id: 'merge' | 'organize';
  readonly options: {
    readonly excludeByName?: Readonly<Record<string, boolean>>;
    readonly indexByName?: Readonly<Record<string, number>>;
    readonly renameByName?: Readonly<Record<string, string>>;
  };
}

/** A heading across the grid; what follows belongs to it. */
export interface Row {
  readonly id: number;
  readonly type: 'row';
  readonly title: string;
  readonly collapsed: false;
  readonly gridPos: GridPos;
  readonly panels: readonly [];
}

export interface Panel {
  readonly id: number;
  readonly type: 'stat' | 'timeseries' | 'table' | 'bargauge' | 'state-timeline';
  readonly title: string;
  readonly description: string;
  readonly datasource: DataSource;
  readonly gridPos: GridPos;
  readonly targets: readonly Target[];
  readonly fieldConfig: FieldConfig;
  readonly options: Readonly<Record<string, unknown>>;
  readonly transformations?: readonly Transformation[];
}

export interface Variable {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly type: 'datasource' | 'query' | 'textbox';
  readonly query: unknown;
  readonly current: { readonly text: string; readonly value: string };
  readonly datasource?: DataSource;
  readonly includeAll: boolean;
  readonly allValue?: string;
  readonly multi: boolean;
  readonly refresh: number;
  readonly [option: string]: unknown;
}

export interface Dashboard {
  readonly id: null;
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly schemaVersion: number;
  readonly timezone: 'utc';
  readonly time: { readonly from: string; readonly to: string };
  readonly refresh: string;
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list: readonly Annotation[] };
  readonly panels: readonly (Panel | Row)[];
  readonly [option: string]: unknown;
}

export interface Annotation {
  readonly name: string;
  readonly datasource: DataSource;
  readonly enable: boolean;
  readonly iconColor: string;
  readonly target?: InfinityTarget;
  /** PromQL: marked while it has a series. */
  readonly expr?: string;
  readonly [option: string]: unknown;
}
