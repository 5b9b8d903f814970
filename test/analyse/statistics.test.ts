import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  betaBinomialTail,
  capacity,
  correlation,
  dayEquivalents,
  logGamma,
  surprise,
  wilson,
} from '../../src/analyse/statistics.js';

describe('logGamma', () => {
  test('is the logarithm of the factorial', () => {
    expect(logGamma(1)).toBeCloseTo(0, 12);
    expect(logGamma(5)).toBeCloseTo(Math.log(24), 12);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 12);
    expect(logGamma(11)).toBeCloseTo(Math.log(3_628_800), 10);
  });
});

describe('betaBinomialTail', () => {
  test.each([
    // P(2 of 2) = a(a+1) / ((a+b)(a+b+1))
    { x: 2, n: 2, a: 0.5, b: 50.5, p: 0.75 / 2652 },
    { x: 2, n: 2, a: 0.5, b: 28.5, p: 0.75 / 870 },
    // P(3 of 3) = a(a+1)(a+2) / ((a+b)(a+b+1)(a+b+2))
    { x: 3, n: 3, a: 0.5, b: 0.5, p: 1.875 / 6 },
    { x: 1, n: 1, a: 0.5, b: 0.5, p: 0.5 },
    { x: 1, n: 1, a: 3, b: 7, p: 0.3 },
    // P(at least 1 of 2) = 1 - b(b+1) / ((a+b)(a+b+1))
    { x: 1, n: 2, a: 1, b: 3, p: 1 - 12 / 20 },
  ])('of at least $x of $n with Beta($a, $b) is as worked out by hand', ({ x, n, a, b, p }) => {
    expect(betaBinomialTail(x, n, a, b)).toBeCloseTo(p, 12);
  });

  test('is uniform over 0 to n with Beta(1, 1)', () => {
    for (const n of [1, 10, 1000])
      for (const x of [0, 1, Math.floor(n / 2), n])
        expect(betaBinomialTail(x, n, 1, 1)).toBeCloseTo((n + 1 - x) / (n + 1), 9);
  });

  test('of nothing is certain, of more than all impossible', () => {
    expect(betaBinomialTail(0, 10, 1, 5)).toBe(1);
    expect(betaBinomialTail(11, 10, 1, 5)).toBe(0);
  });

  test('of very many messages is the tail of the beta distribution', () => {
    // Beta(1, 2): P(rate >= 0.3) = 0.7^2
    expect(betaBinomialTail(300_000_000, 1_000_000_000, 1, 2)).toBeCloseTo(0.49, 4);
  });

  const counts = fc.tuple(fc.integer({ min: 1, max: 3000 }), fc.double({ min: 0, max: 1, noNaN: true }));
  const shape = fc.double({ min: 0.5, max: 60, noNaN: true });

  test('is a probability and falls as more failures are asked for', () => {
    fc.assert(
      fc.property(counts, shape, shape, ([n, share], a, b) => {
        const x = Math.floor(n * share);
        const tail = betaBinomialTail(x, n, a, b);
        expect(tail).toBeGreaterThanOrEqual(0);
        expect(tail).toBeLessThanOrEqual(1);
        expect(betaBinomialTail(x + 1, n, a, b)).toBeLessThanOrEqual(tail + 1e-9);
      }),
    );
  });

  test('rises with the failure rate expected', () => {
    fc.assert(
      fc.property(counts, shape, shape, ([n, share], a, b) => {
        const x = Math.floor(n * share);
        expect(betaBinomialTail(x, n, a + 1, b)).toBeGreaterThanOrEqual(betaBinomialTail(x, n, a, b) - 1e-9);
      }),
    );
  });
});

describe('wilson', () => {
  test('agrees with known values', () => {
    // z = 1.96: for 0 of n the upper bound is 3.8416 / (n + 3.8416).
    expect(wilson(0, 10)).toEqual({ low: 0, high: expect.closeTo(3.8416 / 13.8416, 10) as number });
    expect(wilson(3, 20).low).toBeCloseTo(0.0524, 4);
    expect(wilson(3, 20).high).toBeCloseTo(0.3604, 4);
    expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
  });

  test('holds the rate, stays in 0 to 1 and narrows with more messages', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, share) => {
        const x = Math.floor(n * share);
        const { low, high } = wilson(x, n);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(x / n + 1e-12);
        expect(high).toBeGreaterThanOrEqual(x / n - 1e-12);
        const more = wilson(x * 4, n * 4);
        expect(more.high - more.low).toBeLessThanOrEqual(high - low);
      }),
    );
  });
});

describe('surprise', () => {
  test('counts a baseline of thousands for fifty messages', () => {
    // 0 of 5,000 weighs like 0 of 50: P(2 of 2) = 0.75 / (51 * 52).
    expect(surprise({ messages: 2, failed: 2 }, { messages: 5000, failed: 0 })).toBeCloseTo(0.75 / 2652, 12);
    expect(surprise({ messages: 2, failed: 2 }, { messages: 50, failed: 0 })).toBeCloseTo(0.75 / 2652, 12);
  });

  test('takes a small baseline as it is', () => {
    expect(surprise({ messages: 1, failed: 1 }, { messages: 9, failed: 3 })).toBeCloseTo(0.35, 12);
  });
});

describe('correlation', () => {
  test('is one when every day is all or nothing', () => {
    // No variance within the days.
    const days = [...Array.from({ length: 10 }, () => ({ messages: 8, failed: 0 })), { messages: 8, failed: 8 }];
    expect(correlation(days)).toBeCloseTo(1, 12);
  });

  test('is as worked out by hand', () => {
    // Two days of 10 with 1 and 5 failures: the rate is 0.3, between = 2 * 10 * 0.2^2 = 0.8 over 1,
    // within = 10 * 0.1 * 0.9 + 10 * 0.5 * 0.5 = 3.4 over 18, and (0.8 - 0.18889) / (0.8 + 9 * 0.18889) = 0.2444.
    const days = [
      { messages: 10, failed: 1 },
      { messages: 10, failed: 5 },
    ];
    expect(correlation(days)).toBeCloseTo((0.8 - 3.4 / 18) / (0.8 + (9 * 3.4) / 18), 12);
  });

  test('is not guessed from fewer than five failures', () => {
    expect(
      correlation([{ messages: 8, failed: 4 }, ...Array.from({ length: 20 }, () => ({ messages: 8, failed: 0 }))]),
    ).toBe(0);
  });
});

describe('capacity', () => {
  const even = Array.from({ length: 14 }, () => ({ messages: 100, failed: 1 }));

  test('is 50 when the days differ no more than chance', () => {
    expect(capacity(even)).toBe(50);
  });

  test('is 50 when there are fewer than 14 days, and less from 14 on, when they differ much', () => {
    const wild = (count: number) => [{ messages: 100, failed: 90 }, ...even].slice(0, count);
    expect(capacity(wild(13))).toBe(50);
    expect(capacity(wild(14))).toBe(10);
  });
});

describe('dayEquivalents', () => {
  test('counts days of equal size as what they are, and one large day among small ones as little more than one', () => {
    const three = [1, 2, 3].map(() => ({ messages: 7, failed: 0 }));
    expect(dayEquivalents(three)).toBeCloseTo(3, 12);
    // 102^2 / (100^2 + 1 + 1)
    const [small, large] = [
      { messages: 1, failed: 0 },
      { messages: 100, failed: 0 },
    ];
    expect(dayEquivalents([small, large, small])).toBeCloseTo(10_404 / 10_002, 12);
  });
});
