import { beforeEach, describe, expect, test } from 'vitest';
import { daySeconds } from '../../src/base/clock.js';
import type { SourceName } from '../../src/model/ptr.js';
import { openKeepNames, readDueNames, readPtrNames } from '../../src/store/ptr-names.js';
import { openSenders } from '../../src/store/watching/senders.js';
import { spoof, World } from '../watch/world.js';
import type { Row } from '../watch/world.js';

let world: World;
const now = () => Math.floor(world.clock.now() / 1000);
const keep = (name: SourceName, at = now()) => openKeepNames(world.db)([name], at);
const due = (at = now(), most = 100) => readDueNames(world.db)(at, most).map(({ ip }) => ip);
const idOf = (ip: string) =>
  world.db.prepare<[string], number>('SELECT id FROM sources WHERE ip = ?').pluck().get(ip) ?? 0;
const passing = (ip: string, messages: number): Row => ({ ip, messages, verdict: 'pass_both' });
const name = (ip: string, generic = false) =>
  ({ sourceId: idOf(ip), outcome: 'confirmed', name: `${generic ? 'dsl' : 'mx'}.mailer.example`, generic }) as const;
const ptrOf = async (ip: string) =>
  (await openSenders(world.db).evidence({ domainId: 1, domain: 'example.com', sourceId: idOf(ip) }, now())).ptr;

beforeEach(async () => {
  world = new World();
  await world.ordinary('2026-09-01', 1, () => [
    passing('198.51.100.1', 20),
    passing('198.51.100.2', 19),
    passing('198.51.100.3', 500),
    spoof('198.51.100.4', 1),
    spoof('198.51.100.5', 7),
  ]);
});

describe('looked up are', () => {
  test('source IPs that fail, then the busiest; not those of few messages that pass', () => {
    expect(due()).toEqual(['198.51.100.5', '198.51.100.4', '198.51.100.3', '198.51.100.1']);
    expect(due(now(), 2)).toEqual(['198.51.100.5', '198.51.100.4']);
  });

  test('only those that an evaluation looked at in the last two days', () => {
    expect(due(now() + 2 * daySeconds)).toHaveLength(4);
    expect(due(now() + 2 * daySeconds + 1)).toEqual([]);
  });

  test('only those with such mail in 7 days', async () => {
    world.db.prepare('UPDATE daily_totals SET day = day - 7 * 86400').run();
    expect(due()).toEqual([]);
    world.db.prepare('UPDATE daily_totals SET day = day + 86400').run();
    expect(due()).toHaveLength(4);
  });

  test.each([
    ['a confirmed name', 7 * daySeconds, () => name('198.51.100.5')],
    ['that there is none', 3 * daySeconds, () => ({ sourceId: idOf('198.51.100.5'), outcome: 'none' }) as const],
    ['that nobody could say', 3_600, () => ({ sourceId: idOf('198.51.100.5'), outcome: 'failed' }) as const],
  ])('not again while %s is believed', (_, seconds, found) => {
    keep(found(), now() - seconds + 1);
    expect(due()).not.toContain('198.51.100.5');
    keep(found(), now() - seconds);
    expect(due()).toContain('198.51.100.5');
  });
});

describe('a name', () => {
  test('names a source IP, also when it is too old', async () => {
    keep(name('198.51.100.5'), now() - 100 * daySeconds);
    expect(await ptrOf('198.51.100.5')).toBe('mx.mailer.example');
  });

  test('of an address pool names nothing, and is shown', async () => {
    keep(name('198.51.100.5', true));
    expect(await ptrOf('198.51.100.5')).toBeNull();
    expect(readPtrNames(world.db)(['198.51.100.5', '198.51.100.4', '203.0.113.1'])).toEqual(
      new Map([['198.51.100.5', 'dsl.mailer.example']]),
    );
  });

  test('stays when a lookup fails, and goes when there is none any more', async () => {
    keep(name('198.51.100.5'));
    keep({ sourceId: idOf('198.51.100.5'), outcome: 'failed' });
    expect(await ptrOf('198.51.100.5')).toBe('mx.mailer.example');
    keep({ sourceId: idOf('198.51.100.5'), outcome: 'none' });
    expect(await ptrOf('198.51.100.5')).toBeNull();
  });
});
