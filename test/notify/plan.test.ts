import { describe, expect, test } from 'vitest';
import type { Message } from '../../src/model/alert.js';
import type { Finding } from '../../src/model/finding.js';
import type { DomainTelling, Telling } from '../../src/model/telling.js';
import type { Item, News } from '../../src/notify/news.js';
import { planMessages } from '../../src/notify/plan.js';
import type { Plan } from '../../src/notify/plan.js';
import { finding, head, now } from './samples.js';

const hour = 3600;
const day = 24 * hour;
let ids = 0;
const newId = () => `msg_${++ids}`;

function item(n: number, more: Partial<Item> = {}, about: Partial<Finding> = {}): Item {
  return {
    finding: finding(n, about),
    change: 'opened',
    since: now - 60,
    atOnce: true,
    learning: false,
    telling: null,
    ...more,
  };
}

const pace: News['pace'] = { recent: 0, recentCritical: 0, stormAt: null, weeklyAt: now };

function plan(items: readonly Item[], more: Partial<News> = {}): Plan {
  const news = {
    items,
    unheard: [],
    backlog: null,
    domains: new Map(),
    senders: [],
    pace,
    week: null,
    digestAt: null,
    ...more,
  };
  return planMessages(news, head, newId);
}

const kinds = ({ messages }: Plan) =>
  messages.filter(({ onlyFor }) => onlyFor !== 'incidents').map(({ message }) => kindOf(message));
const kindOf = ({ type, data }: Message) => ('kind' in data ? data.kind : type);
const many = (count: number, about: (n: number) => Partial<Finding> = () => ({})) =>
  Array.from({ length: count }, (_, n) => item(n, {}, about(n)));
const told = (more: Partial<DomainTelling>): ReadonlyMap<string, DomainTelling> =>
  new Map([['example.org', { domain: 'example.org', toldAt: null, introducedAt: null, firstDay: null, ...more }]]);

const telling: Telling = {
  publicId: 'al_0001',
  severity: 'critical',
  failed: 198,
  owed: null,
  owedSince: null,
  remindAt: null,
  alertedAt: now - day,
  ackedAt: null,
};

describe('a policy domain', () => {
  test('with one change gets an alert, with two a message of both', () => {
    expect(kinds(plan([item(1)]))).toEqual(['dmarc.alert.opened']);
    expect(kinds(plan([item(1), item(2)]))).toEqual(['grouped']);
  });

  test('is told apart from another', () => {
    expect(kinds(plan([item(1), item(2, {}, { domain: 'example.net' })]))).toEqual([
      'dmarc.alert.opened',
      'dmarc.alert.opened',
    ]);
  });

  test('lists five of seven, the gravest first, and counts the others', () => {
    const items = many(7, (n) => ({ severity: n === 6 ? 'critical' : 'warning' }));
    const [only] = plan(items).messages;
    const data = only?.message.data;
    expect(data).toMatchObject({ kind: 'grouped', more: 2, counts: { alerts: 7, critical: 1, warning: 6 } });
    expect(data && 'alerts' in data && data.alerts.map((each) => each.alert_id)).toEqual([
      'al_0006', 'al_0000', 'al_0001', 'al_0002', 'al_0003',
    ]); // prettier-ignore
  });

  test('is left alone for 15 minutes after a message', () => {
    const held = plan([item(1)], { domains: told({ toldAt: now - 899 }) });
    expect(held).toMatchObject({ messages: [], held: [{ change: 'opened' }], nextAt: now + 1 });
    expect(kinds(plan([item(1)], { domains: told({ toldAt: now - 900 }) }))).toEqual(['dmarc.alert.opened']);
  });

  test('is told within those 15 minutes what has waited for 20 hours', () => {
    const domains = told({ toldAt: now - 60 });
    expect(plan([item(1, { since: now - 20 * hour + 1 })], { domains }).messages).toEqual([]);
    expect(kinds(plan([item(1, { since: now - 20 * hour })], { domains }))).toEqual(['dmarc.alert.opened']);
  });

  test('is not held by a message from the future, as the clock was set back', () => {
    expect(kinds(plan([item(1)], { domains: told({ toldAt: now + day }) }))).toEqual(['dmarc.alert.opened']);
  });
});

test.each(['opened', 'updated', 'reminder', 'resolved'] as const)('%s is the type of an alert of its own', (change) => {
  const status = change === 'resolved' ? 'resolved' : 'open';
  expect(kinds(plan([item(1, { change, telling }, { status })]))).toEqual([`dmarc.alert.${change}`]);
});

describe('a storm', () => {
  const domains = (n: number) => ({ domain: `d${n}.example`, severity: 'warning' }) as const;

  test('begins with the 21st alert within an hour', () => {
    expect(kinds(plan(many(20, domains)))).toHaveLength(20);
    const storm = plan(many(21, domains));
    expect(kinds(storm)).toEqual(['storm']);
    expect(storm.isStorm).toBe(true);
    expect(kinds(plan(many(1, domains), { pace: { ...pace, recent: 19 } }))).toEqual(['dmarc.alert.opened']);
    expect(kinds(plan(many(1, domains), { pace: { ...pace, recent: 20 } }))).toEqual(['storm']);
  });

  test('is told once an hour', () => {
    const within = plan(many(1, domains), { pace: { ...pace, stormAt: now - hour + 1 } });
    expect(within).toMatchObject({ messages: [], nextAt: now + 1 });
    expect(kinds(plan(many(1, domains), { pace: { ...pace, stormAt: now - hour } }))).toEqual(['dmarc.alert.opened']);
  });

  test('holds up no critical alert, unless there are too many of them', () => {
    const stormy = { pace: { ...pace, stormAt: now - 60, recent: 30 } };
    const critical = item(1, {}, { severity: 'critical', domain: 'grave.example' });
    expect(kinds(plan([...many(3, domains), critical], stormy))).toEqual(['dmarc.alert.opened']);
    expect(kinds(plan([critical], { pace: { ...pace, stormAt: now - 60, recent: 30, recentCritical: 20 } }))).toEqual(
      [],
    );
  });

  test('of ends is one message too', () => {
    const ends = Array.from({ length: 21 }, (_, n) =>
      item(n, { change: 'resolved', telling }, { domain: `d${n}.example`, status: 'resolved' }),
    );
    expect(kinds(plan(ends.slice(1)))).toHaveLength(20);
    expect(kinds(plan(ends))).toEqual(['grouped']);
  });
});

describe('the daily digest', () => {
  const later = { atOnce: false };

  test('goes out when the oldest has waited for 20 hours, with all that waits', () => {
    const waiting = plan([item(1, { ...later, since: now - 20 * hour + 1 })]);
    expect(waiting).toMatchObject({ messages: [], nextAt: now + 1 });
    const due = plan([item(1, { ...later, since: now - 20 * hour }), item(2, later)]);
    expect(kinds(due)).toEqual(['daily']);
    expect(due.told.map((each) => each.as)).toEqual(['listed', 'listed']);
  });

  // It is 06:14:09.
  test('goes out at its hour with what came before', () => {
    expect(kinds(plan([item(1, { ...later, since: now - 9 })], { digestAt: '06:14' }))).toEqual(['daily']);
    const after = plan([item(1, { ...later, since: now - 8 })], { digestAt: '06:14' });
    expect(after.messages).toEqual([]);
    // 20 hours come before the next 06:14.
    expect(after.nextAt).toBe(now - 8 + 20 * hour);
    expect(plan([item(1, { ...later, since: now - 8 })], { digestAt: '07:00' }).nextAt).toBe(
      Date.UTC(2026, 8, 2, 7) / 1000,
    );
  });
});

describe('the first summary of a policy domain', () => {
  const young = { atOnce: false, learning: true };

  test('takes the place of alerts, and goes out after 20 hours', () => {
    const domains = told({ firstDay: now - 2 * day });
    expect(plan([item(1, { ...young, since: now - 20 * hour + 1 })], { domains }).messages).toEqual([]);
    const due = plan([item(1, { ...young, since: now - 20 * hour })], { domains });
    expect(kinds(due)).toEqual(['new_domain']);
    expect(due.introduced).toEqual(['example.org']);
    expect(due.messages[0]?.message.data).toMatchObject({
      domains: [
        {
          domain: 'example.org',
          senders: [{ class: 'known', names: ['mailer.example'], more: 0, failed: 198 }],
          look_at_first: 'mailer.example: Compare the key.',
        },
      ],
    });
  });

  test('goes out before when the first week is over', () => {
    expect(kinds(plan([item(1, young)], { domains: told({ firstDay: now - 7 * day }) }))).toEqual(['new_domain']);
    expect(kinds(plan([item(1, young)], { domains: told({ firstDay: now - 7 * day + 1 }) }))).toEqual([]);
  });

  test('is one message for many domains', () => {
    const items = Array.from({ length: 50 }, (_, n) =>
      item(n, { ...young, since: now - 20 * hour }, { domain: `d${n}.example` }),
    );
    const due = plan(items);
    expect(kinds(due)).toEqual(['new_domain']);
    expect(due.introduced).toHaveLength(50);
  });

  test('is followed by digests', () => {
    const domains = told({ firstDay: now - 2 * day, introducedAt: now - day });
    expect(kinds(plan([item(1, { ...young, since: now - 20 * hour })], { domains }))).toEqual(['daily']);
  });
});

describe('what ends', () => {
  const over = (n: number, about: Partial<Finding> = {}) =>
    item(n, { change: 'resolved', telling }, { status: 'resolved', resolution: 'recovered', ...about });

  test('because another takes its place is told to channels that keep it, by itself and whatever else is told', () => {
    const made = plan([over(1, { resolution: 'superseded' }), item(2)], { domains: told({ toldAt: now - 60 }) });
    expect(kinds(made)).toEqual(['dmarc.alert.resolved']);
    expect(made.messages[0]?.onlyFor).toBe('keepers');
    expect(made.held).toHaveLength(1);
    // People hear nothing of it: their pause goes on as it was.
    expect(made.told).toMatchObject([{ as: 'alert', atOnce: false }]);
  });

  test('because it is no news any more is told to channels that keep it', () => {
    const made = plan([over(1, { resolution: 'accepted' })]);
    expect(made.messages.map(({ message, onlyFor }) => [kindOf(message), onlyFor])).toEqual([
      ['dmarc.alert.resolved', 'keepers'],
    ]);
  });

  test('while somebody ignores it is told to channels that keep it', () => {
    const made = plan([{ ...over(1), ignored: true }]);
    expect(made.messages.map(({ message, onlyFor }) => [kindOf(message), onlyFor])).toEqual([
      ['dmarc.alert.resolved', 'keepers'],
    ]);
  });

  test('in the summary of a backlog is an end of its own for channels that keep incidents', () => {
    const facts = { reports: 9, domains: 1, first_day: '2026-08-01', last_day: '2026-08-09', past_failures: 0 };
    const made = plan([over(1), item(2)], { backlog: { kind: 'backlog', facts, failingSources: 2, domains: [] } });
    expect(made.messages.map(({ message, onlyFor }) => [kindOf(message), onlyFor])).toEqual([
      ['backlog', undefined],
      ['dmarc.alert.resolved', 'incidents'],
    ]);
    expect(made.told).toHaveLength(2);
  });

  test('together with others is an end of its own for channels that keep incidents', () => {
    const made = plan([over(1), over(2), item(3)]);
    expect(made.messages.map(({ message, onlyFor }) => [kindOf(message), onlyFor])).toEqual([
      ['grouped', undefined],
      ['dmarc.alert.resolved', 'incidents'],
      ['dmarc.alert.resolved', 'incidents'],
    ]);
    // Each is told once.
    expect(made.told).toHaveLength(3);
  });
});
