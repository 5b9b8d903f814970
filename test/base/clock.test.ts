import { expect, test } from 'vitest';
import { instantOf } from '../../src/base/clock.js';

test.each([
  ['2026-09-01', Date.UTC(2026, 8, 1) / 1000],
  ['2026-09-01T06:00:00Z', Date.UTC(2026, 8, 1, 6) / 1000],
  ['2028-02-29', Date.UTC(2028, 1, 29) / 1000],
  ['2027-02-29', null],
  ['2027-02-31', null],
  ['2027-13-01', null],
  ['2027-01-01T25:00:00Z', null],
  ['2027-01-01 06:00', null],
  ['tomorrow', null],
])('%s is the instant %s', (text, seconds) => {
  expect(instantOf(text)).toBe(seconds);
});
