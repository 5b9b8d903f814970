import type { Dashboard, InfinityTarget, Panel, Target } from '../src/dashboard.js';
import { queryOf, substitution } from './substitute.js';
import type { Choice } from './substitute.js';

export type Value = string | number | null;

export interface Field {
  readonly name: string;
  /** `time` values are milliseconds. */
  readonly type: 'string' | 'number' | 'time';
  readonly values: readonly Value[];
}

/** What a panel draws: columns of equal length. */
export type Frame = readonly Field[];

export interface Servers {
  /** Base addresses, `http://host:port`. */
  readonly api: string;
  readonly prometheus: string | null;
  readonly token?: string;
}

/** The data of a panel; a query that fails gives its message instead. */
export async function frameOf(
  dashboard: Dashboard,
  panel: Panel,
  choice: Choice,
  servers: Servers,
): Promise<Frame | string> {
  const substitute = substitution(dashboard, choice);
  try {
    const frames = panel.targets.map((target) => ask(target, queryOf(target, substitute), servers));
    return (await Promise.all(frames)).flat();
  } catch (error) {
    return error instanceof Error ? error.message : 'failed';
  }
}

function ask(target: Target, query: string, servers: Servers): Promise<Frame> {
  return 'expr' in target ? series(query, target.legendFormat, servers) : table(query, target, servers);
}

interface Instant {
  readonly data?: {
    readonly result: readonly { readonly metric: Record<string, string>; readonly value: [number, string] }[];
  };
}

async function series(expr: string, legend: string, { prometheus }: Servers): Promise<Frame> {
  if (prometheus === null) throw new Error('no Prometheus was given');
  const answer = (await json(`${prometheus}/api/v1/query?${new URLSearchParams({ query: expr })}`)) as Instant;
  return (answer.data?.result ?? []).map(({ metric, value: [, value] }) => ({
    name: legend.replace(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? ''),
    type: 'number',
    values: [Number(value)],
  }));
}

async function table(path: string, target: InfinityTarget, { api, token }: Servers): Promise<Frame> {
  const answer = (await json(api + path, token)) as Record<string, unknown>;
  const rows = (target.root_selector === '' ? [answer] : answer[target.root_selector]) as Record<string, Value>[];
  const frame = target.columns.map(({ selector, text, type }): Field => {
    const values = rows.map((row) => row[selector] ?? null);
    if (type !== 'timestamp') return { name: text, type, values };
    return {
      name: text,
      type: 'time',
      values: values.map((value) => (value === null ? null : Date.parse(String(value)))),
    };
  });
  return target.format === 'timeseries' ? wide(frame) : frame;
}

async function json(url: string, token?: string): Promise<unknown> {
  const response = await fetch(url, { headers: token ? { authorization: `Bearer ${token}` } : {} });
  const body = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${body.slice(0, 300)}`);
  return JSON.parse(body);
}

/** Rows with a text column become one field for each text, with one row a moment. */
function wide(frame: Frame): Frame {
  const time = frame.find(({ type }) => type === 'time');
  const label = frame.find(({ type }) => type === 'string');
  const number = frame.find(({ type }) => type === 'number');
  if (!time || !label || !number) return frame;
  const moments = [...new Set(time.values)];
  const names = [...new Set(label.values)];
  const fields = names.map((name): Field => {
    const values = new Map<Value, Value>();
    label.values.forEach((each, i) => each === name && values.set(time.values[i] ?? null, number.values[i] ?? null));
    return { name: String(name), type: 'number', values: moments.map((moment) => values.get(moment) ?? null) };
  });
  return [{ ...time, values: moments }, ...fields];
}
