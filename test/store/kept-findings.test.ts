import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openAlertActions } from '../../src/store/watching/alert-actions.js';
import { openWriter } from '../../src/store/database.js';
import { openFindings } from '../../src/store/watching/findings.js';
import { KeptFindings } from '../../src/store/watching/kept-findings.js';
import { tempDir } from '../support/temp.js';
import { World } from '../watch/world.js';

let folder: Awaited<ReturnType<typeof tempDir>>;
let world: World;

/** A world with one open finding. */
beforeEach(async () => {
  folder = await tempDir();
  world = new World({ path: join(folder.path, 'w.db') }).at('2026-09-01T06:00:00Z');
  world.report({ day: '2026-08-31', rows: [{ ip: '203.0.113.9', messages: 5, verdict: 'fail' }] });
  await world.evaluate();
});

afterEach(async () => {
  world.db.close();
  await folder.remove();
});

async function only() {
  const id = world.db.prepare<[], string>('SELECT public_id FROM findings').pluck().get() ?? '';
  const finding = await openFindings(world.db).get(id);
  if (finding === null) throw new Error('there is no finding');
  return finding;
}

test('a finding that was read stays the same object until it is written', async () => {
  const before = await only();
  expect(await only()).toBe(before);
  world.at('2026-09-02T06:00:00Z');
  world.report({ day: '2026-09-01', rows: [{ ip: '203.0.113.9', messages: 7, verdict: 'fail' }] });
  await world.evaluate();
  const after = await only();
  expect(after).not.toBe(before);
  expect([before.evidence.latest.failed, after.evidence.latest.failed]).toEqual([5, 12]);
});

test('a finding that the operator ends is not open any more', async () => {
  const { publicId } = await only();
  expect(openAlertActions(world.db)(publicId, { kind: 'resolve' }, 1_788_300_000)).toBe('done');
  const found = await openFindings(world.db).get(publicId);
  expect(found).toMatchObject({ status: 'resolved', resolution: 'manual', resolvedAt: 1_788_300_000 });
});

test('a finding that another connection changes is read again', async () => {
  const { publicId } = await only();
  const other = openWriter(join(folder.path, 'w.db'));
  other.prepare("UPDATE findings SET summary = 'said by another' WHERE public_id = ?").run(publicId);
  other.close();
  expect((await only()).summary).toBe('said by another');
});

test('past the bound the finding asked for longest ago gives way, and all are read as they are', () => {
  world.db.exec(
    `INSERT INTO findings (public_id, fingerprint, rule, severity, status, domain_id, sender, summary, evidence, first_day, last_day,
       first_arrival, opened_at, updated_at)
     SELECT 'al_2', 'other', rule, severity, status, domain_id, sender, summary, evidence, first_day, last_day, first_arrival,
       opened_at, updated_at FROM findings`,
  );
  const kept = new KeptFindings(world.db, 1);
  const [first] = kept.all([1]);
  expect(kept.all([1])[0]).toBe(first);
  kept.nextRound();
  expect(kept.all([2, 1, 3]).map(({ publicId }) => publicId)).toEqual(['al_2', first?.publicId]);
  expect(kept.all([1])[0]).not.toBe(first);
});
