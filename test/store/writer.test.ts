import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { limits } from '../../src/config/limits.js';
import type { Authenticity, Provenance } from '../../src/model/part.js';
import type { MailOutcome } from '../../src/model/outcome.js';
import type { RawMail } from '../../src/model/raw-mail.js';
import type { Reading, ReportRecord } from '../../src/model/report.js';
import { StoreWriter } from '../../src/store/store.js';
import { aHeader, aReading, aRecord, day } from '../support/readings.js';

const now = day(9, 2) + 6 * 3600;
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

function aMail(over: Partial<RawMail> = {}): RawMail {
  uid += 1;
  const origin = { source: 'rua', folder: 'INBOX', uidValidity: 7, uid, path: null };
  return { origin, content: { kind: 'bytes', bytes: Buffer.from(`mail ${uid}`) }, size: 6, receivedAt: now, ...over };
}

interface Given {
  readonly records: readonly ReportRecord[];
  readonly reading: Reading;
  readonly authenticity?: Authenticity;
}

function provenance({ authenticity = 'unverified' }: Given): Provenance {
  const proof = { domain: 'example.net', by: 'dkim' } as const;
  return { authenticity, proof: authenticity === 'verified' ? proof : null };
}

function file(
  records: readonly ReportRecord[],
  reading: Reading = aReading(records),
  authenticity?: Authenticity,
): Given {
  return authenticity ? { records, reading, authenticity } : { records, reading };
}

async function keep(given: Given, raw = aMail(), arrivedAt = now): Promise<MailOutcome> {
  return store.batch(() =>
    store.mail(
      raw,
      arrivedAt,
      (entry) => {
        const writer = entry.report('report.xml');
        for (const record of given.records) writer.record(record);
        const { outcome, reason, id } = writer.finish(given.reading, provenance(given));
        const shown = { authenticity: 'unverified', proof: null } as const;
        const mail = { messageId: '<1@example.net>', subject: 'Report', from: 'reports@example.net', ...shown };
        return Promise.resolve({
          mail,
          problems: [],
          outcome: { outcome, reason, reportIds: id === null ? [] : [id] },
        });
      },
      () => null,
    ),
  );
}

function all(sql: string): unknown[] {
  return store.db.prepare(sql).all();
}

const totals = () => all('SELECT day, verdict, disposition, messages, estimated FROM daily_totals ORDER BY 1, 2, 3');
const one = (sql: string) => store.db.prepare(sql).pluck().get();

describe('a report', () => {
  it('is kept with its rows, its auth results, its reasons, its daily totals, its counters and its ledger line', async () => {
    const failing = aRecord({
      sourceIp: '2001:db8::9',
      count: 3,
      disposition: 'Odd',
      dkim: 'fail',
      spf: 'softfail',
      reasons: [{ type: 'forwarded', comment: 'a list' }],
    });
    const outcome = await keep(file([aRecord(), failing]));
    expect(outcome).toEqual({ outcome: 'report', reason: '', reportIds: [1] });
    expect(
      all(
        'SELECT ip, r.messages, dkim, spf, verdict, disposition FROM records r JOIN sources s ON s.id = source_id ORDER BY ip',
      ),
    ).toEqual([
      { ip: '198.51.100.7', messages: 10, dkim: 'pass', spf: 'pass', verdict: 'pass_both', disposition: 'none' },
      { ip: '2001:db8::9', messages: 3, dkim: 'fail', spf: 'softfail', verdict: 'fail', disposition: 'Odd' },
    ]);
    expect(one('SELECT count(*) FROM auth_sets')).toBe(1);
    expect(all('SELECT type, comment FROM override_reasons')).toEqual([{ type: 'forwarded', comment: 'a list' }]);
    expect(totals()).toEqual([
      { day: day(9, 1), verdict: 'fail', disposition: 'other', messages: 3, estimated: 0 },
      { day: day(9, 1), verdict: 'pass_both', disposition: 'none', messages: 10, estimated: 0 },
    ]);
    expect(all('SELECT name, labels, value FROM counters ORDER BY 1, 2')).toEqual([
      { name: 'dmarc_mail_messages_processed_total', labels: '{"mailbox":"rua"}', value: 1 },
      { name: 'dmarc_mails_total', labels: '{"outcome":"report"}', value: 1 },
      { name: 'dmarc_report_messages_total', labels: '{"domain":"example.org","result":"fail"}', value: 3 },
      { name: 'dmarc_report_messages_total', labels: '{"domain":"example.org","result":"pass_both"}', value: 10 },
      { name: 'dmarc_report_records_stored_total', labels: '{}', value: 2 },
      { name: 'dmarc_reports_by_authenticity_total', labels: '{"authenticity":"unverified"}', value: 1 },
      { name: 'dmarc_reports_stored_total', labels: '{}', value: 1 },
    ]);
    expect(all('SELECT uid, outcome, subject FROM mails')).toEqual([{ uid: 1, outcome: 'report', subject: 'Report' }]);
    expect(all('SELECT uid_validity, uid FROM checkpoints')).toEqual([{ uid_validity: 7, uid: 1 }]);
  });

  it('of no rows is kept and adds no messages', async () => {
    expect((await keep(file([]))).outcome).toBe('report');
    expect(totals()).toEqual([]);
  });

  it('over three days is spread in whole messages that add up, and marked as estimated', async () => {
    const header = aHeader({ begin: day(9, 1), end: day(9, 4) - 1 });
    await keep(file([aRecord({ count: 10 })], aReading([aRecord({ count: 10 })], header)));
    expect(totals().map((row) => Object.values(row as object))).toEqual([
      [day(9, 1), 'pass_both', 'none', 3, 3],
      [day(9, 2), 'pass_both', 'none', 3, 3],
      [day(9, 3), 'pass_both', 'none', 4, 4],
    ]);
  });

  it('that names no policy domain is refused, and nothing of it stays', async () => {
    const records = [aRecord({ headerFrom: null })];
    const header = aHeader({ policy: { ...aHeader().policy, domain: null } });
    expect(await keep(file(records, aReading(records, header)))).toMatchObject({ outcome: 'malformed', reportIds: [] });
    expect(one('SELECT count(*) FROM records')).toBe(0);
  });
});

describe('a report that comes again', () => {
  it('is a duplicate when the file is the same, and nothing is counted twice', async () => {
    const given = file([aRecord()]);
    await keep(given);
    expect((await keep(given)).outcome).toBe('duplicate');
    expect(one('SELECT sum(messages) FROM daily_totals')).toBe(10);
    expect(one("SELECT value FROM counters WHERE name = 'dmarc_reports_duplicate_total'")).toBe(1);
  });

  it('is a duplicate when only the wrapping of the same rows differs', async () => {
    const rows = [aRecord(), aRecord({ sourceIp: '198.51.100.8' })];
    await keep(file(rows));
    const again = [...rows].reverse();
    expect((await keep(file(again, aReading(again, aHeader(), { file: 'other white space' })))).outcome).toBe(
      'duplicate',
    );
    expect(one('SELECT count(*) FROM records')).toBe(2);
  });

  it('with the same report id from another reporter, or for another period, is another report', async () => {
    await keep(file([aRecord()]));
    const rspamd = aHeader({ orgName: 'Another site' });
    const later = aHeader({ begin: day(9, 2), end: day(9, 3) - 1 });
    expect((await keep(file([aRecord()], aReading([aRecord()], rspamd)))).outcome).toBe('report');
    expect((await keep(file([aRecord()], aReading([aRecord()], later)))).outcome).toBe('report');
    expect(one('SELECT sum(messages) FROM daily_totals')).toBe(30);
  });

  it('with rows that share none with the first is a second part, and both count', async () => {
    const second = [aRecord({ sourceIp: '198.51.100.99', count: 5 })];
    await keep(file([aRecord()]));
    expect((await keep(file(second))).outcome).toBe('report');
    expect(one('SELECT sum(messages) FROM daily_totals')).toBe(15);
  });

  it('with some of the same rows takes the place of the first when it has more messages', async () => {
    const more = [aRecord({ count: 12 }), aRecord({ sourceIp: '198.51.100.99', count: 5 })];
    await keep(file([aRecord()]));
    expect(await keep(file(more))).toMatchObject({ outcome: 'report', reportIds: [2] });
    expect(one('SELECT sum(messages) FROM daily_totals')).toBe(17);
    expect(one('SELECT count(*) FROM reports')).toBe(1);
  });

  it('with some of the same rows and fewer messages is a conflict and changes nothing', async () => {
    const fewer = [aRecord({ count: 4 }), aRecord({ sourceIp: '198.51.100.99', count: 5 })];
    await keep(file([aRecord()]));
    expect((await keep(file(fewer))).outcome).toBe('conflict');
    expect(one('SELECT sum(messages) FROM daily_totals')).toBe(10);
    expect(one('SELECT value FROM counters WHERE labels = \'{"reason":"conflict"}\'')).toBe(1);
  });

  it('larger but from a mail that failed authentication never displaces the first', async () => {
    const forged = [aRecord({ count: 5000, dkim: 'fail', spf: 'fail' }), aRecord()];
    await keep(file([aRecord()]));
    expect((await keep(file(forged, aReading(forged), 'failed'))).outcome).toBe('conflict');
    expect(one('SELECT sum(messages) FROM daily_totals')).toBe(10);
  });
});

describe('the counters', () => {
  const counter = (name: string) => one(`SELECT coalesce(sum(value), 0) FROM counters WHERE name = '${name}'`);

  it('move by what a replacing report brings more, never twice', async () => {
    const first = [aRecord({ count: 100 })];
    const whole = [
      aRecord({ count: 100 }),
      aRecord({ sourceIp: '198.51.100.8', count: 100, dkim: 'fail', spf: 'fail' }),
    ];
    await keep(file(first, aReading(first, aHeader(), { outcome: 'partial' })));
    await keep(file(whole));
    expect(counter('dmarc_report_messages_total')).toBe(200);
    expect(counter('dmarc_report_records_stored_total')).toBe(2);
    expect(counter('dmarc_reports_stored_total')).toBe(1);
  });
});

describe('a report that takes the place of another', () => {
  it('says which one it displaced', async () => {
    const more = [aRecord({ count: 12 })];
    await keep(file([aRecord()]));
    await keep(file(more));
    expect(JSON.parse(String(one('SELECT problems FROM reports')))).toEqual([
      { code: 'replaced-other', where: 'report', detail: 'complete report of mail 1 with 1 rows and 10 messages' },
    ]);
  });
});

describe('parts of one report', () => {
  const part = (n: number) => file([aRecord({ sourceIp: `198.51.100.${n}` })]);

  it('are kept up to the bound, and not one more', async () => {
    for (let n = 1; n <= limits.reportParts; n++) expect((await keep(part(n))).outcome).toBe('report');
    expect((await keep(part(200))).outcome).toBe('conflict');
    expect(one('SELECT count(*) FROM reports')).toBe(limits.reportParts);
  });
});

describe('forged parts', () => {
  const forged = (n: number) => {
    const records = [aRecord({ sourceIp: `198.51.100.${n}` })];
    return file(records, aReading(records), 'failed');
  };

  it('do not fill the room of a report that is authentic', async () => {
    for (let n = 1; n <= limits.reportParts; n++) await keep(forged(n));
    expect((await keep(forged(200))).outcome).toBe('conflict');
    expect((await keep(file([aRecord({ sourceIp: '203.0.113.9' })]))).outcome).toBe('report');
  });
});

describe('two cut reports of one identity', () => {
  const cut = (sourceIp: string) => {
    const records = [aRecord({ sourceIp })];
    return file(records, aReading(records, aHeader(), { outcome: 'partial', reason: 'cut off' }));
  };

  it('are both kept when they have no row in common', async () => {
    expect((await keep(cut('198.51.100.1'))).outcome).toBe('partial');
    expect((await keep(cut('198.51.100.2'))).outcome).toBe('partial');
    expect(one('SELECT count(*) FROM reports')).toBe(2);
  });
});

describe('a truncated report', () => {
  const half = [aRecord()];
  const whole = [aRecord(), aRecord({ sourceIp: '198.51.100.8', count: 7 })];
  const partial = aReading(half, aHeader(), { outcome: 'partial', reason: 'cut off' });

  it('is replaced by the complete one that comes later', async () => {
    expect((await keep(file(half, partial))).outcome).toBe('partial');
    expect((await keep(file(whole))).outcome).toBe('report');
    expect(one('SELECT sum(messages) FROM daily_totals')).toBe(17);
    expect(all('SELECT state FROM reports')).toEqual([{ state: 'complete' }]);
  });

  it('never displaces the complete one', async () => {
    await keep(file(whole));
    expect((await keep(file(half, partial))).outcome).toBe('duplicate');
    expect(one('SELECT sum(messages) FROM daily_totals')).toBe(17);
  });

  it('that holds no rows gives way as well', async () => {
    await keep(file([], aReading([], aHeader(), { outcome: 'partial' })));
    expect((await keep(file(whole))).outcome).toBe('report');
    expect(one('SELECT count(*) FROM reports')).toBe(1);
  });
});

describe('a batch', () => {
  it('leaves nothing behind when it fails', async () => {
    const broken = store.batch(async () => {
      await store.mail(aMail(), now, (entry) => {
        entry.report('a.xml').record(aRecord());
        throw Object.assign(new Error('disk full'), { code: 'SQLITE_FULL' });
      }, () => null); // prettier-ignore
    });
    await expect(broken).rejects.toThrow('disk full');
    expect(one('SELECT count(*) FROM mails')).toBe(0);
    expect((await keep(file([aRecord()]))).outcome).toBe('report');
  });

  it('keeps the other mails when reading one of them went wrong', async () => {
    const failed: MailOutcome = { outcome: 'failed', reason: 'a fault', reportIds: [] };
    await store.batch(
      () =>
      store.mail(aMail(), now, (entry) => {
        entry.report('a.xml').record(aRecord());
        throw new Error('a fault');
      }, () => ({ mail: null, problems: [], outcome: failed })), // prettier-ignore
    );
    await keep(file([aRecord()]));
    expect(all('SELECT outcome FROM mails ORDER BY id')).toEqual([{ outcome: 'failed' }, { outcome: 'report' }]);
    expect(one('SELECT count(*) FROM records')).toBe(1);
  });

  it('does not read a mail again whose line is there', async () => {
    const raw = aMail();
    await keep(file([aRecord()]), raw);
    expect(await keep(file([aRecord({ count: 99 })]), raw)).toMatchObject({ outcome: 'report', reportIds: [] });
    expect(one('SELECT count(*) FROM mails')).toBe(1);
    expect(one('SELECT sum(messages) FROM daily_totals')).toBe(10);
  });
});

it('writes a report that is larger than the memory it may hold', async () => {
  const records = Array.from({ length: 5_000 }, (_, i) =>
    aRecord({ sourceIp: `2001:db8::${(i + 1).toString(16)}`, count: 1 }),
  );
  await keep(file(records));
  await keep(file(records));
  expect(one('SELECT count(*) FROM records')).toBe(5_000);
  expect(one('SELECT sum(messages) FROM daily_totals')).toBe(5_000);
});

it('does not spread a report with more rows than the bound over its days', async () => {
  await store.close();
  store = new StoreWriter(join(folder, 'second.db'), { limits: { ...limits, spreadRecords: 1 } });
  const header = aHeader({ begin: day(9, 1), end: day(9, 4) - 1 });
  const two = [aRecord(), aRecord({ sourceIp: '198.51.100.8' })];
  await keep(file(two, aReading(two, header)));
  expect(totals()).toEqual([{ day: day(9, 3), verdict: 'pass_both', disposition: 'none', messages: 10, estimated: 0 }, { day: day(9, 3), verdict: 'pass_both', disposition: 'none', messages: 10, estimated: 0 }]); // prettier-ignore
});

describe('a full disk', () => {
  /** SQLite's own bound on the file: the engine then answers as it does when the disk is full. */
  const leaveRoomFor = (pages: number) => store.db.pragma(`max_page_count = ${pages}`);
  const many = Array.from({ length: 20_000 }, (_, i) => aRecord({ sourceIp: `2001:db8::${(i + 1).toString(16)}` }));

  it('refuses the batch whole, keeps nothing of it, and the same mail is stored once there is room', async () => {
    const raw = aMail();
    leaveRoomFor(Number(store.db.pragma('page_count', { simple: true })) + 20);
    await expect(keep(file(many), raw)).rejects.toMatchObject({ code: 'SQLITE_FULL' });
    expect(one('SELECT count(*) FROM mails')).toBe(0);
    expect(one('SELECT count(*) FROM records')).toBe(0);
    leaveRoomFor(1_000_000);
    expect((await keep(file(many), raw)).outcome).toBe('report');
    expect(one('SELECT sum(messages) FROM daily_totals')).toBe(200_000);
  });

  it('is what the caller hears of, also when the report is abandoned for it', async () => {
    leaveRoomFor(Number(store.db.pragma('page_count', { simple: true })) + 20);
    const abandoned = store.batch(() =>
      store.mail(
        aMail(),
        now,
        (entry) => {
          const writer = entry.report('report.xml');
          try {
            for (const record of many) writer.record(record);
            throw new Error('it fitted');
          } catch (error) {
            writer.abandon();
            throw error;
          }
        },
        () => null,
      ),
    );
    await expect(abandoned).rejects.toMatchObject({ code: 'SQLITE_FULL' });
  });

  it('leaves room for a small report after a large one did not fit', async () => {
    leaveRoomFor(Number(store.db.pragma('page_count', { simple: true })) + 20);
    await expect(keep(file(many))).rejects.toMatchObject({ code: 'SQLITE_FULL' });
    expect((await keep(file([aRecord()]))).outcome).toBe('report');
  });
});
