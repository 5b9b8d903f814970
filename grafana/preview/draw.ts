import type { Dashboard, Panel, Row, Thresholds } from '../src/dashboard.js';
import { bars, colorAt } from './bars.js';
import { colorOf, escape, format, mappedTo, named, settingsOf, shownName } from './format.js';
import { bands, lines } from './lines.js';
import type { Choice } from './substitute.js';
import type { Field, Frame, Value } from './frame.js';

const rowPixels = 38;

const style = `
body { margin: 0; padding: 16px; width: 1568px; background: #111217; color: #ccccdc; font: 13px sans-serif }
h1 { font-size: 18px; margin: 0 0 4px } h1 + p { margin: 0 0 12px; color: #8e8fa0 }
main { display: grid; grid-template-columns: repeat(24, 1fr); grid-auto-rows: ${rowPixels}px; gap: 6px }
section { background: #181b1f; border: 1px solid #2c2e35; border-radius: 2px; padding: 6px 8px; overflow: hidden; min-width: 0 }
h3 { font-size: 15px; margin: 10px 0 0; font-weight: 500 }
.legend { font-size: 12px; line-height: 16px; max-height: 32px; overflow: hidden }
.gauge { display: grid; grid-template-columns: max-content 1fr max-content; gap: 6px 10px; align-items: center } .gauge i { display: block; height: 16px }
h2 { font-size: 13px; margin: 0 0 6px; font-weight: 500 }
.stat { display: flex; flex-wrap: wrap; gap: 0 16px; height: 75%; align-content: center; align-items: center; justify-content: center; font-size: 30px; white-space: nowrap }
.stat > :nth-child(n + 2), .stat > :has(~ *) { font-size: 20px }
.stat small { font-size: 13px; color: #ccccdc; margin-right: 8px }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: 4px 6px; border-bottom: 1px solid #2c2e35; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; max-width: 420px }
tr { height: 36px } td.wrap { white-space: normal; max-width: none; line-height: 15px }
td.number, th.number { text-align: right } th { color: #6e9fff; font-weight: 500 } td.link { color: #6e9fff }
.nothing { color: #8e8fa0; padding: 16px; text-align: center }`;

/** One static page. It is our drawing of the dashboard's JSON, not Grafana's. */
export function page(
  dashboard: Dashboard,
  choice: Choice,
  drawn: readonly (readonly [Panel | Row, Frame | string])[],
): string {
  const span = `${new Date(choice.from).toISOString()} to ${new Date(choice.to).toISOString()}`;
  const sections = drawn.map(([panel, frame]) =>
    panel.type === 'row' ? heading(panel) : section(panel, choice, frame),
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escape(dashboard.title)}</title><style>${style}</style>
<h1>${escape(dashboard.title)}</h1><p>${span}. A preview drawn by ruawatch from the dashboard’s JSON; Grafana draws it differently.</p>
<main>${sections.join('\n')}</main></html>\n`;
}

function heading({ title, gridPos }: Row): string {
  return `<h3 style="grid-column: 1 / span 24; grid-row: ${gridPos.y + 1}">⌄ ${escape(title)}</h3>`;
}

function section(panel: Panel, choice: Choice, frame: Frame | string): string {
  const { x, y, w, h } = panel.gridPos;
  const place = `grid-column: ${x + 1} / span ${w}; grid-row: ${y + 1} / span ${h}`;
  const body = typeof frame === 'string' ? nothing(frame) : content(panel, choice, frame);
  return `<section style="${place}" title="${escape(panel.description)}"><h2>${escape(panel.title)}</h2>${body}</section>`;
}

function content(panel: Panel, choice: Choice, frame: Frame): string {
  if (panel.type === 'stat') return stat(panel, frame);
  if ((frame[0]?.values.length ?? 0) === 0) return nothing('No data');
  if (panel.type === 'table') return table(panel, frame);
  if (panel.type === 'bargauge') return gauge(panel, frame);
  const { w, h } = panel.gridPos;
  const size = { width: (w * 1568) / 24 - 24, height: h * (rowPixels + 6) - 80 };
  const { custom } = panel.fieldConfig.defaults;
  if (panel.type === 'state-timeline') return bands(panel, choice, frame, size);
  return custom?.['barAlignment'] === 1 ? bars(panel, choice, frame, size) : lines(panel, choice, frame, size);
}

function gauge(panel: Panel, frame: Frame): string {
  const { thresholds, color, max, unit, decimals } = panel.fieldConfig.defaults;
  const highest = max ?? Math.max(1, ...frame.map(({ values }) => Number(values[0] ?? 0)));
  const bar = (field: Field, i: number): string => {
    const value = Number(field.values[0] ?? 0);
    const fill = color.mode === 'thresholds' ? colorOf(thresholds, value) : colorAt(panel, field, i);
    const name = shownName(panel, field.name);
    const text = format(unit === 'short' ? Math.round(value) : value, { unit, decimals });
    return `<span>${escape(name)}</span><i style="width: ${(value / highest) * 100}%; min-width: 2px; background: ${fill}"></i><b>${text}</b>`;
  };
  return `<div class="gauge">${frame.map(bar).join('')}</div>`;
}

function nothing(why: string): string {
  return `<p class="nothing">${escape(why)}</p>`;
}

function stat({ fieldConfig: { defaults }, options }: Panel, frame: Frame): string {
  if (frame.length === 0) return `<div class="stat">${escape(defaults.noValue ?? 'No data')}</div>`;
  const isNamed = options['textMode'] === 'value_and_name';
  const values = frame.map(({ name, values: all }) => {
    const value = all.at(-1) ?? null;
    const label = isNamed ? `<small>${escape(name)}</small>` : '';
    return `<span style="color: ${named(mappedTo(value, defaults)?.color) ?? colorOf(defaults.thresholds, value)}">${label}${escape(format(value, defaults))}</span>`;
  });
  return `<div class="stat">${values.join('')}</div>`;
}

function table(panel: Panel, frame: Frame): string {
  const rows = sorted(panel, frame);
  const head = frame.map((field) => `<th class="${alignment(panel, field)}">${escape(field.name)}</th>`).join('');
  const body = rows.map((row) => `<tr>${frame.map((field) => cell(panel, field, row)).join('')}</tr>`);
  return `<table><tr>${head}</tr>${body.join('')}</table>`;
}

/** Numbers to the right, unless the panel says else. */
function alignment(panel: Panel, { name, type }: Field): string {
  return settingsOf(panel, name)['custom.align'] === 'left' ? 'string' : type;
}

function cell(panel: Panel, field: Field, row: number): string {
  const { name, type, values } = field;
  const settings = settingsOf(panel, name);
  const value = values[row] ?? null;
  const wraps = JSON.stringify(settings['custom.cellOptions'] ?? {}).includes('"wrapText":true') ? ' wrap' : '';
  const coloured = JSON.stringify(settings['custom.cellOptions'] ?? {}).includes('color-text');
  const shown =
    named(mappedTo(value, settings)?.color) ??
    (type === 'number' ? colorOf(settings['thresholds'] as Thresholds, value) : undefined);
  const color = coloured && shown !== undefined ? ` style="color: ${shown}"` : '';
  return `<td class="${alignment(panel, field)}${settings['links'] ? ' link' : ''}${wraps}"${color}>${escape(format(value, settings))}</td>`;
}

/** Row numbers in the order that the panel asks for. */
function sorted(panel: Panel, frame: Frame): number[] {
  const numbers = (frame[0]?.values ?? []).map((_, i) => i);
  const order = (panel.options['sortBy'] as { displayName: string; desc: boolean }[] | undefined) ?? [];
  const keys = order.map(({ displayName, desc }) => ({
    values: frame.find(({ name }) => name === displayName)?.values ?? [],
    sign: desc ? -1 : 1,
  }));
  const compare = (a: number, b: number): number =>
    keys.map(({ values, sign }) => sign * compared(values[a], values[b])).find((each) => each !== 0) ?? 0;
  return numbers.sort(compare);
}

function compared(a: Value | undefined, b: Value | undefined): number {
  if (a === b) return 0;
  return (a ?? '') < (b ?? '') ? -1 : 1;
}
