import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../src/model/finding.js';
import { openPollRecord } from '../../src/store/watching/service-state.js';
import { dayOf, plusDays, spoof, World } from './world.js';
import type { FakeReport, Row } from './world.js';

const ip = '198.51.100.7';
const ours: Row = {
  ip,
  messages: 200,
  verdict: 'pass_spf',
  spf: [{ domain: 'example.com', result: 'pass' }],
};

/** Reports of `days` days from 2026-08-01, each at six in the morning after. */
async function settled(days = 20, more: (day: string) => readonly Partial<FakeReport>[] = () => [{}]) {
  const world = new World();
  for (let i = 0; i < days; i++) {
    const day = plusDays('2026-08-01', i);
    world.at(`${plusDays(day, 1)}T06:00:00Z`);
    for (const each of more(day)) world.report({ day, rows: [ours], p: 'reject', ...each });
    await world.evaluate();
  }
  return { world, day: plusDays('2026-08-01', days) };
}

/** One more day; the watch looks when the reports come and 21 hours later. */
async function one(world: World, day: string, reports: readonly Partial<FakeReport>[]): Promise<void> {
  world.at(`${plusDays(day, 1)}T06:00:00Z`);
  for (const each of reports) world.report({ day, rows: [ours], p: 'reject', ...each });
  await world.evaluate();
  await world.later(21).evaluate();
}

function found(world: World, rule: string): ReturnType<World['findings']> {
  return world.findings().filter((each) => each.rule === rule);
}

function evidenceOf(world: World, rule: string): Evidence {
  return JSON.parse(found(world, rule)[0]?.evidence ?? '{}') as Evidence;
}

const both = (more: Partial<FakeReport>): Partial<FakeReport>[] => [more, { reporter: 'Yahoo', ...more }];

describe('policy_weakened', () => {
  test('is told at once when two reporters see a weaker policy, and ends when they see the old one again', async () => {
    const { world, day } = await settled(20, () => both({}));
    await one(world, day, both({ p: 'none' }));
    expect(world.opened()).toMatchObject({
      rule: 'policy_weakened',
      severity: 'critical',
      domain: 'example.com',
      source: { group: '' },
      summary:
        'example.com: the published DMARC policy is weaker: p from reject to none (seen by 2 reporters since 2026-08-21 00:00 UTC)',
    });
    await one(world, plusDays(day, 1), both({ p: 'none' }));
    await one(world, plusDays(day, 2), both({}));
    expect(found(world, 'policy_weakened')).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
    expect(world.types()).toEqual(['dmarc.alert.opened', 'dmarc.alert.resolved']);
  });

  test('is told with its own text when it is weakened again, and each ends by itself', async () => {
    const { world, day } = await settled(20, () => both({}));
    await one(world, day, both({ p: 'quarantine' }));
    await one(world, plusDays(day, 1), both({ p: 'none' }));
    expect(world.types()).toEqual(['dmarc.alert.opened', 'dmarc.alert.opened']);
    expect(found(world, 'policy_weakened').map((each) => each.summary.replace(/.*weaker: | \(.*/g, ''))).toEqual([
      'p from reject to quarantine',
      'p from quarantine to none',
    ]);
    await one(world, plusDays(day, 2), both({ p: 'quarantine' }));
    expect(found(world, 'policy_weakened').map((each) => each.status)).toEqual(['open', 'resolved']);
    await one(world, plusDays(day, 3), both({}));
    expect(found(world, 'policy_weakened').map((each) => each.status)).toEqual(['resolved', 'resolved']);
  });

  test('needs two reports of one reporter: one says too little', async () => {
    const { world, day } = await settled();
    await one(world, day, [{ p: 'none' }]);
    expect(found(world, 'policy_weakened')).toEqual([]);
    await one(world, plusDays(day, 1), [{ p: 'none' }]);
    expect(found(world, 'policy_weakened')).toHaveLength(1);
  });

  test('stays open when an old report comes late', async () => {
    const { world, day } = await settled(20, () => both({}));
    await one(world, day, both({ p: 'none' }));
    world.report({ day: plusDays(day, -3), reporter: 'Straggler', p: 'reject', rows: [ours] });
    world.report({ day: plusDays(day, -3), p: 'reject', rows: [ours] });
    await world.live(2);
    expect(found(world, 'policy_weakened')).toMatchObject([{ status: 'open' }]);
  });

  test('is not what one reporter says while two others see the old policy for days', async () => {
    const three = (p: 'reject' | 'none') => [...both({}), { reporter: 'Third', p }];
    const { world, day } = await settled(20, () => three('reject'));
    await one(world, day, three('none'));
    world.at(`${plusDays(day, 3)}T06:00:00Z`);
    for (const later of [1, 2]) for (const each of both({})) world.report({ day: plusDays(day, later), rows: [ours], p: 'reject', ...each }); // prettier-ignore
    world.report({ day: plusDays(day, 2), rows: [ours], p: 'none', reporter: 'Third' });
    await world.live(2);
    expect(found(world, 'policy_weakened')).toEqual([]);
  });

  test('is never what forged reports say', async () => {
    const { world, day } = await settled(20, () => both({}));
    await one(world, day, both({ p: 'none', authenticity: 'failed' }));
    await one(world, plusDays(day, 1), both({ p: 'none', authenticity: 'failed' }));
    expect(world.findings()).toEqual([]);
  });

  test('is not what an unverified mail says in the name of a reporter whose reports are verified', async () => {
    const verified = { authenticity: 'verified' } as const;
    const { world, day } = await settled(20, () => both(verified));
    await one(world, day, [...both(verified), ...both({ p: 'none' })]);
    await one(world, plusDays(day, 1), [...both(verified), ...both({ p: 'none' })]);
    expect(found(world, 'policy_weakened')).toEqual([]);
  });
});

describe('reports_missing', () => {
  test('is told after three usual gaps without a report, and ends with the next one', async () => {
    const { world } = await settled();
    // The last came on 21 August at six; reports came every 24 hours, so 72 hours are too long.
    await world.live(71);
    expect(world.types()).toEqual([]);
    await world.live(1);
    expect(world.opened()).toMatchObject({
      rule: 'reports_missing',
      severity: 'warning',
      summary:
        'example.com: no report for 3 days, the last came on 2026-08-21 06:00 UTC; before, 1 reporter sent some on 7 of 7 days',
    });
    await world.live(24);
    expect(world.types()).toEqual(['dmarc.alert.opened']);
    world.report({ day: world.today(), rows: [ours] });
    await world.evaluate();
    expect(world.types()).toEqual(['dmarc.alert.opened', 'dmarc.alert.resolved']);
  });

  test('is not hidden by forged reports', async () => {
    const { world } = await settled();
    for (let hours = 0; hours < 72; hours += 12) {
      world.report({ day: world.today(), authenticity: 'failed', rows: [ours] });
      await world.live(12);
    }
    expect(found(world, 'reports_missing')).toMatchObject([{ status: 'open' }]);
  });

  test('is not told while a mailbox fails: that is told instead', async () => {
    const { world } = await settled();
    const polls = openPollRecord(world.db);
    for (let i = 0; i < 3; i++)
      polls.polled({ mailbox: 'main', at: dayOf('2026-08-21') + 6 * 3600, error: 'auth: no' });
    await world.live(100);
    expect(world.findings()).toMatchObject([{ rule: 'mailbox_failing', sender: 'main', status: 'open' }]);
  });

  test('does not count the time in which nobody looked', async () => {
    const { world } = await settled();
    world.later(240);
    await world.live(71);
    expect(world.types()).toEqual([]);
    await world.live(2);
    expect(world.opened()).toMatchObject({ rule: 'reports_missing' });
  });

  test('is not told of a domain that has reports now and then', async () => {
    const { world } = await settled(20, (day) => (dayOf(day) % (3 * 86_400) === 0 ? [{}] : []));
    await world.live(200);
    expect(world.types()).toEqual([]);
  });
});

describe('reporter_missing', () => {
  test('is in the digest when one of the big reporters is silent for a week, and ends when it reports', async () => {
    const { world, day } = await settled(20, () => both({}));
    for (let i = 0; i < 7; i++) {
      await world.live(24);
      world.report({ day: plusDays(day, i), rows: [ours] });
    }
    expect(found(world, 'reporter_missing')).toEqual([]);
    await world.evaluate();
    // Yahoo's last came on 21 August at six.
    expect(found(world, 'reporter_missing')).toMatchObject([{ sender: 'Yahoo', status: 'open', severity: 'info' }]);
    await one(world, plusDays(day, 7), both({}));
    expect(found(world, 'reporter_missing')).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
  });
});

describe('new_subdomain', () => {
  const below = (name: string, verdict: 'pass_dkim' | 'fail'): Row => ({ ip, messages: 3, verdict, headerFrom: name });

  test('is in the digest once for a name that passes, and no news again', async () => {
    const { world, day } = await settled();
    await one(world, day, [{ rows: [ours, below('Shop.example.com', 'pass_dkim')] }]);
    expect(world.digest().alerts).toMatchObject([
      {
        rule: 'new_subdomain',
        source: { group: 'shop.example.com' },
        summary: 'example.com: a name not seen before in From passes DMARC: shop.example.com (3 messages)',
      },
    ]);
    for (let i = 1; i < 31; i++)
      await one(world, plusDays(day, i), [{ rows: [ours, below('shop.example.com', 'pass_dkim')] }]);
    expect(found(world, 'new_subdomain')).toMatchObject([{ status: 'resolved', resolution: 'accepted' }]);
    expect(world.types()).toEqual(['dmarc.digest.daily']);
  });

  test('is not told of names that fail, of other domains, and in the first week of a domain', async () => {
    const { world, day } = await settled(5, () => [{ rows: [ours, below('early.example.com', 'pass_dkim')] }]);
    await one(world, plusDays(day, 4), [
      { rows: [ours, below('bad.example.com', 'fail'), below('notexample.com', 'pass_dkim'), below('early.example.com', 'pass_dkim')] },
    ]); // prettier-ignore
    expect(found(world, 'new_subdomain')).toEqual([]);
  });

  test('is one finding for any number of names in a report', async () => {
    const { world, day } = await settled();
    const many = Array.from({ length: 1_500 }, (_, n) => below(`n${n}.example.com`, 'pass_dkim'));
    await one(world, day, [{ rows: [ours, ...many] }]);
    expect(found(world, 'new_subdomain')).toHaveLength(1);
    expect(found(world, 'new_subdomain')[0]?.summary).toContain('1,000 names not seen before');
    expect(world.db.prepare('SELECT count(*) FROM seen_names WHERE name LIKE ?').pluck().get('n%')).toBe(1_000);
  });
});

describe('spoofing_spike', () => {
  const wave = (p: 'none' | 'reject'): Partial<FakeReport>[] => [
    { p, rows: [ours, ...Array.from({ length: 60 }, (_, n) => spoof(`2001:db8:${n + 1}::1`))] },
  ];

  test('is told at once when the policy lets it through, and ends after two settled days without it', async () => {
    const { world, day } = await settled(20, () => [{ p: 'none' }]);
    await one(world, day, wave('none'));
    expect(found(world, 'spoofing_spike')).toMatchObject([{ severity: 'warning' }]);
    expect(evidenceOf(world, 'spoofing_spike')).toMatchObject({
      window: { from: '2026-08-21', to: '2026-08-21', messages: 60, failed: 60 },
      baseline: { days: 20, messages: 0, failed: 0 },
    });
    for (let i = 1; i < 6; i++) await one(world, plusDays(day, i), [{ p: 'none' }]);
    expect(found(world, 'spoofing_spike')).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
  });

  test('waits for the digest when receivers refuse it', async () => {
    const { world, day } = await settled();
    await one(world, day, wave('reject'));
    expect(found(world, 'spoofing_spike')).toMatchObject([{ severity: 'info' }]);
    expect(world.types()).toEqual(['dmarc.digest.daily']);
  });

  test('is nothing that a reporter never heard of before can claim', async () => {
    const { world, day } = await settled(20, () => [{ p: 'none' }]);
    await one(world, day, [{ p: 'none' }, ...wave('none').map((each) => ({ ...each, reporter: 'evil.test' }))]);
    expect(found(world, 'spoofing_spike')).toEqual([]);
  });
});

describe('domain_alignment_drop', () => {
  const boxes = (verdict: 'pass_spf' | 'fail', broken: number): Row[] =>
    Array.from({ length: 4 }, (_, n) => ({
      ip: `203.0.113.${n + 1}`,
      messages: 50,
      verdict: n < broken ? verdict : 'pass_spf',
      dkim: [{ domain: `mailer${n}.test`, result: 'pass' }],
      spf: [{ domain: 'example.com', result: n < broken && verdict === 'fail' ? 'softfail' : 'pass' }],
    }));

  /** Twelve senders of six messages; of each of them as many fail. */
  const small = (failing: number): Row[] =>
    Array.from({ length: 12 }, (_, n) => {
      const of = { ip: `2001:db8:${n + 1}::1`, dkim: [{ domain: `small${n}.test`, result: 'pass' }] };
      const passing: Row = { ...of, messages: 6 - failing, spf: [{ domain: 'example.com', result: 'pass' }], verdict: 'pass_spf' }; // prettier-ignore
      const bad: Row = { ...of, messages: failing, spf: [{ domain: 'example.com', result: 'softfail' }], verdict: 'fail' }; // prettier-ignore
      return failing === 0 ? [passing] : [passing, bad];
    }).flat();

  test('is told when many senders fail a little together, and ends when they pass again', async () => {
    const { world, day } = await settled(20, () => [{ rows: small(0) }]);
    // Two messages of each are too few for a finding about one of them.
    await one(world, day, [{ rows: small(2) }]);
    expect(found(world, 'domain_alignment_drop')).toMatchObject([
      {
        severity: 'warning',
        summary: 'example.com: 24 of 72 messages of all its senders failed DMARC on 2026-08-21 (33.3 %; before: 0 %)',
      },
    ]);
    for (let i = 1; i < 4; i++) await one(world, plusDays(day, i), [{ rows: small(0) }]);
    expect(found(world, 'domain_alignment_drop')).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
  });

  test('is not told beside findings of the senders that explain it: one message names these', async () => {
    const { world, day } = await settled(20, () => [{ rows: boxes('pass_spf', 4) }]);
    await one(world, day, [{ rows: boxes('fail', 3) }]);
    expect(world.types()).toEqual(['dmarc.digest.daily']);
    expect(world.digest()).toMatchObject({ kind: 'grouped', counts: { alerts: 3, critical: 3 }, more: 0 });
    expect(
      world
        .digest()
        .alerts.map(({ rule, source }) => [rule, source.group])
        .sort(),
    ).toEqual([
      ['known_sender_failing', 'mailer0.test'],
      ['known_sender_failing', 'mailer1.test'],
      ['known_sender_failing', 'mailer2.test'],
    ]);
  });

  test('is not told when one sender explains it', async () => {
    const { world, day } = await settled(20, () => [{ rows: boxes('pass_spf', 4) }]);
    await one(world, day, [{ rows: boxes('fail', 1) }]);
    expect(world.findings().map((each) => each.rule)).toEqual(['known_sender_failing']);
  });

  test('is not told of spoofing', async () => {
    const { world, day } = await settled(20, () => [{ rows: boxes('pass_spf', 4) }]);
    const wave = Array.from({ length: 600 }, (_, n) => spoof(`2001:db8:${(n + 1).toString(16)}::1`));
    await one(world, day, [{ rows: [...boxes('pass_spf', 4), ...wave] }]);
    expect(found(world, 'domain_alignment_drop')).toEqual([]);
  });
});

describe('volume_change', () => {
  const sent = (messages: number): Partial<FakeReport>[] => [{ rows: [{ ...ours, messages }] }];

  test('is in the digest when five times as much passes, and not at less', async () => {
    const { world, day } = await settled(20);
    await one(world, day, sent(999));
    expect(world.findings()).toEqual([]);
    await one(world, plusDays(day, 1), sent(2_000));
    expect(found(world, 'volume_change')).toMatchObject([
      {
        severity: 'info',
        summary: 'example.com: 2,000 messages passed DMARC on 2026-08-22, far more than usual (200 on a day)',
      },
    ]);
  });

  test('waits three days before it calls a day empty', async () => {
    const { world, day } = await settled(20);
    await one(world, day, sent(40));
    await one(world, plusDays(day, 1), sent(200));
    expect(world.findings()).toEqual([]);
    await one(world, plusDays(day, 2), sent(200));
    expect(found(world, 'volume_change')).toMatchObject([
      { summary: 'example.com: 40 messages passed DMARC on 2026-08-21, far less than usual (200 on a day)' },
    ]);
  });

  test('is nothing that a reporter never heard of before can claim', async () => {
    const { world, day } = await settled(20);
    await one(world, day, [{}, ...sent(1e9).map((each) => ({ ...each, reporter: 'evil.test' }))]);
    expect(found(world, 'volume_change')).toEqual([]);
  });
});
