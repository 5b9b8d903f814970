import { expect, test } from 'vitest';
import { lastMoment, nextWeekly, weeklyMoment } from '../../src/notify/moments.js';

const at = (text: string) => Date.parse(text) / 1000;
const text = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 16);

test.each([
  ['2026-09-02T07:29:59Z', '2026-09-01T07:30'],
  ['2026-09-02T07:30:00Z', '2026-09-02T07:30'],
  ['2026-09-02T23:59:59Z', '2026-09-02T07:30'],
])('at %s it was 07:30 last on %s', (now, last) => {
  expect(text(lastMoment(at(now), '07:30'))).toBe(last);
});

// 2026-09-07 is a Monday.
test.each([
  ['2026-09-07T05:59:59Z', null, '2026-08-31T06:00'],
  ['2026-09-07T06:00:00Z', null, '2026-09-07T06:00'],
  ['2026-09-13T23:59:59Z', null, '2026-09-07T06:00'],
  ['2026-09-07T06:00:00Z', '07:30', '2026-08-31T07:30'],
])('at %s with digest_at %s the last weekly summary was due on %s', (now, digestAt, last) => {
  expect(text(weeklyMoment(at(now), digestAt))).toBe(last);
  expect(nextWeekly(at(now), digestAt) - weeklyMoment(at(now), digestAt)).toBe(7 * 86_400);
});
