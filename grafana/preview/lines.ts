import type { Panel, Thresholds } from '../src/dashboard.js';
import { colorAt, legend } from './bars.js';
import { colorOf, escape, format, mappedTo, named, settingsOf, shownName } from './format.js';
import type { Choice } from './substitute.js';
import type { Field, Frame } from './frame.js';

const margin = { left: 58, right: 12, top: 8, bottom: 24 };

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Scale {
  readonly moments: readonly number[];
  readonly x: (ms: number) => number;
  readonly y: (value: number) => number;
}

/** Lines, areas on each other, or bars on each other, over the range. */
export function lines(panel: Panel, choice: Choice, frame: Frame, size: Size): string {
  const [time, ...fields] = frame;
  const moments = (time?.values ?? []).map(Number);
  const custom = panel.fieldConfig.defaults.custom ?? {};
  const isStacked = (custom['stacking'] as { mode: string }).mode === 'normal';
  const tops = isStacked ? stacked(fields) : fields.map(({ values }) => values.map((value) => numberOf(value)));
  const most = Math.max(0, ...tops.flat().map((value) => value ?? 0));
  const highest = most === 0 ? 1 : most;
  const scale: Scale = {
    moments,
    x: (ms) =>
      margin.left + ((ms - choice.from) / (choice.to - choice.from)) * (size.width - margin.left - margin.right),
    y: (value) => size.height - margin.bottom - (value / highest) * (size.height - margin.top - margin.bottom),
  };
  const shapes = tops.map((top, i) => {
    const color = colorAt(panel, fields[i] ?? { name: '', type: 'number', values: [] }, i);
    const below = isStacked ? (tops[i - 1] ?? top.map(() => 0)) : null;
    if (custom['drawStyle'] === 'bars') return bars(top, below ?? [], color, scale);
    return below ? area(top, below, color, scale) : line(top, color, scale);
  });
  return `<svg width="${size.width}" height="${size.height}" font-size="11" fill="#8e8fa0">${grid(panel, choice, highest, { ...size, ...scale })}${shapes.join('')}</svg>${legend(panel, fields, [])}`;
}

function numberOf(value: Field['values'][number] | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}

/** The upper edge of each field, on those before it. */
function stacked(fields: readonly Field[]): number[][] {
  const sums: number[] = [];
  return fields.map(({ values }) => values.map((value, i) => (sums[i] = (sums[i] ?? 0) + (numberOf(value) ?? 0))));
}

type Values = readonly (number | null)[];

function line(values: Values, color: string, { moments, x, y }: Scale): string {
  const step = (moments[1] ?? 0) - (moments[0] ?? 0);
  const path = moments.map((ms, i) => {
    const value = values[i] ?? null;
    if (value === null) return '';
    const isFirst = (values[i - 1] ?? null) === null || ms - (moments[i - 1] ?? 0) > step;
    return `${isFirst ? 'M' : 'L'}${x(ms).toFixed(1)} ${y(value).toFixed(1)}`;
  });
  return `<path d="${path.join('')}" fill="none" stroke="${color}" stroke-width="2" stroke-linecap="round"/>`;
}

function area(top: Values, below: Values, color: string, { moments, x, y }: Scale): string {
  const up = moments.map((ms, i) => `${x(ms).toFixed(1)},${y(top[i] ?? 0).toFixed(1)}`);
  const down = moments.map((ms, i) => `${x(ms).toFixed(1)},${y(below[i] ?? 0).toFixed(1)}`).toReversed();
  return `<polygon points="${[...up, ...down].join(' ')}" fill="${color}" fill-opacity="0.6"/>`;
}

function bars(top: Values, below: Values, color: string, { moments, x, y }: Scale): string {
  const step = (moments[1] ?? 0) - (moments[0] ?? 0);
  const width = Math.max(1, (x(step) - x(0)) * 0.9);
  const shapes = moments.map((ms, i) => {
    const [low, high] = [y(below[i] ?? 0), y(top[i] ?? 0)];
    return low - high < 0.1
      ? ''
      : `<rect x="${(x(ms) - width).toFixed(1)}" y="${high.toFixed(1)}" width="${width.toFixed(1)}" height="${(low - high).toFixed(1)}" fill="${color}"/>`;
  });
  return shapes.join('');
}

function grid(panel: Panel, { from, to }: Choice, highest: number, { width, height, x, y }: Size & Scale): string {
  const { unit, decimals } = panel.fieldConfig.defaults;
  const values = [0, 0.5, 1].map((share) => {
    const label = format(share * highest, { unit, decimals: highest < 10 ? 1 : decimals });
    return `<line x1="${margin.left}" x2="${width - margin.right}" y1="${y(share * highest)}" y2="${y(share * highest)}" stroke="#2c2e35"/><text x="${margin.left - 6}" y="${y(share * highest) + 4}" text-anchor="end">${label}</text>`;
  });
  const dates = [0, 1, 2, 3, 4, 5].map((i) => {
    const ms = from + ((to - from) * i) / 6;
    return `<text x="${x(ms)}" y="${height - 6}">${new Date(ms).toISOString().slice(...(to - from > 86_400_000 ? [5, 10] : [14, 19]))}</text>`;
  });
  return values.join('') + dates.join('');
}

/** A band for each series, coloured by its value. */
export function bands(panel: Panel, choice: Choice, frame: Frame, { width, height }: Size): string {
  const [time, ...fields] = frame;
  const moments = (time?.values ?? []).map(Number);
  const step = (moments[1] ?? 0) - (moments[0] ?? 0);
  const left = 160;
  const x = (ms: number): number => left + ((ms - choice.from) / (choice.to - choice.from)) * (width - left - 8);
  const rowHeight = Math.min(34, (height - 8) / Math.max(1, fields.length));
  const shapes = fields.map(({ name, values }, i) => {
    const top = i * rowHeight;
    const settings = settingsOf(panel, name);
    const rects = runs(moments, values.map(numberOf), step).map(({ from, to, value }) => {
      const shown = mappedTo(value, settings);
      const fill = named(shown?.color) ?? colorOf(settings['thresholds'] as Thresholds, value);
      const text = escape(shown?.text ?? String(value));
      const rect = `<rect x="${x(from)}" y="${top + 2}" width="${Math.max(2, x(to) - x(from))}" height="${rowHeight - 4}" fill="${fill}" fill-opacity="0.8"/>`;
      const fits = x(to) - x(from) > 12 + 6 * text.length;
      return fits
        ? `${rect}<text x="${x(from) + 4}" y="${top + rowHeight / 2 + 4}" fill="#111217">${text}</text>`
        : rect;
    });
    const label = escape(shownName(panel, name));
    return `<text x="${left - 8}" y="${top + rowHeight / 2 + 4}" text-anchor="end">${label}</text>${rects.join('')}`;
  });
  return `<svg width="${width}" height="${height}" font-size="11" fill="#8e8fa0">${shapes.join('')}</svg>`;
}

interface Run {
  readonly from: number;
  readonly to: number;
  readonly value: number;
}

/** Neighbours of one value as one. */
function runs(moments: readonly number[], values: Values, step: number): readonly Run[] {
  return moments.reduce<Run[]>((found, ms, i) => {
    const value = values[i] ?? null;
    const last = found.at(-1);
    if (value === null) return found;
    if (last?.value === value && ms <= last.to) return [...found.slice(0, -1), { ...last, to: ms + step }];
    return [...found, { from: ms, to: ms + step, value }];
  }, []);
}
