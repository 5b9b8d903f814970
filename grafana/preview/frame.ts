export type Value = string | number | null;

export interface Field {
  readonly name: string;
  /** `time` values are milliseconds. */
  readonly type: 'string' | 'number' | 'time';
  readonly values: readonly Value[];
}

/** What a panel draws: columns of equal length. */
export type Frame = readonly Field[];
