import { expect, test } from 'vitest';
import { passesNoMore } from '../../src/analyse/relayed.js';
import type { SourceKindDay } from '../../src/model/history.js';

const zero = { both: 0, dkim: 0, relayed: 0, spf: 0, forwarded: 0, signed: 0, elsewhere: 0, error: 0, nothing: 0 };

function row(day: number, kinds: Partial<SourceKindDay>): SourceKindDay {
  return { ...zero, sourceId: 1, ip: '198.51.100.60', reporterId: 1, day: day * 86_400, ...kinds };
}

test('three messages are the least that show that nothing passes any more', () => {
  const before = row(1, { relayed: 100 });
  // After 100 passes that count for 50, by chance: 0.5 · 1.5 / (51 · 52) = 0.00028; with a third one 0.000013.
  expect(passesNoMore([before, row(2, { signed: 2 })])).toBe(false);
  expect(passesNoMore([before, row(2, { signed: 3 })])).toBe(true);
});

test('what the days before make likely is no break of everything', () => {
  // 3 of 15 failed: 5 of 5 come by chance with (3.5 · … · 7.5) / (16 · … · 20) = 0.0023, 10 of 10 with 0.00004.
  const before = row(1, { relayed: 12, signed: 3 });
  expect(passesNoMore([before, row(2, { signed: 5 })])).toBe(false);
  expect(passesNoMore([before, row(2, { signed: 5 }), row(3, { signed: 5 })])).toBe(true);
});

test('a pass at any reporter is one, and mail that receivers call forwarded is neither', () => {
  const before = row(1, { relayed: 100 });
  const broken = row(2, { signed: 20 });
  expect(passesNoMore([before, broken, row(2, { relayed: 1, reporterId: 2 })])).toBe(false);
  expect(passesNoMore([before, broken, row(2, { forwarded: 9, reporterId: 2 })])).toBe(true);
  expect(passesNoMore([before, row(2, { forwarded: 20 })])).toBe(false);
});

test('a reporter that never saw a pass says nothing of what passes no more', () => {
  const before = row(1, { relayed: 100 });
  expect(passesNoMore([before, row(2, { signed: 20, reporterId: 2 })])).toBe(false);
  expect(passesNoMore([before, row(2, { signed: 20, reporterId: 2 }), row(2, { signed: 20 })])).toBe(true);
});
