import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { Busy } from '../src/base/failure.js';
import { limits } from '../src/config/limits.js';
import { StatsThread } from '../src/stats-client.js';
import { march, sampleStore } from './support/sample-store.js';

const script = pathToFileURL('dist/stats-thread.js');

test('the thread answers what its reader answers, several questions at once, each its own', async () => {
  expect(existsSync(script)).toBe(true);
  const store = sampleStore();
  const thread = new StatsThread(store.path, script);
  const { daily, status } = thread.reads();
  const scope = { from: march(1), to: march(5), domains: null, reporters: null, sources: null, senders: null, classes: null }; // prettier-ignore
  const [days, now] = await Promise.all([daily(scope, 'none', { limit: 10, after: null }), status()]);
  expect(days.rows.map(({ messages }) => messages)).toEqual([12, 25, 12, 12, 5]);
  expect(now).toMatchObject({ reports: 6, records: 9 });
  await thread.close();
  store.close();
});

test('who waits is told when the thread cannot read, and the next question starts another', async () => {
  const store = sampleStore();
  const absent = new StatsThread(`${store.path}-absent`, script);
  const { status } = absent.reads();
  await expect(status()).rejects.toThrow('there is no database');
  await expect(status()).rejects.toThrow('there is no database');
  await absent.close();
  store.close();
});

test('as many questions as the bound wait, and one more is refused until there is room', async () => {
  const store = sampleStore();
  const thread = new StatsThread(store.path, script);
  const { status } = thread.reads();
  const waiting = Array.from({ length: limits.waitingQuestions }, () => status());
  await expect(status()).rejects.toThrow(Busy);
  expect((await Promise.all(waiting)).every(({ reports }) => reports === 6)).toBe(true);
  expect(await status()).toMatchObject({ reports: 6 });
  await thread.close();
  store.close();
});
