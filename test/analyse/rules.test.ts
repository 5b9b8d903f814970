import { describe, expect, test } from 'vitest';
import { recoveryOf } from '../../src/analyse/recovery.js';
import { knownSenderFailing } from '../../src/analyse/rules/known-sender-failing.js';
import { mechanismBroken } from '../../src/analyse/rules/mechanism-broken.js';
import { newFailingSource } from '../../src/analyse/rules/new-failing-source.js';
import { newUnalignedSender } from '../../src/analyse/rules/new-unaligned-sender.js';
import { canHit } from '../../src/analyse/rules/rule.js';
import type { Hit, Rule, SenderFacts, Weighed } from '../../src/analyse/rules/rule.js';
import { senderRules } from '../../src/analyse/rules/rules.js';
import { sumKinds } from '../../src/analyse/rules/series.js';
import { daySeconds } from '../../src/base/clock.js';
import type { KindDay, Sender } from '../../src/model/sender.js';

const start = Date.UTC(2026, 0, 1) / 1000;
const day = (n: number) => start + n * daySeconds;
const zero = { both: 0, dkim: 0, relayed: 0, spf: 0, forwarded: 0, signed: 0, elsewhere: 0, error: 0, nothing: 0 };
const known: Sender = {
  name: 'mailer.example',
  title: 'Mailer',
  step: 'dkim',
  evidence: '',
  known: 'it passes',
  decision: null,
};
const unknown: Sender = { ...known, known: null };

type Kinds = Partial<Omit<KindDay, 'day'>>;

/** `counts[n]` is what came on day n; days of nothing are left out. */
function kindDays(counts: readonly Kinds[]): KindDay[] {
  return counts
    .map((each, n) => ({ ...zero, ...each, day: day(n) }))
    .filter((each) => Object.entries(each).some(([kind, count]) => kind !== 'day' && count > 0));
}

function facts(counts: readonly Kinds[], more: Partial<SenderFacts> = {}): SenderFacts {
  const days = kindDays(counts);
  return {
    sender: known,
    days,
    byReporter: [{ id: 1, days }],
    bySource: [{ id: 1, days }],
    sources: 1,
    newDays: [days.at(-1)?.day ?? 0],
    failedBefore: false,
    firstLook: false,
    ...more,
  };
}

/** `[messages, failed]` of a sender that signs. */
const signs = (messages: number, failed = 0): Kinds => ({ both: messages - failed, signed: failed });
const fine = (days: number, messages: number) => Array.from({ length: days }, () => signs(messages));

function only(rule: Rule, of: SenderFacts): Hit | null {
  const hits = rule.find(of);
  expect(hits.length).toBeLessThanOrEqual(1);
  return hits[0] ?? null;
}

describe('known_sender_failing', () => {
  const find = (counts: readonly Kinds[], more: Partial<SenderFacts> = {}) =>
    only(knownSenderFailing, facts(counts, more));

  test('needs a known sender, or one that the operator knows', () => {
    const counts = [...fine(28, 100), signs(100, 100)];
    const decided = (kind: 'known' | 'threat') => ({ kind, until: null, by: 'operator' });
    expect(find(counts)).not.toBeNull();
    expect(find(counts, { sender: unknown })).toBeNull();
    expect(find(counts, { sender: { ...unknown, decision: decided('known') } })).not.toBeNull();
    expect(find(counts, { sender: { ...known, decision: decided('threat') } })).toBeNull();
  });

  test('needs a baseline of ten messages', () => {
    expect(find([signs(5), signs(4), signs(50, 50)])).toBeNull();
    expect(find([signs(5), signs(5), signs(50, 50)])).not.toBeNull();
  });

  test('remembers for 180 days, and no longer, what a rare sender did', () => {
    const rare = (gap: number) => [signs(6), signs(6), ...fine(gap, 0), signs(20, 20)];
    expect(find(rare(178))).toMatchObject({ baseline: { days: 180, messages: 12 } });
    expect(find(rare(180))).toBeNull();
  });

  test('asks for three failures unless everything failed', () => {
    expect(find([...fine(28, 100), signs(3, 2)])).toBeNull();
    // 28 days of 100 count for 50: P(2 of 2) = 0.5 * 1.5 / (51 * 52), under 3e-4.
    expect(find([...fine(28, 100), signs(2, 2)])).toMatchObject({
      from: day(28),
      to: day(28),
      baseline: { days: 28, messages: 2800, failed: 0 },
      pValue: expect.closeTo(0.75 / 2652, 10) as number,
    });
  });

  test('does not mind less than five points, however sure it is', () => {
    expect(find([...fine(28, 10_000), signs(100_000, 4_900)])).toBeNull();
  });

  test('sees in two days what one day is too small for', () => {
    // P(1 of 1) = 0.5 / 29 of a baseline of 28; P(2 of 2) = 0.75 / (28 * 29) of one of 27, under 1e-3.
    expect(find([...fine(28, 1), signs(1, 1)])).toBeNull();
    expect(find([...fine(28, 1), signs(1, 1), signs(1, 1)])).toMatchObject({ from: day(28), to: day(29) });
  });

  test('does not put a single bad day together with good ones', () => {
    const noisy = [...fine(28, 10), signs(10, 2), signs(10), signs(10, 1)];
    expect(find(noisy, { newDays: [day(28), day(29), day(30)] })).toBeNull();
  });

  test('leaves out what was forwarded', () => {
    expect(find([...fine(28, 100), { both: 50, forwarded: 50 }])).toBeNull();
  });

  test('says when later days show that it is over', () => {
    const counts = [...fine(28, 100), signs(100, 100), ...fine(3, 100)];
    expect(find(counts, { newDays: [day(28), day(31)] })).toMatchObject({ recovered: true });
  });

  test('keeps the baseline of before the break while it goes on', () => {
    const broken = Array.from({ length: 40 }, () => signs(100, 100));
    const newDays = Array.from({ length: 68 }, (_, n) => day(n));
    expect(find([...fine(28, 100), ...broken], { newDays })).toMatchObject({
      from: day(28),
      recovered: false,
      baseline: { messages: 2800, failed: 0 },
    });
  });

  test('finds the one source IP of forty that breaks, and that alone', () => {
    const passing = kindDays(fine(29, 390));
    const broken = kindDays([...fine(28, 10), signs(10, 10)]);
    const days = sumKinds([passing, broken]);
    const found = find([], {
      days,
      byReporter: [{ id: 1, days }],
      bySource: [{ id: 7, days: broken }],
      sources: 40,
      newDays: [day(28)],
    });
    // 10 of 400 are 2.5 points: too few for the sender as a whole.
    expect(found).toMatchObject({ sourceIds: [7], baseline: { messages: 280 }, recovered: false });
  });

  test('believes one reporter among others only from twenty messages of its own past on', () => {
    const large = kindDays(fine(29, 1000));
    const of = (past: number) => {
      const small = kindDays([...fine(20, past / 20), ...fine(8, 0), signs(10, 10)]);
      const days = sumKinds([large, small]);
      return find([], {
        days,
        byReporter: [
          { id: 1, days: large },
          { id: 2, days: small },
        ],
        newDays: [day(28)],
      });
    };
    expect(of(20)).toMatchObject({ sourceIds: null });
    expect(of(0)).toBeNull();
  });
});

describe('mechanism_broken', () => {
  const find = (counts: readonly Kinds[]) => mechanismBroken.find(facts(counts));

  test('finds DKIM that is gone while SPF still passes', () => {
    expect(find([...fine(28, 100), { spf: 100 }])).toMatchObject([
      { mechanism: 'dkim', from: day(28), baseline: { messages: 2800, failed: 0 } },
    ]);
  });

  test('finds SPF that is gone while DKIM still passes, also where that looks like mail that was passed on', () => {
    expect(find([...fine(28, 100), { dkim: 100 }])).toMatchObject([{ mechanism: 'spf' }]);
    expect(find([...fine(28, 100), { relayed: 100 }])).toMatchObject([{ mechanism: 'spf' }]);
  });

  test('does not miss a leg that passed less than four times in five', () => {
    const mostly = (both: number) => Array.from({ length: 28 }, () => ({ both, spf: 100 - both }));
    expect(find([...mostly(80), { spf: 100 }])).toMatchObject([{ mechanism: 'dkim' }]);
    expect(find([...mostly(79), { spf: 100 }])).toEqual([]);
  });
});

describe('first failures', () => {
  test('of a stranger that passes for a domain of its own are a new unaligned sender', () => {
    const of = facts([{ elsewhere: 3 }], { sender: unknown });
    expect(only(newUnalignedSender, of)).toMatchObject({ from: day(0), to: day(0), pValue: null });
    expect(only(newUnalignedSender, facts([{ nothing: 3 }], { sender: unknown }))).toBeNull();
  });

  test('of any other stranger are a new failing source, once', () => {
    expect(only(newFailingSource, facts([{ nothing: 1 }], { sender: unknown }))).not.toBeNull();
    expect(only(newFailingSource, facts([{ nothing: 1 }], { sender: unknown, failedBefore: true }))).toBeNull();
  });

  test('of a known sender are told of even when they are few', () => {
    expect(only(newFailingSource, facts([...fine(10, 10), signs(10, 1)]))).toMatchObject({ from: day(10) });
  });

  test('of a known sender are not told of for each of its bad days', () => {
    expect(only(newFailingSource, facts([signs(10, 1), ...fine(60, 10), signs(10, 1)]))).toBeNull();
    expect(only(newFailingSource, facts([signs(1, 1), ...fine(28, 1), signs(1, 1)]))).not.toBeNull();
    expect(only(newFailingSource, facts([signs(1, 1), ...fine(27, 1), signs(1, 1)]))).toBeNull();
  });
});

describe('whom it wakes', () => {
  const window = (failed: number) => ({ from: '2026-01-01', to: '2026-01-01', messages: failed, failed });
  const weighed = (failed: number, more: Partial<Weighed> = {}): Weighed => ({
    evidence: { class: 'unauthenticated', window: window(failed), late: false, flapping: false },
    allForwarded: false,
    relays: false,
    onlyErrors: false,
    unaligned: 0,
    failingDays: 1,
    failingReporters: 1,
    enforced: false,
    threat: false,
    ...more,
  });
  const route = (rule: Rule, group: Weighed) => rule.weigh(group).route;

  test('one reporter without DNS wakes nobody about a known sender, two do', () => {
    const errors = (failingReporters: number) =>
      knownSenderFailing.weigh(weighed(50, { onlyErrors: true, failingReporters }));
    expect(errors(1)).toEqual({ severity: 'warning', route: 'digest' });
    expect(errors(2)).toEqual({ severity: 'critical', route: 'now' });
    expect(knownSenderFailing.weigh(weighed(50))).toEqual({ severity: 'critical', route: 'now' });
  });

  test('a new failing source does from twenty messages on, while the policy asks receivers for nothing', () => {
    expect(route(newFailingSource, weighed(19))).toBe('digest');
    expect(route(newFailingSource, weighed(20))).toBe('now');
    expect(route(newFailingSource, weighed(20, { enforced: true }))).toBe('digest');
  });

  test('a new unaligned sender does from five messages, two days or two reporters on', () => {
    expect(route(newUnalignedSender, weighed(4, { unaligned: 4 }))).toBe('digest');
    expect(route(newUnalignedSender, weighed(5, { unaligned: 5 }))).toBe('now');
    expect(route(newUnalignedSender, weighed(2, { unaligned: 2, failingDays: 2 }))).toBe('now');
    expect(route(newUnalignedSender, weighed(2, { unaligned: 2, failingReporters: 2 }))).toBe('now');
  });

  test('neither forwarding nor a sender that the operator called a threat does', () => {
    for (const rule of [newFailingSource, newUnalignedSender])
      for (const more of [{ threat: true }, { allForwarded: true }])
        expect(route(rule, weighed(50, { unaligned: 50, ...more }))).toBe('digest');
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

test('no rule hits what is skipped: a sender that is not known and failed before', () => {
  expect(canHit(unknown, true)).toBe(false);
  const broken = [...fine(30, 50), { elsewhere: 50 }, { nothing: 50 }];
  const skipped = facts(broken, { sender: unknown, failedBefore: true, newDays: [day(30), day(31)] });
  expect(senderRules.flatMap((rule) => rule.find(skipped))).toEqual([]);
  // The same mail of any other sender is a hit.
  for (const [sender, failedBefore] of [
    [unknown, false],
    [known, true],
    [known, false],
  ] as const) {
    expect(canHit(sender, failedBefore)).toBe(true);
    expect(senderRules.flatMap((rule) => rule.find({ ...skipped, sender, failedBefore }))).not.toEqual([]);
  }
});
