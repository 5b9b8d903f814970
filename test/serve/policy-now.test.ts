import { expect, test } from 'vitest';
import { policiesNow } from '../../src/serve/policy-now.js';
import type { PolicySpan } from '../../src/store/store.js';

const day = (n: number) => n * 86_400;
const span = (first: number, last: number, tags: Partial<PolicySpan>): PolicySpan => ({
  domain: 'example.org',
  p: 'reject',
  sp: null,
  np: null,
  adkim: null,
  aspf: null,
  pct: null,
  testing: null,
  first_day: day(first),
  last_day: day(last),
  reports: 1,
  ...tags,
});

test('a tag left out on some days is no change of the policy', () => {
  const spelt = { sp: 'reject', np: 'reject', adkim: 'r', aspf: 'r', pct: 100, testing: 'n' };
  const found = policiesNow([span(1, 2, { p: 'none' }), span(3, 4, {}), span(5, 5, spelt), span(6, 9, {})]);
  expect(found).toEqual([{ ...span(3, 9, spelt), reports: 3, changed_day: day(3), p_before: 'none' }]);
});

test('a tag that only some reports name, or a word of nobody, is no change', () => {
  const [found] = policiesNow([span(1, 2, {}), span(3, 4, { sp: 'none', pct: 50 }), span(5, 6, { sp: 'nil' })]);
  expect(found).toMatchObject({ sp: 'none', np: 'none', pct: 50, last_day: day(6), changed_day: null, p_before: null });
});

test('a tag that says something else than before is a change', () => {
  const [found] = policiesNow([span(1, 2, { sp: 'none' }), span(3, 4, {}), span(5, 6, { sp: 'reject' })]);
  expect(found).toMatchObject({ sp: 'reject', changed_day: day(5), p_before: 'reject' });
});

test('a policy back to what it was has changed on the day it came back', () => {
  const [found] = policiesNow([span(1, 2, {}), span(3, 3, { p: 'none' }), span(4, 5, {})]);
  expect(found).toMatchObject({ p: 'reject', first_day: day(4), changed_day: day(4), p_before: 'none' });
});

test('domains are apart, and a policy that nothing came before has no day of change', () => {
  const other = { domain: 'example.net' };
  expect(policiesNow([span(1, 2, { ...other, p: 'none' }), span(1, 2, {})])).toMatchObject([
    { domain: 'example.net', p: 'none', changed_day: null, p_before: null },
    { domain: 'example.org', p: 'reject', changed_day: null, p_before: null },
  ]);
  expect(policiesNow([])).toEqual([]);
});

test('a report without p leaves the policy unknown', () => {
  expect(policiesNow([span(1, 1, { p: null })])).toMatchObject([{ p: null, sp: null, np: null }]);
});
