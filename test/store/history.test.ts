import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openWriter } from '../../src/store/database.js';
import { openHistory } from '../../src/store/watching/history.js';
import { decideIn, openSenders, openStoreReader } from '../../src/store/store.js';
import { withoutViews } from '../support/older-store.js';
import { dayOf, World } from '../watch/world.js';
import type { Row } from '../watch/world.js';

const all = { perDomain: () => 100, isWatched: () => true, newestFirst: false };
const ours = [{ domain: 'example.com', result: 'pass' }];
const bothPass: Row = { ip: '198.51.100.1', messages: 5, verdict: 'pass_both', dkim: ours, spf: ours };

function history(world: World) {
  return openHistory(world.db);
}

async function touchedIps(world: World, after: number, through: number): Promise<[string, number, number, number][]> {
  const { sources } = await history(world).touched({ after, through }, all);
  return sources.map(({ ip, failed, dkimFailed, spfFailed }) => [ip, failed, dkimFailed, spfFailed]);
}

test('a source is touched when it fails for the first time, and not again unless it is known', async () => {
  const world = new World().at('2026-09-10');
  const fail: Row = { ip: '203.0.113.9', messages: 3, verdict: 'fail' };
  const first = world.report({ day: '2026-09-01', rows: [fail] });
  const second = world.report({ day: '2026-09-02', rows: [fail] });
  expect(await touchedIps(world, 0, first)).toEqual([['203.0.113.9', 3, 0, 0]]);
  expect(await touchedIps(world, first, second)).toEqual([]);
  world.report({ day: '2026-09-03', rows: [{ ...bothPass, ip: '203.0.113.9' }] });
  const known = world.report({ day: '2026-09-04', rows: [{ ...bothPass, ip: '203.0.113.9' }] });
  const last = world.report({ day: '2026-09-05', rows: [fail] });
  expect(await touchedIps(world, known, last)).toEqual([['203.0.113.9', 3, 0, 0]]);
  expect(await history(world).failedBefore({ after: first, through: last }, { domainId: 1, sourceIds: [1] })).toBe(
    true,
  );
  expect(await history(world).failedBefore({ after: 0, through: last }, { domainId: 1, sourceIds: [1] })).toBe(false);
});

test('a source that passes is touched when a leg is down of which 10 messages came within six weeks', async () => {
  const world = new World().at('2026-09-10');
  const before = world.report({ day: '2026-09-01', rows: [{ ...bothPass, messages: 9 }] });
  const noSpf: Row = { ip: '198.51.100.1', messages: 7, verdict: 'pass_dkim', dkim: ours };
  const nine = world.report({ day: '2026-09-02', rows: [noSpf] });
  expect(await touchedIps(world, before, nine)).toEqual([]);
  const one = world.report({ day: '2026-09-02', rows: [{ ...bothPass, messages: 1 }] });
  const ten = world.report({ day: '2026-09-03', rows: [noSpf] });
  expect(await touchedIps(world, one, ten)).toEqual([['198.51.100.1', 0, 0, 7]]);
  const late = world.report({ day: '2026-10-20', rows: [noSpf] });
  expect(await touchedIps(world, ten, late)).toEqual([]);
});

test('the days of a scope are by source, reporter and kind', async () => {
  const world = new World().at('2026-09-10');
  const rows: Row[] = [
    bothPass,
    { ip: '198.51.100.1', messages: 2, verdict: 'pass_dkim', dkim: ours, spf: [{ domain: 'example.com', result: 'fail' }] },
    { ip: '198.51.100.1', messages: 1, verdict: 'pass_dkim', dkim: ours },
    { ip: '198.51.100.1', messages: 4, verdict: 'fail', dkim: [{ domain: 'example.com', result: 'fail' }] },
    { ip: '198.51.100.1', messages: 6, verdict: 'fail', spf: [{ domain: 'other.example', result: 'pass' }] },
    { ip: '198.51.100.1', messages: 8, verdict: 'fail', spf: [{ domain: 'example.com', result: 'fail' }] },
  ]; // prettier-ignore
  world.report({ day: '2026-09-01', rows });
  const scope = { domainId: 1, sourceIds: [1], from: dayOf('2026-09-01'), to: dayOf('2026-09-30') };
  const [day, ...more] = await history(world).kindDays(scope);
  expect(more).toEqual([]);
  expect(day).toEqual({
    sourceId: 1, ip: '198.51.100.1', reporterId: 1, day: dayOf('2026-09-01'),
    both: 5, relayed: 2, dkim: 1, spf: 0, forwarded: 0, signed: 4, elsewhere: 6, nothing: 8, error: 0,
  }); // prettier-ignore
  world.report({ day: '2026-09-01', authenticity: 'failed', rows });
  expect(await history(world).kindDays(scope)).toEqual([day]);
  expect((await openSenders(world.db).sums(1, [1], scope.from)).nothing).toBe(8);
});

test('who else sends mail of a key: directly, or the most that one passes on, by its own rows and none that are forged', async () => {
  const world = new World().at('2026-09-05');
  const passedOn = (ip: string, messages: number, selector: string): Row => ({
    ip, messages, verdict: 'pass_dkim',
    dkim: [{ domain: 'Example.com', selector, result: 'pass' }], spf: [{ domain: 'srs.example', result: 'pass' }],
  }); // prettier-ignore
  const direct = { ...passedOn('198.51.100.4', 1, 'both'), verdict: 'pass_both' } as const;
  const rows = [passedOn('198.51.100.1', 9, 's1'), passedOn('198.51.100.2', 5, 's1'), passedOn('198.51.100.3', 4, 's1'), direct]; // prettier-ignore
  world.report({ day: '2026-09-01', rows });
  world.report({ day: '2026-09-01', authenticity: 'failed', rows: [passedOn('198.51.100.2', 90, 's1')] });
  world.report({ day: '2026-08-01', rows: [passedOn('198.51.100.2', 90, 's1')] });
  const scope = { domainId: 1, sourceIds: [1], from: dayOf('2026-09-01'), to: dayOf('2026-09-30') };
  const ask = (...selectors: readonly string[]) =>
    history(world).signedElsewhere(
      scope,
      selectors.map((selector) => ({ domain: 'example.com', selector })),
    );
  expect(await ask('s1')).toEqual({ direct: false, relayed: 5 });
  expect(await ask('s2', 's1', 'both')).toEqual({ direct: true, relayed: 0 });
  expect(await ask('s2')).toEqual({ direct: false, relayed: 0 });
});

test('a database of before gets the trait of every row and the totals by trait', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ruawatch-traits-'));
  const path = join(folder, 'test.db');
  try {
    const world = new World({ path });
    const rows: Row[] = [
      bothPass,
      { ip: '198.51.100.2', messages: 3, verdict: 'fail', dkim: [{ domain: 'example.com', result: 'fail' }] },
      { ip: '198.51.100.3', messages: 5, verdict: 'fail', reasons: [{ type: 'mailing_list' }] },
      { ip: '198.51.100.4', messages: 4, verdict: 'pass_dkim', dkim: ours, spf: [{ domain: 'srs.example', result: 'pass' }] },
    ]; // prettier-ignore
    world.at('2026-09-05').report({ day: '2026-09-01', rows });
    world.report({
      day: '2026-09-02',
      lastDay: '2026-09-04',
      rows: [{ ip: '198.51.100.3', messages: 5, verdict: 'fail' }],
    });
    const drop = ['ptr_names', 'source_senders', 'senders', 'sender_decisions'].map((table) => `DROP TABLE ${table};`);
    withoutViews(world.db);
    world.db.exec(`${drop.join('')} DROP INDEX records_failing; DELETE FROM migrations WHERE version = 5;
      ALTER TABLE records DROP COLUMN trait;
      UPDATE records SET dkim = iif(verdict IN ('pass_both', 'pass_dkim'), 'pass', 'fail'),
        spf = iif(verdict IN ('pass_both', 'pass_spf'), 'pass', 'fail');`);
    world.db.close();
    const db = openWriter(path);
    const list = (sql: string) => db.prepare(sql).raw().all();
    expect(list('SELECT id, trait FROM records ORDER BY id')).toEqual([
      [1, 'direct'], [2, 'signed'], [3, 'forwarded'], [4, 'relayed'], [5, 'error'],
    ]); // prettier-ignore
    const [first, second] = [dayOf('2026-09-01'), dayOf('2026-09-02')];
    expect(list('SELECT day, source_id, trait, messages, estimated FROM daily_totals ORDER BY 1, 2')).toEqual([
      [first, 1, 'direct', 5, 0], [first, 2, 'signed', 3, 0], [first, 3, 'forwarded', 5, 0], [first, 4, 'relayed', 4, 0],
      [second, 3, 'error', 1, 1], [second + 86_400, 3, 'error', 2, 2], [second + 172_800, 3, 'error', 2, 2],
    ]); // prettier-ignore
    db.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a decision is written beside an open writer, read back with its title, and taken back', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ruawatch-decision-'));
  const path = join(folder, 'test.db');
  const world = new World({ path });
  const reader = openStoreReader(path);
  try {
    world.at('2026-09-02').report({ day: '2026-09-01', rows: [bothPass] });
    const port = openSenders(world.db);
    await port.keepSources(
      [{ domainId: 1, sourceId: 1, sender: 'mailer.example', step: 'dkim', evidence: 'e', bounces: 0 }],
      9,
    );
    const sender = {
      name: 'mailer.example',
      title: 'Mailer',
      step: 'dkim',
      evidence: 'e',
      known: null,
      decision: null,
    } as const;
    const classified = { class: 'third_party', step: 6, evidence: 'why' } as const;
    await port.keepSenders([{ domainId: 1, sender, kind: null, classified }], 9);
    const change = {
      domain: 'example.com',
      sender: 'mailer.example',
      decision: 'ignore',
      until: 100,
      title: 'Ours',
      by: 'me',
    } as const;
    expect(decideIn(path, change, 10)).toBe(true);
    expect(decideIn(path, { ...change, sender: 'other.example' }, 10)).toBe(false);
    expect(await port.decision(1, 'mailer.example')).toEqual({
      decision: 'ignore',
      until: 100,
      title: 'Ours',
      by: 'me',
    });
    const { rows } = await reader.senders(null, { limit: 10, after: null });
    expect(rows).toMatchObject([
      { sender: 'mailer.example', title: 'Ours', sources: 1, decision: 'ignore', class_step: 6 },
    ]);
    decideIn(path, { ...change, decision: null, until: null, title: null }, 11);
    expect(await port.decision(1, 'mailer.example')).toEqual({ decision: null, until: null, title: 'Ours', by: 'me' });
  } finally {
    reader.close();
    world.db.close();
    rmSync(folder, { recursive: true });
  }
});
