import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, it } from 'vitest';
import { StoreWriter } from '../../src/store/store.js';
import { aHeader, aReading, aRecord } from '../support/readings.js';
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

  it('keeps what was tried and found good', async () => {
    expect(await bench.store.tentative(() => bench.keep(file([aRecord()])).then(() => true))).toBe(true);
    expect(bench.one('SELECT count(*) FROM reports')).toBe(1);
  });

  it('takes back all batches of what was tried, and stores the same names again', async () => {
    const reportOf = (reportId: string) => file([aRecord()], aReading([aRecord()], aHeader({ reportId })));
    await bench.keep(reportOf('before'));
    const isKept = await bench.store.tentative(async () => {
      await bench.keep(reportOf('one'));
      await bench.keep(reportOf('two'));
      return false;
    });
    expect([isKept, bench.one('SELECT count(*) FROM reports')]).toEqual([false, 1]);
    await bench.keep(reportOf('one'));
    expect(bench.one('SELECT sum(messages) FROM daily_totals')).toBe(20);
    expect(bench.one('SELECT count(*) FROM records WHERE source_id NOT IN (SELECT id FROM sources)')).toBe(0);
  });

  it('takes back what was tried when it fails', async () => {
    const failing = bench.store.tentative(async () => {
      await bench.keep(file([aRecord()]));
      throw new Error('the disk is gone');
    });
    await expect(failing).rejects.toThrow('the disk is gone');
    expect(bench.one('SELECT count(*) FROM reports')).toBe(0);
  });

  it('shows nobody what is only tried, however many batches it has', async () => {
    await bench.store.tentative(async () => {
      await bench.keep(file([aRecord()]));
      for (let i = 0; i < 250; i++) await bench.store.batch(() => Promise.resolve());
      expect(seen()).toBe(0);
      return true;
    });
    await bench.store.batch(() => Promise.resolve());
    expect(seen()).toBe(1);
  });
});

it('a store that others read tries nothing: what it stored is durable', async () => {
  await bench.store.close();
  bench.store = new StoreWriter(join(bench.folder, 'read.db'));
  await expect(bench.store.tentative(() => Promise.resolve(true))).rejects.toThrow('only a bare store');
});
