import { daySeconds, utcDay } from '../../base/clock.js';
import type { Limits } from '../../config/limits.js';

/** Over which UTC days the messages of a report are booked. Days are Unix seconds at midnight. */
export interface EventDays {
  readonly first: number;
  readonly last: number;
  readonly days: number;
  /** The report covers more than a day, so the share of each day is a guess. */
  readonly estimated: boolean;
  /** The stated times are absent or cannot be true, so the day of arrival stands in. */
  readonly implausible: boolean;
}

/** As stated; Unix seconds. */
export interface Period {
  readonly begin: number | null;
  readonly end: number | null;
}

/** Reporters whose windows drift by minutes still mean one day. */
const oneDay = daySeconds + 3600;
const earliest = Date.UTC(2010, 0, 1) / 1000;

/** `begin`, `end` and `arrivedAt` in Unix seconds. A window of a day that straddles midnight belongs to the day that holds its middle. */
export function eventDays({ begin, end }: Period, arrivedAt: number, records: number, limits: Limits): EventDays {
  const latest = arrivedAt + 2 * daySeconds;
  if (
    begin === null ||
    end === null ||
    begin < earliest ||
    end < begin ||
    begin > latest ||
    end > latest + 31 * daySeconds
  ) {
    return single(utcDay(arrivedAt), true);
  }
  if (end - begin <= oneDay) return single(utcDay((begin + end) / 2), false);
  const last = utcDay(end - 1);
  if (records > limits.spreadRecords) return single(last, false);
  const first = Math.max(utcDay(begin), last - (limits.spreadDays - 1) * daySeconds);
  return { first, last, days: (last - first) / daySeconds + 1, estimated: true, implausible: false };
}

function single(day: number, implausible: boolean): EventDays {
  return { first: day, last: day, days: 1, estimated: false, implausible };
}
