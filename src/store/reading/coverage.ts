import { daySeconds } from '../../base/clock.js';
import type { Connection } from '../database.js';
import { openTotals, scopeParameters, totalsInScope } from './scope.js';
import type { Scope, ScopeParameters, TotalsTable } from './scope.js';

/** A reporter is expected on a day when it had messages on this many of the days before. */
const usualDays = 5;
const daysBefore = 7;
const namesShown = 5;

/** Who reported on one event day, beside who usually does. */
export interface DayCoverage {
  /** Unix seconds at midnight UTC. */
  readonly day: number;
  readonly reporters: number;
  readonly expected: number;
  /** Of the expected ones, those with messages on this day. */
  readonly present: number;
  /** The others by name, at most five. */
  readonly missing: readonly string[];
}

interface Seen {
  readonly day: number;
  readonly reporter: string;
}

const sqlOf = (table: TotalsTable) => `
SELECT g.day, o.name AS reporter FROM (
  SELECT DISTINCT t.day, t.reporter_id FROM ${table} t WHERE ${totalsInScope(table)} AND t.messages > 0
) g JOIN reporters o ON o.id = g.reporter_id ORDER BY g.day, o.key`;

/** Every day from the first with data in the range, days without a report too. `scope.to` bounds the answer: give no far future. */
export function readCoverage(db: Connection): (scope: Scope) => readonly DayCoverage[] {
  const open = openTotals({ byReporter: true }, (table) => db.prepare<ScopeParameters, Seen>(sqlOf(table)));
  return (scope) => {
    const parameters = scopeParameters(scope);
    const seen = open(scope).all({ ...parameters, first: parameters.first - daysBefore * daySeconds });
    const begin = Math.max(parameters.first, seen[0]?.day ?? Infinity);
    return daysFrom(begin, parameters.last, byDay(seen));
  };
}

function byDay(seen: readonly Seen[]): ReadonlyMap<number, ReadonlySet<string>> {
  const days = new Map<number, Set<string>>();
  for (const { day, reporter } of seen) {
    const names = days.get(day);
    if (names === undefined) days.set(day, new Set([reporter]));
    else names.add(reporter);
  }
  return days;
}

const nobody: ReadonlySet<string> = new Set();

function daysFrom(begin: number, last: number, seen: ReadonlyMap<number, ReadonlySet<string>>): DayCoverage[] {
  const days: DayCoverage[] = [];
  for (let day = begin; day <= last; day += daySeconds) {
    const here = seen.get(day) ?? nobody;
    const expected = usualBefore(day, seen);
    const missing = expected.filter((name) => !here.has(name));
    days.push({
      day,
      reporters: here.size,
      expected: expected.length,
      present: expected.length - missing.length,
      missing: missing.slice(0, namesShown),
    });
  }
  return days;
}

function usualBefore(day: number, seen: ReadonlyMap<number, ReadonlySet<string>>): string[] {
  const times = new Map<string, number>();
  for (let back = 1; back <= daysBefore; back++)
    for (const name of seen.get(day - back * daySeconds) ?? nobody) times.set(name, (times.get(name) ?? 0) + 1);
  return [...times].flatMap(([name, count]) => (count >= usualDays ? [name] : [])).sort();
}
