import type { Panel, Thresholds } from '../src/dashboard.js';
import type { Value } from './frame.js';

export type Settings = Readonly<Record<string, unknown>>;

/** A field's settings: the panel's, and over them those for its name. */
export function settingsOf({ fieldConfig: { defaults, overrides } }: Panel, name: string): Settings {
  const own = overrides.filter(({ matcher }) => matcher.options === name).flatMap(({ properties }) => properties);
  return { ...defaults, ...Object.fromEntries(own.map(({ id, value }) => [id, value])) };
}

/** What people see instead of a field's name. */
export function shownName(panel: Panel, name: string): string {
  const { displayName } = settingsOf(panel, name);
  return typeof displayName === 'string' && !displayName.includes('$') ? displayName : name;
}

const colors: Readonly<Record<string, string>> = {
  red: '#f2495c',
  orange: '#ff9830',
  yellow: '#fade2a',
  green: '#73bf69',
  'light-green': '#b7dda3',
  blue: '#5794f2',
  'light-blue': '#8ab8ff',
  purple: '#b877d9',
  gray: '#5a5c66',
  text: '#ccccdc',
};

export function named(color: string | undefined): string | undefined {
  return color === undefined ? undefined : (colors[color] ?? color);
}

export function colorOf({ steps }: Thresholds, value: Value): string {
  const passed = steps.filter((step) => step.value === null || (typeof value === 'number' && value >= step.value));
  return named(passed.at(-1)?.color) ?? '#ccccdc';
}

type Shown = { readonly text: string; readonly color?: string };

type Mapping =
  | { readonly type: 'special'; readonly options: { readonly result: Shown } }
  | { readonly type: 'regex'; readonly options: { readonly pattern: string; readonly result: Shown } }
  | { readonly type: 'range'; readonly options: { readonly from: number; readonly result: Shown } }
  | { readonly type: 'value'; readonly options: Readonly<Record<string, Shown>> };

/** What a mapping shows instead of a value. */
export function mappedTo(value: Value, { mappings }: Settings): Shown | undefined {
  for (const each of (mappings as readonly Mapping[] | undefined) ?? []) {
    if (each.type === 'special' && value === null) return each.options.result;
    if (each.type === 'regex' && new RegExp(each.options.pattern).test(String(value))) return each.options.result;
    if (each.type === 'value' && each.options[String(value)]) return each.options[String(value)];
    if (each.type === 'range' && typeof value === 'number' && value >= each.options.from) return each.options.result;
  }
  return undefined;
}

export function format(value: Value, settings: Settings): string {
  const { unit, decimals, noValue } = settings;
  if (value === null) return typeof noValue === 'string' ? noValue : '';
  if (typeof unit === 'string' && unit.startsWith('time:')) return moment(Number(value), unit);
  const mapped = mappedTo(value, settings);
  if (mapped) return mapped.text;
  if (typeof value === 'string') return value;
  const places = typeof decimals === 'number' ? decimals : undefined;
  if (unit === 'percentunit') return `${(value * 100).toFixed(places ?? 0)}%`;
  if (unit === 's') return duration(value);
  if (unit === 'h') return `${Math.round(value)} h`;
  if (unit === 'bytes') return bytes(value);
  const fraction = value < 10 ? 1 : 0;
  return value.toLocaleString('en', {
    maximumFractionDigits: places ?? (unit === 'short' && value >= 1000 ? 1 : fraction),
    notation: unit === 'short' ? 'compact' : 'standard',
  });
}

function moment(ms: number, unit: string): string {
  const text = new Date(ms).toISOString().replace('T', ' ');
  return text.slice(0, unit.includes('HH:mm') ? 16 : 10);
}

function bytes(value: number): string {
  const step = value < 1e6 ? 0 : value < 1e9 ? 1 : 2;
  return `${(value / 1024 ** (step + 1)).toFixed(1)} ${['KiB', 'MiB', 'GiB'][step] ?? ''}`;
}

function duration(seconds: number): string {
  if (seconds > 0 && seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

/** Names in reports are written by strangers. */
export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);
}
