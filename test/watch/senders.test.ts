import { expect, test } from 'vitest';
import { openDecide, openKeepNames } from '../../src/store/store.js';
import { esp, plusDays, spoof, World } from './world.js';
import type { Row } from './world.js';

const own = (spf: string): Row => ({
  ip: '198.51.100.7',
  messages: 50,
  verdict: spf === 'pass' ? 'pass_both' : 'pass_dkim',
  dkim: [{ domain: 'example.com', selector: 's1', result: 'pass' }],
  spf: [{ domain: 'example.com', result: spf }],
});

test('one broken server of forty is told of, names that server, and ends when that server is mended', async () => {
  const world = new World();
  const ips = Array.from({ length: 40 }, (_, i) => `198.51.100.${i + 1}`);
  const good = () => ips.map((ip) => esp.passing(ip, 30));
  const day = await world.ordinary('2026-08-01', 20, good);
  const mended = await world.ordinary(day, 3, () => [esp.broken('198.51.100.1', 30), ...good().slice(1)]);
  // 30 of 1,200 are 2.5 points.
  expect(world.types()).toEqual(['dmarc.alert.opened']);
  expect(world.opened()).toMatchObject({
    rule: 'known_sender_failing',
    source: { group: 'mailer.test', ips: ['198.51.100.1'] },
    window: { messages: 30, failed: 30 },
    handled: 'Receivers rejected 30 of the 30 failing messages.',
  });
  // 90 clean messages of that server: 3.84 / 93.84 = 4.1 %.
  await world.ordinary(mended, 3, good);
  expect(world.messages()[1]?.data).toMatchObject({ status: 'resolved', resolution: 'recovered' });
});

test('SPF that breaks while DKIM still passes DMARC is a warning of its own', async () => {
  const world = new World();
  const day = await world.ordinary('2026-08-01', 20, () => [own('pass')]);
  await world.ordinary(day, 2, () => [
    {
      ...own('softfail'),
      dkim: [...(own('').dkim ?? []), { domain: 'mta.test', result: 'pass' }],
      spf: [{ domain: 'mta.test', result: 'pass' }],
    },
  ]);
  expect(world.types()).toEqual(['dmarc.alert.opened']);
  expect(world.opened()).toMatchObject({ rule: 'mechanism_broken', severity: 'warning', mechanism: 'spf' });
});

test('a sender that is ignored opens nothing until the decision ends', async () => {
  const world = new World();
  const day = await world.ordinary('2026-08-01', 20, () => [esp.passing('198.51.100.1', 30)]);
  const until = Date.parse(`${plusDays(day, 3)}T00:00:00Z`) / 1000;
  world.db
    .prepare(
      `INSERT INTO sender_decisions (domain_id, sender, decision, until, decided_by, decided_at)
       VALUES (1, 'mailer.test', 'ignore', ?, 'operator', 1)`,
    )
    .run(until);
  await world.ordinary(day, 2, () => [esp.broken('198.51.100.1', 30)]);
  expect(world.findings()).toEqual([]);
  await world.ordinary(plusDays(day, 2), 1, () => [esp.broken('198.51.100.1', 30)]);
  expect(world.opened()).toMatchObject({ rule: 'known_sender_failing' });
});

test('what the operator says shows in the next evaluation without any mail, and its end too', async () => {
  const world = new World();
  await world.ordinary('2026-08-01', 1, () => [spoof('198.51.100.1')]);
  const step = () => world.db.prepare('SELECT class_step FROM senders').pluck().get();
  const until = Math.floor(world.clock.now() / 1000) + 7_200;
  const said = { domain: 'example.com', sender: '198.51.100.0/24', title: null, by: 'me' };
  openDecide(world.db)({ ...said, decision: 'threat', until }, until - 7_000);
  await world.live(1);
  expect(step()).toBe(0);
  // Two hours after the word it has ended.
  await world.live(1);
  expect(step()).toBe(7);
});

/** Says what a lookup found of the one source IP. */
function nameIt(world: World): void {
  const found = { sourceId: 1, outcome: 'confirmed', name: 'mx7.host.test', generic: false } as const;
  openKeepNames(world.db)([found], Math.floor(world.clock.now() / 1000));
}

const senderOf = (world: World) => world.db.prepare('SELECT sender FROM source_senders').pluck().all();

test('a name that a lookup finds later opens no second finding for the same failure', async () => {
  const world = new World();
  const day = await world.ordinary('2026-08-01', 20, () => [esp.passing('198.51.100.1', 30)]);
  await world.ordinary(day, 1, () => [esp.broken('198.51.100.1', 30)]);
  nameIt(world);
  await world.ordinary(plusDays(day, 1), 3, () => [esp.broken('198.51.100.1', 30)]);
  expect(senderOf(world)).toEqual(['host.test']);
  expect(world.findings()).toMatchObject([{ rule: 'known_sender_failing', sender: 'mailer.test', status: 'open' }]);
  expect(world.types()).toEqual(['dmarc.alert.opened']);
});

test('a name that a lookup finds later does not undo the word of the operator', async () => {
  const world = new World();
  const day = await world.ordinary('2026-08-01', 2, () => [spoof('198.51.100.1')]);
  const said = { domain: 'example.com', sender: '198.51.100.0/24', decision: 'ignore', title: null, by: 'me' } as const;
  const until = Date.parse(`${plusDays(day, 3)}T00:00:00Z`) / 1000;
  expect(openDecide(world.db)({ ...said, until }, 1)).toBe(true);
  nameIt(world);
  await world.ordinary(day, 2, () => [spoof('198.51.100.1')]);
  expect(senderOf(world)).toEqual(['198.51.100.0/24']);
  // When the word ends, the name is taken.
  await world.ordinary(plusDays(day, 2), 1, () => [spoof('198.51.100.1')]);
  expect(senderOf(world)).toEqual(['host.test']);
});
