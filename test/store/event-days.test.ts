import { describe, expect, it } from 'vitest';
import { limits } from '../../src/config/limits.js';
import { eventDays } from '../../src/store/writing/event-days.js';
import { day } from '../support/readings.js';

const arrived = day(9, 10) + 3600;
const of = (begin: number | null, end: number | null, records = 1) =>
  eventDays({ begin, end }, arrived, records, limits);

describe('the event days of a report', () => {
  it('are its UTC day when it covers one, with either way to write the end', () => {
    for (const end of [day(9, 9) - 1, day(9, 9)]) {
      expect(of(day(9, 8), end)).toMatchObject({ first: day(9, 8), last: day(9, 8), days: 1, estimated: false });
    }
  });

  it('are the day that holds the middle of a drifting window of 24 hours', () => {
    expect(of(day(9, 7) + 7 * 3600, day(9, 8) + 7 * 3600).first).toBe(day(9, 7));
    expect(of(day(9, 7) + 17 * 3600, day(9, 8) + 17 * 3600).first).toBe(day(9, 8));
  });

  it('are all of its days, marked as estimated, when it covers more than a day', () => {
    expect(of(day(9, 1), day(9, 8) - 1)).toEqual({
      first: day(9, 1),
      last: day(9, 7),
      days: 7,
      estimated: true,
      implausible: false,
    });
  });

  it('are the last days of a report that covers more than the bound', () => {
    expect(of(day(7, 1), day(9, 9))).toMatchObject({ last: day(9, 8), days: limits.spreadDays });
    expect(of(day(9, 8) - (limits.spreadDays - 1) * 86400, day(9, 9))).toMatchObject({ days: limits.spreadDays });
  });

  it.each([
    ['no begin', null, day(9, 8)],
    ['no end', day(9, 8), null],
    ['an end before its begin', day(9, 8), day(9, 7)],
    ['a begin before DMARC', 1000, day(9, 7)],
    ['a begin in the future', day(9, 14), day(9, 15)],
    ['an end far in the future', day(9, 8), day(11, 15)],
  ])('are the day of arrival for a report with %s', (_, begin, end) => {
    expect(of(begin, end)).toMatchObject({ first: day(9, 10), last: day(9, 10), implausible: true });
  });
});
