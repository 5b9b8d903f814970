import type { Panel, Transformation } from '../src/dashboard.js';
import type { Field, Frame, Value } from './frame.js';

/** The frames of a panel's queries as one, after the panel's own transformations. */
export function joined(panel: Panel, frames: readonly Frame[]): Frame {
  const { transformations } = panel;
  if (transformations === undefined) return frames.length > 1 ? overTime(frames) : (frames[0] ?? []);
  return transformations.reduce<Frame>(
    (frame, each) => (each.id === 'organize' ? organized(frame, each) : frame),
    merged(frames),
  );
}

/** Series of several queries over the moments of all. Frames without a time are put side by side. */
function overTime(frames: readonly Frame[]): Frame {
  if (frames.some(([first]) => first !== undefined && first.type !== 'time')) return frames.flat();
  const moments = [...new Set(frames.flatMap(([time]) => time?.values ?? []))].toSorted(
    (a, b) => Number(a) - Number(b),
  );
  const fields = frames.flatMap(([time, ...rest]) =>
    rest.map((field): Field => {
      const values = new Map(field.values.map((value, i) => [time?.values[i] ?? null, value]));
      return { ...field, values: moments.map((moment) => values.get(moment) ?? null) };
    }),
  );
  return [{ name: 'Time', type: 'time', values: moments }, ...fields];
}

type Cells = Readonly<Record<string, Value>>;

/** Rows that agree in every label that both have become one. */
function merged(frames: readonly Frame[]): Frame {
  const types = new Map(frames.flat().map(({ name, type }) => [name, type]));
  const rows: Record<string, Value>[] = [];
  for (const cells of frames.flatMap(rowsOf)) {
    const same = rows.find((row) => agree(row, cells, types));
    if (same) Object.assign(same, cells);
    else rows.push({ ...cells });
  }
  return [...types].map(([name, type]): Field => ({ name, type, values: rows.map((row) => row[name] ?? null) }));
}

function rowsOf(frame: Frame): Cells[] {
  const length = frame[0]?.values.length ?? 0;
  return Array.from({ length }, (_, i) =>
    Object.fromEntries(frame.map(({ name, values }) => [name, values[i] ?? null])),
  );
}

function agree(row: Cells, cells: Cells, types: ReadonlyMap<string, Field['type']>): boolean {
  return Object.keys(cells).every(
    (name) => !(name in row) || (types.get(name) === 'string' && row[name] === cells[name]),
  );
}

function organized(frame: Frame, { options }: Transformation): Frame {
  const { excludeByName = {}, indexByName = {}, renameByName = {} } = options;
  return frame
    .filter(({ name }) => excludeByName[name] !== true)
    .toSorted((a, b) => (indexByName[a.name] ?? 99) - (indexByName[b.name] ?? 99))
    .map((field) => ({ ...field, name: renameByName[field.name] ?? field.name }));
}
