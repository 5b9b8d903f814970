import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Authenticity } from '../../src/model/part.js';
import { StoreWriter } from '../../src/store/store.js';
import { aHeader, aReading, aRecord } from '../support/readings.js';
import { file, storeBench } from '../support/store-bench.js';

const bench = storeBench();
const { keep, all, one } = bench;

describe('a report of the same reporter, id and period', () => {
  const own = [aRecord({ count: 10 })];
  const other = [aRecord({ sourceIp: '203.0.113.9', count: 500 })];
  const stored = () => all('SELECT authenticity, messages FROM reports ORDER BY id');
  const booked = () => one('SELECT coalesce(sum(messages), 0) FROM daily_totals');

  it.each([
    ['verified', 'unverified'],
    ['verified', 'failed'],
    ['unverified', 'failed'],
  ] as const)('that is %s wins over one that is %s, whichever comes first', async (better, worse) => {
    for (const first of [better, worse]) {
      const header = aHeader({ reportId: `${first} first` });
      const rowsOf = (authenticity: Authenticity) => (authenticity === better ? own : other);
      const second = first === better ? worse : better;
      await keep(file(rowsOf(first), aReading(rowsOf(first), header), first));
      const end = await keep(file(rowsOf(second), aReading(rowsOf(second), header), second));
      expect(end.outcome).toBe(second === better ? 'report' : 'conflict');
    }
    expect(stored()).toEqual([
      { authenticity: better, messages: 10 },
      { authenticity: better, messages: 10 },
    ]);
    expect(booked()).toBe(20);
  });

  it('takes the better proof of a copy, and counts nothing twice', async () => {
    await keep(file(own));
    expect((await keep(file(own, aReading(own), 'verified'))).outcome).toBe('report');
    expect(all('SELECT authenticity, proven_domain, proven_by FROM reports')).toEqual([
      { authenticity: 'verified', proven_domain: 'example.net', proven_by: 'dkim' },
    ]);
    expect((await keep(file(own, aReading(own), 'unverified'))).outcome).toBe('duplicate');
    expect(booked()).toBe(10);
    expect(one("SELECT value FROM counters WHERE name = 'dmarc_reports_stored_total'")).toBe(1);
  });

  it('proven to come from another house stands beside it, and takes nothing from it', async () => {
    const shared = [...own, aRecord({ sourceIp: '203.0.113.9', count: 500 })];
    await keep({ ...file(own, aReading(own), 'verified'), house: 'one.example' });
    expect((await keep({ ...file(shared, aReading(shared), 'verified'), house: 'two.example' })).outcome).toBe(
      'report',
    );
    expect(all('SELECT proven_domain, messages FROM reports ORDER BY id')).toEqual([
      { proven_domain: 'one.example', messages: 10 },
      { proven_domain: 'two.example', messages: 510 },
    ]);
  });
});

describe('a report of a policy domain that is none of ours', () => {
  const foreign = aHeader({ policy: { ...aHeader().policy, domain: 'other.example' } });
  const reopen = async (ours: readonly string[]): Promise<void> => {
    await bench.store.close();
    bench.store = new StoreWriter(join(bench.folder, 'test.db'), { ours });
  };
  const booked = () =>
    all('SELECT name, sum(messages) AS messages FROM daily_totals t JOIN domains d ON d.id = t.domain_id GROUP BY 1');

  it('is kept, said and counted apart, and adds to no total', async () => {
    await reopen(['example.org']);
    expect((await keep(file([aRecord()], aReading([aRecord()], foreign)))).reason).toBe(
      'other.example is not among the configured domains, so its reports are kept apart',
    );
    expect(one('SELECT count(*) FROM records')).toBe(1);
    expect(booked()).toEqual([]);
    expect(all("SELECT name FROM counters WHERE name LIKE 'dmarc_report%' ORDER BY 1")).toEqual([
      { name: 'dmarc_reports_by_authenticity_total' },
      { name: 'dmarc_reports_foreign_total' },
    ]);
  });

  it('is replaced and taken for a duplicate like any other', async () => {
    await reopen(['example.org']);
    const cut = aReading([aRecord()], foreign, { outcome: 'partial' });
    await keep(file([aRecord()], cut));
    const whole = [aRecord(), aRecord({ sourceIp: '203.0.113.9' })];
    expect((await keep(file(whole, aReading(whole, foreign)))).outcome).toBe('report');
    expect((await keep(file(whole, aReading(whole, foreign)))).outcome).toBe('duplicate');
    expect(booked()).toEqual([]);
  });

  it('is booked when its domain becomes ours, and taken out again when it is ours no more', async () => {
    await reopen(['example.org']);
    await keep(file([aRecord()]));
    await keep(file([aRecord({ count: 7 })], aReading([aRecord({ count: 7 })], foreign)));
    await reopen(['example.org', 'example']);
    expect(booked()).toEqual([
      { name: 'example.org', messages: 10 },
      { name: 'other.example', messages: 7 },
    ]);
    await reopen(['other.example']);
    expect(booked()).toEqual([{ name: 'other.example', messages: 7 }]);
    await reopen([]);
    expect(booked()).toEqual([
      { name: 'example.org', messages: 10 },
      { name: 'other.example', messages: 7 },
    ]);
  });
});
