import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openWriter } from '../../src/store/database.js';
import { openDomains } from '../../src/store/watching/domains.js';
import { withoutViews } from '../support/older-store.js';
import { dayOf, World } from '../watch/world.js';
import type { Row } from '../watch/world.js';

const row: Row = { ip: '198.51.100.1', messages: 7, verdict: 'pass_dkim', headerFrom: 'Shop.example.com' };
let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'ruawatch-domains-'))));
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('a database of before keeps its findings, and its evaluated names are not new', async () => {
  const path = join(folder, 'w.db');
  const world = new World({ path }).at('2026-09-01T06:00:00Z');
  world.report({ day: '2026-08-31', rows: [{ ...row, verdict: 'fail' }, row] });
  await world.evaluate();
  const before = world.findings();
  expect(before).toHaveLength(1);
  world.report({ day: '2026-08-31', rows: [{ ...row, headerFrom: 'next.example.com' }] });
  withoutViews(world.db);
  world.db.exec('DELETE FROM migrations WHERE version IN (6, 15); DROP TABLE seen_names; DROP TABLE mailbox_polls');
  world.db.exec('DROP INDEX findings_open_by_rule; DROP INDEX findings_open_by_day');
  world.db.close();
  const db = openWriter(path);
  const list = (sql: string) => db.prepare(sql).all();
  expect(list('SELECT * FROM findings')).toEqual(before);
  expect(list('SELECT finding_id, source_id FROM finding_sources')).toEqual([{ finding_id: 1, source_id: 1 }]);
  expect(list('SELECT name FROM seen_names')).toEqual([{ name: 'shop.example.com' }]);
  expect(list('PRAGMA foreign_key_check')).toEqual([]);
  expect([...(await openDomains(db).newNames({ after: 0, through: 2 }))]).toEqual([
    [1, [{ name: 'next.example.com', messages: 7 }]],
  ]);
  db.close();
});

test('messages by sender and day are those of the reporters asked for, whole and never of forged reports', async () => {
  const world = new World().at('2026-09-05');
  const none: Row = { ip: '203.0.113.9', messages: 5, verdict: 'fail' };
  world.report({ day: '2026-09-01', lastDay: '2026-09-02', rows: [row, none] });
  world.report({ day: '2026-09-01', rows: [row], authenticity: 'failed' });
  world.report({ day: '2026-09-01', rows: [row], reporter: 'stranger.example' });
  const days = await openDomains(world.db).senderDays({
    domainId: 1, from: dayOf('2026-09-01'), to: dayOf('2026-09-02'), reporterIds: [1], now: 0,
  }); // prettier-ignore
  // 7 messages of two days are 3 and 4, 5 are 2 and 3; without any result they count as errors.
  expect(days.map(({ day, dkim, error, known, errorsBy }) => ({ day, dkim, error, known, errorsBy }))).toEqual([
    { day: dayOf('2026-09-01'), dkim: 3, error: 2, known: false, errorsBy: [1] },
    { day: dayOf('2026-09-02'), dkim: 4, error: 3, known: false, errorsBy: [1] },
  ]);
});

test('a pause is known by the last look, also when the clock was set back', async () => {
  const { db } = new World();
  const { watchedSince } = openDomains(db);
  expect(await watchedSince(100_000)).toBe(100_000);
  expect(await watchedSince(103_600)).toBe(100_000);
  expect(await watchedSince(103_600 + 3 * 3600)).toBe(100_000);
  expect(await watchedSince(103_600 + 6 * 3600 + 1)).toBe(103_600 + 6 * 3600 + 1);
  expect(await watchedSince(50_000)).toBe(50_000);
});
