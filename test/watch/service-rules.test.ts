import { describe, expect, test } from 'vitest';
import { openPollRecord } from '../../src/store/watching/service-state.js';
import { dayOf, plusDays, World } from './world.js';
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

function found(world: World, rule: string): ReturnType<World['findings']> {
  return world.findings().filter((each) => each.rule === rule);
}

describe('unknown_domain', () => {
  const foreign = (world: World, names: readonly string[]) => {
    for (const name of names) world.report({ day: '2026-08-20', domain: name, rows: [{ ...ours, messages: 5 }] });
    world.db.exec("UPDATE domains SET is_foreign = 1 WHERE name <> 'example.com'");
  };

  test('is in the digest once, however often reports come, and ends when the domain is ours', async () => {
    const { world } = await settled();
    foreign(world, ['other.example']);
    await world.live(24);
    expect(world.digest().alerts).toMatchObject([
      {
        rule: 'unknown_domain',
        domain: 'other.example',
        summary: '1 report for other.example, which is not configured (5 messages)',
      },
    ]);
    foreign(world, ['other.example']);
    await world.live(24);
    expect(found(world, 'unknown_domain')).toHaveLength(1);
    world.db.exec('UPDATE domains SET is_foreign = 0');
    await world.live(1);
    expect(found(world, 'unknown_domain')).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
  });

  test('is at most 21 findings for any number of names', async () => {
    const { world } = await settled();
    foreign(
      world,
      Array.from({ length: 300 }, (_, n) => `n${n}.example`),
    );
    await world.evaluate();
    expect(found(world, 'unknown_domain')).toHaveLength(21);
    expect(found(world, 'unknown_domain').at(-1)).toMatchObject({ sender: 'other domains' });
    expect(found(world, 'unknown_domain').at(-1)?.summary).toContain('280 reports for 280 more domains');
  });
});

describe('the service itself', () => {
  test('a mailbox that fails three polls over 15 minutes is told, also after a restart, until it polls again', async () => {
    const { world } = await settled();
    const at = dayOf('2026-08-21') + 6 * 3600;
    for (let i = 0; i < 2; i++)
      openPollRecord(world.db).polled({ mailbox: 'main', at, error: 'tls: bad\u001b certificate' });
    await world.live(1);
    expect(world.findings()).toEqual([]);
    openPollRecord(world.db).polled({ mailbox: 'main', at: at + 3600, error: 'tls: bad\u001b certificate' });
    await world.live(1);
    expect(world.opened()).toMatchObject({
      rule: 'mailbox_failing',
      severity: 'warning',
      domain: '',
      source: { group: 'main', ip_count: 0 },
      summary: 'mailbox main: 3 polls failed in a row since 2026-08-21 06:00 UTC',
      why: 'The mailbox cannot be read, so no report comes from it: tls: bad? certificate.',
    });
    openPollRecord(world.db).polled({ mailbox: 'main', at: at + 7200, error: null });
    await world.live(1);
    expect(found(world, 'mailbox_failing')).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
    expect(world.types()).toEqual(['dmarc.alert.opened', 'dmarc.alert.resolved']);
  });

  test('three failures within seconds are no outage yet', async () => {
    const { world } = await settled();
    const at = dayOf('2026-08-21') + 7 * 3600 - 15 * 60 + 1;
    for (let i = 0; i < 3; i++) openPollRecord(world.db).polled({ mailbox: 'main', at, error: 'connect: refused' });
    await world.live(1);
    expect(world.findings()).toEqual([]);
  });

  test('a mailbox that is configured no more has no finding', async () => {
    const { world } = await settled();
    const polls = openPollRecord(world.db);
    for (let i = 0; i < 3; i++) polls.polled({ mailbox: 'old', at: dayOf('2026-08-21'), error: 'auth: no' });
    await world.live(1);
    polls.keepOnly(['main']);
    await world.live(1);
    expect(found(world, 'mailbox_failing')).toMatchObject([{ status: 'resolved', resolution: 'accepted' }]);
  });

  const mails = (world: World, outcome: string, from: string, count: number) => {
    const insert = world.db.prepare(
      `INSERT INTO mails (source, folder, size, processed_at, outcome, reason, mail_from) VALUES ('t', 't', 1, ?, ?, '', ?)`,
    );
    for (let i = 0; i < count; i++) insert.run(Math.floor(world.clock.now() / 1000), outcome, from);
  };

  test('mails of a known address that cannot be read are told, and it is over a day after the last', async () => {
    const { world } = await settled();
    mails(world, 'report', 'dmarc@reporter.example', 20);
    mails(world, 'malformed', 'dmarc@reporter.example', 2);
    await world.live(1);
    expect(world.findings()).toEqual([]);
    mails(world, 'unsupported', 'dmarc@reporter.example', 1);
    await world.live(1);
    expect(world.opened()).toMatchObject({
      rule: 'parse_failing',
      severity: 'warning',
      summary: '3 mails of 23 in the last day could not be read: malformed 2, unsupported 1',
    });
    await world.live(25);
    expect(found(world, 'parse_failing')).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
  });

  test('rubbish from strangers wakes nobody', async () => {
    const { world } = await settled();
    mails(world, 'report', 'dmarc@reporter.example', 20);
    mails(world, 'malformed', 'stranger@spam.example', 9);
    await world.live(1);
    expect(found(world, 'parse_failing')).toMatchObject([{ severity: 'info' }]);
    expect(world.types()).toEqual([]);
  });

  test('a tenth of the mails is not more than a tenth', async () => {
    const { world } = await settled();
    mails(world, 'report', 'dmarc@reporter.example', 27);
    mails(world, 'malformed', 'dmarc@reporter.example', 3);
    await world.live(1);
    expect(found(world, 'parse_failing')).toEqual([]);
  });
});
