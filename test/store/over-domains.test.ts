import { expect, test } from 'vitest';
import { readDaily } from '../../src/store/reading/daily.js';
import type { Page, Scope } from '../../src/store/reading/scope.js';
import { readSenderStats } from '../../src/store/reading/sender-stats.js';
import { readSources } from '../../src/store/reading/sources.js';
import { readVariables } from '../../src/store/reading/variables.js';
import { insert, march, sampleStore } from '../support/sample-store.js';
import type { SampleStore } from '../support/sample-store.js';
import { sumUp } from '../support/sums.js';

const all: Scope = {
  from: march(1),
  to: march(6),
  domains: null,
  reporters: null,
  sources: null,
  senders: null,
  classes: null,
};
const page: Page = { limit: 100, after: null };

/** All that is read in another order when the range is most of the days stored. */
function answers({ db }: SampleStore) {
  const sources = readSources(db);
  const senders = readSenderStats(db);
  const variables = readVariables(db);
  return (['all', 'fail', 'pass'] as const).flatMap((result) => [
    sources(all, { result, newlySeen: false, newlyFailed: false }, page).rows,
    sources(all, { result, newlySeen: true, newlyFailed: false }, page).rows,
    sources({ ...all, sources: ['198.51.100.10'] }, { result, newlySeen: false, newlyFailed: false }, page).rows,
    senders(all, { result, newlySeen: false }, page).rows,
    senders({ ...all, classes: ['unknown'] }, { result, newlySeen: true }, page).rows,
    variables(all, 'source', 10),
    variables(all, 'sender', 10),
  ]);
}

test('a range is answered alike whether it is most of the days stored or few of them', () => {
  const store = sampleStore();
  const most = answers(store);
  expect(most.filter((rows) => rows.length === 0)).not.toHaveLength(most.length);
  insert(store.db, 'sources', { id: 9, ip: '198.51.100.99' });
  const key = { domain_id: 1, source_id: 9, reporter_id: 1, verdict: 'fail', disposition: 'none' };
  insert(store.db, 'daily_totals', { ...key, day: march(1) - 300 * 86_400, messages: 1, estimated: 0 });
  sumUp(store.db);
  expect(answers(store)).toEqual(most);
  store.close();
});

test.each(['source', 'sender'] as const)('days by %s come in pages of any size', (group) => {
  const store = sampleStore();
  const daily = readDaily(store.db);
  const whole = daily(all, group, page).rows;
  expect(new Set(whole.map(({ day }) => day)).size).toBe(5);
  for (const limit of [1, 2, 3]) {
    const rows = [];
    for (let next: Page['after'] = [0]; next !== null;) {
      const part = daily(all, group, { limit, after: next });
      rows.push(...part.rows);
      next = part.next;
    }
    expect(rows).toEqual(whole);
  }
  store.close();
});
