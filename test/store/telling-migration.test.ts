import { expect, test } from 'vitest';
import { openTellings } from '../../src/store/watching/tellings.js';
import { sampleEvidence, sampleStore } from '../support/sample-store.js';
import { readFileSync } from 'node:fs';

const upgrade = readFileSync(new URL('../../migrations/008-telling.sql', import.meta.url), 'utf8');

test('what is open and was told before is reminded of a week after the upgrade, not at once', async () => {
  const store = sampleStore();
  const evidence = JSON.stringify({ ...sampleEvidence, told_as: 'alert' });
  store.db.prepare("UPDATE findings SET told_by = 'msg_1', evidence = ?").run(evidence);
  for (const table of ['tellings', 'ignored', 'domain_tellings']) store.db.exec(`DROP TABLE ${table}`);
  store.db.exec('ALTER TABLE outbox DROP COLUMN last_call');
  store.db.exec(upgrade);
  const tellings = openTellings(store.db);
  const [told] = [...(await tellings.of(['al_1'])).values()];
  // 8 messages failed from 3 to 5 March.
  expect(told).toMatchObject({ severity: 'warning', failed: 2, owed: null, ackedAt: null });
  expect(told?.alertedAt).not.toBeNull();
  const now = Math.floor(Date.now() / 1000);
  expect(await tellings.owed(now)).toEqual([]);
  expect(await tellings.owed(now + 7 * 86_400 + 60)).toHaveLength(1);
  store.close();
});
