import type { Dashboard, InfinityTarget, Panel, PrometheusTarget, Target } from '../src/dashboard.js';
import type { Field, Frame, Value } from './frame.js';
import { queryOf, stepOf, substitution } from './substitute.js';
import type { Choice } from './substitute.js';
import { joined } from './transform.js';

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
    const frames = panel.targets.map((target) => ask(target, queryOf(target, substitute), choice, servers));
    return joined(panel, await Promise.all(frames));
  } catch (error) {
    return error instanceof Error ? error.message : 'failed';
  }
}

/** What Grafana chooses of a list at first; null when the dashboard has no such list of the API. */
export async function firstOf(
  dashboard: Dashboard,
  name: string,
  choice: Choice,
  { api, token }: Servers,
): Promise<readonly string[] | null> {
  const variable = dashboard.templating.list.find((each) => each.name === name);
  if (variable?.type !== 'query') return null;
  const { infinityQuery } = variable.query as { infinityQuery: InfinityTarget };
  const answer = await json(api + queryOf(infinityQuery, substitution(dashboard, choice)), token);
  const [first] = rowsIn(answer as Record<string, unknown>, infinityQuery.root_selector);
  return first ? [String(first['__value'])] : null;
}

function ask(target: Target, query: string, choice: Choice, servers: Servers): Promise<Frame> {
  return 'expr' in target ? metrics(query, target, choice, servers) : table(query, target, servers);
}

interface Found {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

async function metrics(
  expr: string,
  target: PrometheusTarget,
  choice: Choice,
  { prometheus }: Servers,
): Promise<Frame> {
  if (prometheus === null) throw new Error('no Prometheus was given');
  const [from, to] = [choice.from / 1000, choice.to / 1000];
  const step = stepOf(choice);
  const span = { start: String(to - Math.floor((to - from) / step) * step), end: String(to), step: String(step) };
  const params = new URLSearchParams({ query: expr, ...(target.instant ? { time: String(to) } : span) });
  const path = target.instant ? 'query' : 'query_range';
  const answer = (await json(`${prometheus}/api/v1/${path}?${params}`)) as { data?: { result: readonly Found[] } };
  const found = answer.data?.result ?? [];
  if (target.format === 'table') return labels(found, target.refId);
  return target.instant ? found.map((each) => now(each, target)) : overTime(found, target);
}

function legendOf({ metric }: Found, { legendFormat }: PrometheusTarget): string {
  return legendFormat.replace(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? '');
}

function now(found: Found, target: PrometheusTarget): Field {
  return { name: legendOf(found, target), type: 'number', values: [Number(found.value?.[1])] };
}

function overTime(found: readonly Found[], target: PrometheusTarget): Frame {
  const moments = [...new Set(found.flatMap(({ values = [] }) => values.map(([at]) => at)))].toSorted((a, b) => a - b);
  const fields = found.map((each): Field => {
    const values = new Map(each.values);
    const at = (moment: number): Value => (values.has(moment) ? Number(values.get(moment)) : null);
    return { name: legendOf(each, target), type: 'number', values: moments.map(at) };
  });
  return [{ name: 'Time', type: 'time', values: moments.map((at) => at * 1000) }, ...fields];
}

function labels(found: readonly Found[], refId: string): Frame {
  const names = [...new Set(found.flatMap(({ metric }) => Object.keys(metric)))];
  return [
    ...names.map((name): Field => ({ name, type: 'string', values: found.map(({ metric }) => metric[name] ?? null) })),
    { name: `Value #${refId}`, type: 'number', values: found.map(({ value }) => Number(value?.[1])) },
  ];
}

async function table(path: string, target: InfinityTarget, { api, token }: Servers): Promise<Frame> {
  const answer = (await json(api + path, token)) as Record<string, unknown>;
  const rows = rowsIn(answer, target.root_selector) as readonly Record<string, Value>[];
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

/** What the root selectors of these dashboards find in an answer, as JSONata does. */
export function rowsIn(
  answer: Readonly<Record<string, unknown>>,
  selector: string,
): readonly Record<string, unknown>[] {
  if (selector === '') return [answer];
  const chosen = /^(\w+)(?:\[(\w+)=(true|false)\])?$/.exec(selector);
  if (chosen === null) throw new Error(`the root selector ${selector} is not known here`);
  const [, list = '', field, wanted] = chosen;
  const rows = answer[list] as readonly Record<string, unknown>[];
  return field === undefined ? rows : rows.filter((row) => row[field] === (wanted === 'true'));
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
