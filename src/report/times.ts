import { integerOf } from './fields.js';
import type { Note } from './problems.js';

/** 9999-12-31T23:59:59Z. */
const lastSecond = 253_402_300_799;

/** Unix seconds; null when nothing can be known. */
export interface DateRange {
  readonly begin: number | null;
  readonly end: number | null;
}

const path = 'report_metadata/date_range';

/** The range that `begin` and `end` mean: the later one last, one standing for both when the other is missing. */
export function dateRangeOf(rawBegin: string | null, rawEnd: string | null, note: Note): DateRange {
  const begin = timeOf(rawBegin, note, `${path}/begin`);
  const end = timeOf(rawEnd, note, `${path}/end`);
  if (begin === null || end === null) {
    const known = begin ?? end;
    note(known === null ? 'missing-element' : 'missing-time', path, `begin ${rawBegin ?? ''} end ${rawEnd ?? ''}`);
    return { begin: known, end: known };
  }
  if (begin <= end) return { begin, end };
  note('time-order', path, `begin ${begin} end ${end}`);
  return { begin: end, end: begin };
}

/** Whole seconds from seconds, milli-, micro- or nanoseconds (told apart by their size), decimals, or an ISO 8601 date. */
export function timeOf(raw: string | null, note: Note, where: string): number | null {
  if (raw === null || raw === '') return null;
  const whole = integerOf(raw);
  const value = whole ?? otherForm(raw);
  const seconds = value === null || value < 0 ? null : Math.floor(value / unitOf(value));
  if (seconds === null || seconds > lastSecond) note('bad-time', where, raw);
  else if (whole !== seconds) note('time-form', where, raw);
  return seconds !== null && seconds <= lastSecond ? seconds : null;
}

/** How many of the unit make a second. A time of 1e11 s is the year 5138. */
function unitOf(value: number): number {
  if (value > 1e17) return 1e9;
  if (value > 1e14) return 1e6;
  return value > 1e11 ? 1e3 : 1;
}

function otherForm(raw: string): number | null {
  if (/^\d+\.\d+$/.test(raw)) return Number(raw);
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?(Z|[+-]\d{2}:?\d{2})?)?$/.exec(raw);
  if (match === null) return null;
  const [, day = '', time, zone] = match;
  const milliseconds = Date.parse(`${day}T${time ?? '00:00'}${zone ?? 'Z'}`);
  return Number.isNaN(milliseconds) || !isDay(day) ? null : milliseconds / 1000;
}

/** `Date.parse` takes 30 February for 1 March. */
function isDay(day: string): boolean {
  const midnight = new Date(`${day}T00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}
