import { describe, expect, test } from 'vitest';
import { median, percentile95, usualGap } from '../../src/analyse/rules/days.js';
import { policyOf, policyOfText, policyText, weakened } from '../../src/analyse/rules/policies.js';
import { countTail } from '../../src/analyse/statistics.js';
import type { PublishedPolicy } from '../../src/model/domain-facts.js';

const silent: PublishedPolicy = { p: null, sp: null, np: null, pct: null, adkim: null, aspf: null, testing: null };
const policy = (tags: Partial<PublishedPolicy>) => policyOf({ ...silent, ...tags });

describe('a published policy', () => {
  test('has the defaults of the tags that are left out', () => {
    expect(policyText(policy({ p: 'reject' }))).toBe('p=reject sp=reject np=reject pct=100 adkim=r aspf=r t=n');
    expect(policyText(policy({ p: 'Reject ', sp: 'none' }))).toBe(
      'p=reject sp=none np=none pct=100 adkim=r aspf=r t=n',
    );
  });

  test('takes no word that is none, not even one that every object has', () => {
    expect(policy({ p: 'reject', sp: 'constructor', adkim: '__proto__' })).toMatchObject({ sp: 'reject', adkim: 'r' });
  });

  test('is what its text says', () => {
    const said = policy({ p: 'quarantine', sp: 'none', np: 'reject', pct: 20, adkim: 's', testing: 'y' });
    expect(policyOfText(policyText(said))).toEqual(said);
  });

  test.each<[Partial<PublishedPolicy>, Partial<PublishedPolicy>, string[]]>([
    [{ p: 'reject' }, { p: 'quarantine' }, ['p']],
    [{ p: 'quarantine' }, { p: 'none' }, ['p']],
    [{ p: 'none' }, { p: 'reject' }, []],
    [{ p: 'reject' }, { p: 'reject', sp: 'none' }, ['sp']],
    [{ p: 'reject', np: 'reject' }, { p: 'reject', np: 'none' }, ['np']],
    [{ p: 'reject', sp: 'none' }, { p: 'none', sp: 'none' }, ['p']],
    [{ p: 'reject' }, { p: 'reject', pct: 99 }, ['pct']],
    [{ p: 'reject', pct: 50 }, { p: 'reject' }, []],
    [{ p: 'reject' }, { p: 'reject', testing: 'y' }, ['t']],
    [{ p: 'reject', adkim: 's', aspf: 's' }, { p: 'reject' }, ['adkim', 'aspf']],
    [{ p: 'reject' }, { p: 'reject', adkim: 's' }, []],
  ])('%o then %o is weaker in %o', (before, after, tags) => {
    expect(weakened(policy(before), policy(after)).map((each) => each.tag)).toEqual(tags);
  });
});

describe('the tail of a daily count', () => {
  test('is Poisson when days do not differ more than chance', () => {
    // Mean 2: 1 - e^-2 (1 + 2 + 2) = 0.3233236.
    expect(countTail(3, [2, 2, 2, 2])).toBeCloseTo(0.3233236, 6);
    expect(countTail(0, [2, 2])).toBe(1);
  });

  test('is negative binomial when they do', () => {
    // Days 0 and 2: mean 1, variance 2, so size 1 and share 1/2: P(X >= x) = 2^-x.
    expect(countTail(1, [0, 2])).toBeCloseTo(0.5, 9);
    expect(countTail(10, [0, 2])).toBeCloseTo(2 ** -10, 9);
  });

  test('takes no mail at all as half a message over all days', () => {
    // Mean 1/2: 1 - e^-0.5 = 0.3934693.
    expect(countTail(1, [0])).toBeCloseTo(0.3934693, 6);
  });

  test('answers for counts beyond any sum', () => {
    expect(countTail(1e15, [1, 2, 3])).toBeLessThan(1e-4);
    expect(countTail(1e15, [1e15, 2e15, 5e14])).toBeGreaterThan(0.01);
  });
});

describe('figures of days', () => {
  test('the median of none is 0, of two the middle between them', () => {
    expect([median([]), median([3]), median([1, 4]), median([9, 1, 4])]).toEqual([0, 3, 2.5, 4]);
  });

  test('of 100 values 95 are no larger than the 95th percentile', () => {
    expect(percentile95(Array.from({ length: 100 }, (_, n) => n + 1))).toBe(95);
    expect(percentile95([7])).toBe(7);
    expect(percentile95([])).toBe(0);
  });

  test('arrivals at one moment are no gap', () => {
    expect(usualGap([100, 100, 160, 160])).toBe(60);
    expect(usualGap([100])).toBe(0);
  });
});
