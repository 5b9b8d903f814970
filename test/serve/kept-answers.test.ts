import { expect, test } from 'vitest';
import { limits } from '../../src/config/limits.js';
import { keepAnswers } from '../../src/serve/kept-answers.js';
import { openStoreReader } from '../../src/store/store.js';
import type { Scope, StoreReader } from '../../src/store/store.js';
import { march, sampleStore } from '../support/sample-store.js';
import { sumUp } from '../support/sums.js';

const all: Scope = { from: march(1), to: march(5), domains: null, reporters: null, sources: null, senders: null, classes: null }; // prettier-ignore

/** A reader of the sample store that keeps its answers, and which questions came through to the store. */
function counted(change: (reader: StoreReader) => Partial<StoreReader> = () => ({})) {
  const store = sampleStore();
  const reader = openStoreReader(store.path);
  const asked: Scope[] = [];
  const coverage: StoreReader['coverage'] = (scope) => {
    asked.push(scope);
    return (change(reader).coverage ?? reader.coverage)(scope);
  };
  const close = () => {
    reader.close();
    store.close();
  };
  return { kept: keepAnswers({ ...reader, coverage }), asked, store, close };
}

test('an answer is kept until something is written, and then worked out anew', async () => {
  const { kept, asked, store, close } = counted();
  const [first, second] = await Promise.all([kept.coverage(all), kept.coverage(all)]);
  expect(second).toBe(first);
  expect(asked).toHaveLength(1);
  store.db.exec('DELETE FROM daily_totals WHERE reporter_id = 2');
  sumUp(store.db);
  expect((await kept.coverage(all)).map(({ reporters }) => reporters)).toEqual([1, 1, 0, 1, 1]);
  expect(first.map(({ reporters }) => reporters)).toEqual([1, 1, 1, 2, 1]);
  expect(asked).toHaveLength(2);
  close();
});

test('what goes by event days is the same question all day, and another one the next day', async () => {
  const { kept, asked, close } = counted();
  for (const to of [march(5), march(5, 1), march(5, 23), march(6)]) await kept.coverage({ ...all, to });
  expect(asked.map(({ to }) => to)).toEqual([march(5), march(6)]);
  close();
});

test(`${limits.keptAnswers} answers of a kind are kept, of one more the oldest goes`, async () => {
  const { kept, asked, close } = counted();
  const ask = (n: number) => kept.coverage({ ...all, domains: [`d${n}.example`] });
  for (let n = 0; n < limits.keptAnswers; n++) await ask(n);
  await ask(0);
  expect(asked).toHaveLength(limits.keptAnswers);
  await ask(limits.keptAnswers);
  await ask(0);
  expect(asked).toHaveLength(limits.keptAnswers + 2);
  close();
});

test(`an answer of ${limits.keptRows} rows is kept, one of a row more is not`, async () => {
  for (const [rows, times] of [
    [limits.keptRows, 1],
    [limits.keptRows + 1, 2],
  ] as const) {
    const day = { day: 0, reporters: 0, expected: 0, present: 0, missing: [] };
    const { kept, asked, close } = counted(() => ({ coverage: () => Promise.resolve(Array.from({ length: rows }, () => day)) })); // prettier-ignore
    await kept.coverage(all);
    await kept.coverage(all);
    expect(asked).toHaveLength(times);
    close();
  }
});

test('a question that failed is asked again', async () => {
  let faults = 1;
  const { kept, close } = counted((reader) => ({
    coverage: (scope) => (faults-- > 0 ? Promise.reject(new Error('no')) : reader.coverage(scope)),
  }));
  await expect(kept.coverage(all)).rejects.toThrow('no');
  expect(await kept.coverage(all)).toHaveLength(5);
  close();
});
