import { describe, expect, test } from 'vitest';
import { knownSenderFailing } from '../../src/analyse/known-sender-failing.js';
import { newFailingSource } from '../../src/analyse/new-failing-source.js';
import { recoveryOf } from '../../src/analyse/recovery.js';
import type { SourceFacts } from '../../src/analyse/rule.js';
import { daySeconds } from '../../src/base/clock.js';

const start = Date.UTC(2026, 0, 1) / 1000;
const day = (n: number) => start + n * daySeconds;

/** `counts[n]` is [messages, failed] of day n. */
function facts(counts: readonly (readonly [number, number])[], more: Partial<SourceFacts> = {}): SourceFacts {
  const days = counts
    .map(([messages, failed], n) => ({ day: day(n), messages, failed }))
    .filter((each) => each.messages > 0);
  const byReporter = [{ reporterId: 1, days }];
  return { days, byReporter, newDays: [days.at(-1)?.day ?? 0], failedBefore: false, firstLook: false, ...more };
}

const fine = (days: number, messages: number) => Array.from({ length: days }, () => [messages, 0] as const);

describe('known_sender_failing', () => {
  test('needs aligned passes of five messages', () => {
    expect(knownSenderFailing.find(facts([...fine(4, 1), [9, 9], [50, 50]]))).toBeNull();
    expect(knownSenderFailing.find(facts([...fine(5, 1), [9, 0], [50, 50]]))).not.toBeNull();
  });

  test('needs aligned passes on two days', () => {
    expect(
      knownSenderFailing.find(
        facts([
          [50, 0],
          [50, 50],
        ]),
      ),
    ).toBeNull();
    expect(
      knownSenderFailing.find(
        facts([
          [49, 0],
          [1, 0],
          [50, 50],
        ]),
      ),
    ).not.toBeNull();
  });

  test('needs a baseline of ten messages', () => {
    expect(
      knownSenderFailing.find(
        facts([
          [5, 0],
          [4, 0],
          [50, 50],
        ]),
      ),
    ).toBeNull();
    expect(
      knownSenderFailing.find(
        facts([
          [5, 0],
          [5, 0],
          [50, 50],
        ]),
      ),
    ).not.toBeNull();
  });

  test('remembers for 180 days, and no longer, what a rare sender did', () => {
    const rare = (gap: number) => [[6, 0] as const, [6, 0] as const, ...fine(gap, 0), [20, 20] as const];
    expect(knownSenderFailing.find(facts(rare(178)))).toMatchObject({ baseline: { days: 180, messages: 12 } });
    expect(knownSenderFailing.find(facts(rare(180)))).toBeNull();
  });

  test('asks for three failures unless everything failed', () => {
    expect(knownSenderFailing.find(facts([...fine(28, 100), [3, 2]]))).toBeNull();
    expect(knownSenderFailing.find(facts([...fine(28, 100), [2, 2]]))).toMatchObject({
      from: day(28),
      to: day(28),
      baseline: { days: 28, messages: 2800, failed: 0 },
      pValue: expect.closeTo(0.75 / 2652, 10) as number,
    });
  });

  test('does not mind less than five points, however sure it is', () => {
    expect(knownSenderFailing.find(facts([...fine(28, 10_000), [100_000, 4_900]]))).toBeNull();
  });

  test('sees in three days what one day is too small for', () => {
    const hit = knownSenderFailing.find(facts([...fine(28, 1), [1, 1], [1, 1], [1, 1]]));
    expect(hit).toMatchObject({ from: day(28), to: day(30), baseline: { messages: 28 } });
  });

  test('says when later days show that it is over', () => {
    const counts = [...fine(28, 100), [100, 100] as const, ...fine(3, 100)];
    expect(knownSenderFailing.find(facts(counts, { newDays: [day(28), day(31)] }))).toMatchObject({ recovered: true });
  });

  test('keeps the baseline of before the break while it goes on', () => {
    const broken = Array.from({ length: 40 }, () => [100, 100] as const);
    const newDays = Array.from({ length: 68 }, (_, n) => day(n));
    expect(knownSenderFailing.find(facts([...fine(28, 100), ...broken], { newDays }))).toMatchObject({
      from: day(28),
      recovered: false,
      baseline: { messages: 2800, failed: 0 },
    });
  });
});

describe('new_failing_source', () => {
  test('hits a source that never failed before', () => {
    expect(newFailingSource.find(facts([[1, 1]]))).toMatchObject({ from: day(0), to: day(0), pValue: null });
    expect(newFailingSource.find(facts([[1, 1]], { failedBefore: true }))).toBeNull();
  });

  test('leaves a source that is known to pass alone while most of its mail does', () => {
    expect(newFailingSource.find(facts([...fine(10, 10), [10, 4]]))).toBeNull();
    expect(newFailingSource.find(facts([...fine(10, 10), [10, 5]]))).toMatchObject({ known: { messages: 105 } });
  });

  test('does not list a known source for each of its bad days', () => {
    expect(newFailingSource.find(facts([...fine(10, 1), [1, 1], ...fine(10, 1), [1, 1]]))).toBeNull();
  });
});

describe('recoveryOf', () => {
  const open = { to: day(0), window: { messages: 100, failed: 100 }, baseline: { messages: 2800, failed: 0 } };
  const later = (...counts: (readonly [number, number])[]) =>
    counts.map(([messages, failed], n) => ({ day: day(n + 1), messages, failed }));

  test('needs two later days', () => {
    expect(recoveryOf(open, later([500, 0]))).toBeNull();
    expect(recoveryOf(open, later([250, 0], [250, 0]))).toMatchObject({ from: day(1), to: day(2), messages: 500 });
  });

  test('needs half the messages of the window', () => {
    const large = { ...open, window: { messages: 1000, failed: 1000 } };
    expect(recoveryOf(large, later([249, 0], [250, 0]))).toBeNull();
    expect(recoveryOf(large, later([250, 0], [250, 0]))).not.toBeNull();
  });

  test('needs to be sure: 72 clean messages are not enough for 5 points, 73 are', () => {
    const small = { ...open, window: { messages: 10, failed: 10 } };
    // 3.8416 / (n + 3.8416) <= 0.05 from n = 72.99 on.
    expect(recoveryOf(small, later([36, 0], [36, 0]))).toBeNull();
    expect(recoveryOf(small, later([36, 0], [37, 0]))).not.toBeNull();
  });

  test('does not count days that still failed', () => {
    expect(recoveryOf(open, later([100, 100], [100, 0], [100, 0]))).toMatchObject({ from: day(2), failed: 0 });
  });
});
