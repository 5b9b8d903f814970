import type { Panel, Thresholds } from '../src/dashboard.js';
import type { Value } from './frames.js';

export type Settings = Readonly<Record<string, unknown>>;

/** A field's settings: the panel's, and over them those for its name. */
export function settingsOf({ fieldConfig: { defaults, overrides } }: Panel, name: string): Settings {
  const own = overrides.filter(({ matcher }) => matcher.options === name).flatMap(({ properties }) => properties);
  return { ...defaults, ...Object.fromEntries(own.map(({ id, value }) => [id, value])) };
}

const colors: Readonly<Record<string, string>> = {
  red: '#f2495c',
  orange: '#ff9830',
  yellow: '#fade2a',
  green: '#73bf69',
  'light-green': '#b7dda3',
  text: '#ccccdc',
};

export function named(color: string | undefined): string | undefined {
  return color === undefined ? undefined : (colors[color] ?? color);
}

export function colorOf({ steps }: Thresholds, value: Value): string {
  const passed = steps.filter((step) => step.value === null || (typeof value === 'number' && value >= step.value));
  return named(passed.at(-1)?.color) ?? '#ccccdc';
}

interface RangeMapping {
  readonly options: { readonly from?: number; readonly result?: { readonly text: string } };
}

export function format(value: Value, { unit, decimals, noValue, mappings }: Settings): string {
  if (value === null) return typeof noValue === 'string' ? noValue : '';
  if (typeof unit === 'string' && unit.startsWith('time:')) return moment(Number(value), unit);
  if (typeof value === 'string') return value;
  const mapped = (mappings as readonly RangeMapping[] | undefined)?.find(
    ({ options }) => value >= (options.from ?? NaN),
  );
  if (mapped?.options.result) return mapped.options.result.text;
  const places = typeof decimals === 'number' ? decimals : undefined;
  if (unit === 'percentunit') return `${(value * 100).toFixed(places ?? 0)}%`;
  if (unit === 's') return duration(value);
  return value.toLocaleString('en', { notation: unit === 'short' ? 'compact' : 'standard' });
}

function moment(ms: number, unit: string): string {
  const text = new Date(ms).toISOString().replace('T', ' ');
  return text.slice(0, unit.includes('HH:mm') ? 16 : 10);
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

/** Names in reports are written by strangers. */
export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);
}
