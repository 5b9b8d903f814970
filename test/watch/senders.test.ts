import { expect, test } from 'vitest';
import { esp, plusDays, World } from './world.js';
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
