import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, it } from 'vitest';
import { StoreWriter } from '../../src/store/store.js';
import { aRecord } from '../support/readings.js';
import { file, storeBench } from '../support/store-bench.js';

const bench = storeBench();

beforeEach(async () => {
  await bench.store.close();
  bench.store = new StoreWriter(join(bench.folder, 'bare.db'), { scratch: true, bare: true });
});

/** Reports that another connection sees. */
function seen(): number | undefined {
  const db = new Database(join(bench.folder, 'bare.db'), { readonly: true });
  const count = db.prepare<[], number>('SELECT count(*) FROM reports').pluck().get();
  db.close();
  return count;
}

describe('a bare store', () => {
  it('has the daily totals, and no sums for pages', async () => {
    await bench.keep(file([aRecord()]));
    expect(bench.one('SELECT sum(messages) FROM daily_totals')).toBe(10);
    for (const table of ['domain_days', 'reporter_days', 'source_days', 'auth_days'])
      expect(bench.one(`SELECT count(*) FROM ${table}`)).toBe(0);
  });

  it('shows others what it holds when it is closed', async () => {
    await bench.keep(file([aRecord()]));
    expect(seen()).toBe(0);
    await bench.store.close();
    expect(seen()).toBe(1);
    bench.store = new StoreWriter(join(bench.folder, 'test.db'));
  });

  it('lets others see every 200 batches', async () => {
    for (let i = 0; i < 199; i++) await bench.store.batch(() => Promise.resolve());
    await bench.keep(file([aRecord()]));
    expect(seen()).toBe(1);
  });

  it('takes back a batch that fails, and that batch alone', async () => {
    await bench.keep(file([aRecord()]));
    const failing = bench.store.batch(() => {
      bench.store.db.exec('DELETE FROM reports');
      return Promise.reject(new Error('the disk is gone'));
    });
    await expect(failing).rejects.toThrow('the disk is gone');
    expect(bench.one('SELECT count(*) FROM reports')).toBe(1);
  });

  it.each(['once nothing is open', 'within what is open'])(
    'takes back a trial, %s, and gives what it came to',
    async (when) => {
      await bench.keep(file([aRecord()]));
      if (when === 'once nothing is open') bench.store.db.exec('COMMIT');
      const found = await bench.store.trial(() => {
        bench.store.db.exec('DELETE FROM records');
        return Promise.resolve(bench.one('SELECT count(*) FROM records'));
      });
      expect([found, bench.one('SELECT count(*) FROM records')]).toEqual([0, 1]);
    },
  );
});
