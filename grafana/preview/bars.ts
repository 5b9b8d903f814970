import type { Panel } from '../src/dashboard.js';
import { escape, format, named, settingsOf, shownName } from './format.js';
import type { Choice } from './substitute.js';
import type { Field, Frame } from './frame.js';

const palette = ['#73bf69', '#fade2a', '#5794f2', '#ff9830', '#f2495c', '#b877d9', '#8ab8ff', '#ffa6b0'];
const dayMs = 86_400_000;
const margin = { left: 52, right: 44, top: 8, bottom: 24 };

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Stacked bars, a day wide, and lines of a share of 1 on the right axis. */
export function bars(panel: Panel, choice: Choice, frame: Frame, size: Size): string {
  const [time, ...fields] = frame;
  const stacked = fields.filter(({ name }) => !isLine(panel, name));
  const lines = fields.filter(({ name }) => isLine(panel, name));
  const moments = (time?.values ?? []).map(Number);
  const totals = moments.map((_, i) => stacked.reduce((sum, { values }) => sum + Number(values[i] ?? 0), 0));
  const highest = Math.max(1, ...totals);
  const x = (ms: number): number =>
    margin.left +
    Math.max(0, (ms - choice.from) / (choice.to - choice.from)) * (size.width - margin.left - margin.right);
  const y = (share: number): number => size.height - margin.bottom - share * (size.height - margin.top - margin.bottom);
  const beginning = new Array<number>(moments.length).fill(0);
  const shapes = stacked.map((field, i) =>
    stack(field, colorAt(panel, field, i), { moments, beginning, highest, x, y }),
  );
  const traces = lines.map((field) => line(field, moments, { x, y }));
  const axes = [0, 0.5, 1].map((share) => axis(share, highest, lines.length > 0, { y, width: size.width }));
  const dates = moments.filter((_, i) => i % Math.ceil(moments.length / 8) === 0).map((ms) => date(ms, x(ms), size));
  return `<svg width="${size.width}" height="${size.height}" font-size="11" fill="#8e8fa0">${axes.join('')}${dates.join('')}${shapes.join('')}${traces.join('')}</svg>${legend(panel, stacked, lines)}`;
}

function isLine(panel: Panel, name: string): boolean {
  return settingsOf(panel, name)['custom.drawStyle'] === 'line';
}

export function colorAt(panel: Panel, { name }: Field, i: number): string {
  const { fixedColor } = settingsOf(panel, name)['color'] as { fixedColor?: string };
  return named(fixedColor) ?? palette[i % palette.length] ?? 'grey';
}

interface Stacking {
  readonly moments: readonly number[];
  /** Where the next field's bars begin; moved on. */
  readonly beginning: number[];
  readonly highest: number;
  readonly x: (ms: number) => number;
  readonly y: (share: number) => number;
}

function stack({ values }: Field, color: string, { moments, beginning, highest, x, y }: Stacking): string {
  const shapes = moments.map((ms, i) => {
    const bottom = beginning[i] ?? 0;
    const top = bottom + Number(values[i] ?? 0);
    beginning[i] = top;
    const [low, high] = [y(bottom / highest), y(top / highest)];
    return `<rect x="${x(ms)}" y="${high}" width="${(x(ms + dayMs) - x(ms)) * 0.9}" height="${low - high}" fill="${color}"/>`;
  });
  return shapes.join('');
}

function line({ values }: Field, moments: readonly number[], { x, y }: Pick<Stacking, 'x' | 'y'>): string {
  const points = moments.flatMap((ms, i) => (values[i] === null ? [] : [`${x(ms)},${y(Number(values[i]))}`]));
  return `<polyline points="${points.join(' ')}" fill="none" stroke="#ccccdc" stroke-width="2"/>`;
}

function axis(
  share: number,
  highest: number,
  shares: boolean,
  { y, width }: { readonly y: Stacking['y']; readonly width: number },
): string {
  const level = y(share);
  const right = shares ? `<text x="${width - margin.right + 6}" y="${level + 4}">${share * 100}%</text>` : '';
  const left = `<text x="${margin.left - 6}" y="${level + 4}" text-anchor="end">${format(share * highest, { unit: 'short' })}</text>`;
  return `<line x1="${margin.left}" x2="${width - margin.right}" y1="${level}" y2="${level}" stroke="#2c2e35"/>${left}${right}`;
}

function date(ms: number, at: number, { height }: Size): string {
  return `<text x="${at}" y="${height - 6}">${new Date(ms).toISOString().slice(5, 10)}</text>`;
}

export function legend(panel: Panel, stacked: readonly Field[], lines: readonly Field[]): string {
  const entries = stacked.map((field, i) => {
    const sum = field.values.reduce<number>((total, value) => total + Number(value ?? 0), 0);
    const label = shownName(panel, field.name);
    const total = (panel.options['legend'] as { calcs: string[] }).calcs.includes('sum')
      ? ` (${format(sum, { unit: 'short' })})`
      : '';
    return `<span style="color: ${colorAt(panel, field, i)}">■</span> ${escape(label)}${total}`;
  });
  return `<div class="legend">${[...entries, ...lines.map(({ name }) => `— ${escape(name)}`)].join(' &nbsp; ')}</div>`;
}
