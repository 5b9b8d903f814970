import { expect, test } from 'vitest';
import { backoffMs } from '../../src/base/retry.js';

const backoff = { firstMs: 5_000, capMs: 60_000 };

test('the wait doubles with every failure up to the cap', () => {
  const waits = [1, 2, 3, 4, 5, 1000].map((failures) => backoffMs(failures, backoff, () => 0));
  expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
});

test('jitter takes off up to a quarter and never adds', () => {
  expect(backoffMs(1, backoff, () => 0.5)).toBe(4_375);
  expect(backoffMs(1, backoff, () => 0.999_999)).toBe(3_750);
  expect(backoffMs(9, backoff, () => 0.5)).toBe(52_500);
});
