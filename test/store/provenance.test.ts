import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Authenticity } from '../../src/model/part.js';
import type { MailOutcome } from '../../src/model/outcome.js';
import type { Reading, ReportRecord } from '../../src/model/report.js';
import { StoreWriter } from '../../src/store/store.js';
import { aHeader, aReading, aRecord, day } from '../support/readings.js';

let folder: string;
let store: StoreWriter;
let uid: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ruawatch-store-'));
  store = new StoreWriter(join(folder, 'test.db'));
  uid = 0;
});

afterEach(async () => {
  const dangling = store.db.pragma('foreign_key_check');
  await store.close();
  rmSync(folder, { recursive: true });
  expect(dangling).toEqual([]);
});

interface Given {
  readonly records: readonly ReportRecord[];
  readonly reading: Reading;
  readonly authenticity: Authenticity;
  /** Where a verified one is proven to come from. */
  readonly house?: string;
}

function file(
  records: readonly ReportRecord[],
  reading: Reading = aReading(records),
  authenticity: Authenticity = 'unverified',
): Given {
  return { records, reading, authenticity };
}

async function keep({ records, reading, authenticity, house = 'example.net' }: Given): Promise<MailOutcome> {
  uid += 1;
  const origin = { source: 'rua', folder: 'INBOX', uidValidity: 7, uid, path: null };
  const raw = { origin, content: null, size: 6, receivedAt: null };
  const proof = authenticity === 'verified' ? { domain: house, by: 'dkim' as const } : null;
  return store.batch(() =>
    store.mail(
      raw,
      day(9, 2) + 6 * 3600,
      (entry) => {
        const writer = entry.report('report.xml');
        for (const record of records) writer.record(record);
        const { outcome, reason, id } = writer.finish(reading, { authenticity, proof });
        const end = { outcome, reason, reportIds: id === null ? [] : [id] };
        return Promise.resolve({ mail: null, problems: [], outcome: end });
      },
      () => null,
    ),
  );
}

function all(sql: string): unknown[] {
  return store.db.prepare(sql).all();
}

const one = (sql: string) => store.db.prepare(sql).pluck().get();

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
    await store.close();
    store = new StoreWriter(join(folder, 'test.db'), { ours });
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
