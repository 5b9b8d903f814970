import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rereadMail, storeMails } from '../../src/intake.js';
import type { MailOutcome } from '../../src/model/outcome.js';
import type { RawMail } from '../../src/model/raw-mail.js';
import { StoreWriter } from '../../src/store/store.js';
import { backlogMail } from '../support/crash-mails.js';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';
import { day } from '../support/readings.js';

const now = day(9, 2);
const options = { authservIds: [] };

let folder: TempFiles;
let store: StoreWriter;

beforeEach(async () => {
  folder = await tempFiles();
  store = new StoreWriter(folder.at('test.db'), { originals: { days: 90, bytes: 1024 * 1024 } });
});

afterEach(async () => {
  await store.close();
  await folder.remove();
});

function aMail(uid: number, text = backlogMail(uid - 1).raw): RawMail {
  const origin = { source: 'rua', folder: 'INBOX', uidValidity: 7, uid, path: null };
  const bytes = Buffer.from(text);
  return { origin, content: { kind: 'bytes', bytes }, size: bytes.length, receivedAt: now };
}

/** Reads the mail with this UID again, as the bytes given; its line is that of its UID. */
async function again(uid: number, { judge = false, text = backlogMail(uid - 1).raw } = {}): Promise<MailOutcome> {
  const row = store.db.prepare<[number], { outcome: MailOutcome['outcome'] }>('SELECT outcome FROM mails WHERE id = ?').get(uid); // prettier-ignore
  const line = { id: uid, source: 'rua', outcome: row?.outcome ?? 'failed', processedAt: now };
  return rereadMail(store, line, aMail(uid, text), { ...options, judge });
}

const all = (sql: string) => store.db.prepare(sql).raw().all();

/** Everything that a reading leaves behind. */
function everything() {
  return [
    all('SELECT id, mail_id, report_id, domain_id, messages, pass, arrived_at, first_day FROM reports ORDER BY id'),
    all('SELECT report, source_id, messages, verdict, auth_set_id FROM records ORDER BY report'),
    all('SELECT * FROM daily_totals ORDER BY 1, 2, 3, 4, 5'),
    all('SELECT * FROM counters ORDER BY 1, 2'),
    all('SELECT id, uid, outcome, reason, message_id, processed_at FROM mails ORDER BY id'),
    all('SELECT * FROM checkpoints'),
  ];
}

const judged = () => store.db.prepare("SELECT value FROM state WHERE key = 'evaluated_report_id'").pluck().get();
const judgedThrough = (id: number) => store.db.prepare("INSERT OR REPLACE INTO state VALUES ('evaluated_report_id', ?)").run(String(id)); // prettier-ignore
const counter = (name: string) => store.db.prepare('SELECT sum(value) FROM counters WHERE name = ?').pluck().get(name);

describe('a mail read again', () => {
  it('by the same program changes nothing, neither rows nor counters, whatever it was', async () => {
    // Mails 15, 20 and 25 are a second delivery, a cut one and a letter.
    await storeMails(store, Array.from({ length: 25 }, (_, i) => aMail(i + 1)), now, options); // prettier-ignore
    const before = everything();
    for (let uid = 1; uid <= 25; uid++) await again(uid);
    expect(everything()).toEqual(before);
    expect(store.db.pragma('foreign_key_check')).toEqual([]);
  });

  it('that is understood now gets its report, and the counters move by it', async () => {
    await storeMails(store, [aMail(1), aMail(20)], now, options);
    expect(counter('dmarc_reports_stored_total')).toBe(1);
    expect((await again(2, { text: backlogMail(1).raw })).outcome).toBe('report');
    expect(all('SELECT id, mail_id FROM reports')).toEqual([[1, 1], [2, 2]]); // prettier-ignore
    expect(all('SELECT outcome FROM mails')).toEqual([['report'], ['report']]);
    expect(counter('dmarc_reports_stored_total')).toBe(2);
    // 40 messages of the first report, 41 of the second
    expect(counter('dmarc_report_messages_total')).toBe(81);
    expect(counter('dmarc_mail_messages_processed_total')).toBe(2);
  });

  it('that is understood otherwise replaces what was stored', async () => {
    await storeMails(store, [aMail(1)], now, options);
    await again(1, { text: backlogMail(1).raw });
    expect(all('SELECT id, report_id, messages FROM reports')).toEqual([[1, 'r1', 41]]);
    expect(all('SELECT sum(messages) FROM daily_totals')).toEqual([[41]]);
    expect(all('SELECT count(*) FROM records')).toEqual([[1]]);
  });

  it('stays as it was when the reading fails', async () => {
    await storeMails(store, [aMail(1)], now, options);
    const before = everything();
    const broken = { ...aMail(1), content: { kind: 'file', path: folder.at('absent'), size: 1 } } as const;
    const line = { id: 1, source: 'rua', outcome: 'report', processedAt: now } as const;
    await expect(rereadMail(store, line, broken, { ...options, judge: false })).rejects.toThrow('ENOENT');
    expect(everything()).toEqual(before);
  });
});

describe('the watch', () => {
  it('takes nothing that is read again for news, not even a report that was not there before', async () => {
    await storeMails(store, [aMail(1), aMail(20)], now, options);
    judgedThrough(1);
    await again(1);
    expect(judged()).toBe('1');
    await again(2, { text: backlogMail(1).raw });
    expect(judged()).toBe('2');
  });

  it('still looks at reports that it has not seen', async () => {
    await storeMails(store, [aMail(1), aMail(2)], now, options);
    judgedThrough(1);
    await again(1);
    await again(2);
    expect(judged()).toBe('1');
  });

  it('takes it for news when that is asked for', async () => {
    await storeMails(store, [aMail(1)], now, options);
    judgedThrough(1);
    await again(1, { judge: true });
    expect(judged()).toBe('1');
    expect(all('SELECT id FROM reports')).toEqual([[2]]);
  });
});
