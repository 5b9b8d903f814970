import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import type { Authenticity } from '../../src/model/part.js';
import type { MailOutcome } from '../../src/model/outcome.js';
import type { RawMail } from '../../src/model/raw-mail.js';
import type { Reading, ReportRecord } from '../../src/model/report.js';
import { StoreWriter } from '../../src/store/store.js';
import type { MailEntry, MailFacts } from '../../src/store/store.js';
import { aReading, day } from './readings.js';

/** A report file in a mail, and how far the mail is proven. */
export interface GivenFile {
  readonly records: readonly ReportRecord[];
  readonly reading: Reading;
  readonly authenticity: Authenticity;
  /** Where a verified one is proven to come from. */
  readonly house?: string;
}

export function file(
  records: readonly ReportRecord[],
  reading: Reading = aReading(records),
  authenticity: Authenticity = 'unverified',
): GivenFile {
  return { records, reading, authenticity };
}

/** When the mails of a bench arrive, Unix seconds. */
export const now = day(9, 2) + 6 * 3600;

/** A store of its own for every test of a file. */
export interface StoreBench {
  /** A test may put another in its place. */
  store: StoreWriter;
  readonly folder: string;
  /** The next mail of the mailbox. */
  aMail(over?: Partial<RawMail>): RawMail;
  /** Stores the file as the report of a mail. */
  keep(given: GivenFile, raw?: RawMail, arrivedAt?: number): Promise<MailOutcome>;
  all(sql: string): unknown[];
  one(sql: string): unknown;
}

/** To be called once at the top of a test file. After each test no row may point nowhere. */
export function storeBench(): StoreBench {
  let uid = 0;
  let folder = '';
  let store: StoreWriter;
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
  const aMail = (over: Partial<RawMail> = {}): RawMail => {
    uid += 1;
    const origin = { source: 'rua', folder: 'INBOX', uidValidity: 7, uid, path: null };
    return { origin, content: { kind: 'bytes', bytes: Buffer.from(`mail ${uid}`) }, size: 6, receivedAt: now, ...over };
  };
  return {
    get store() {
      return store;
    },
    set store(other) {
      store = other;
    },
    get folder() {
      return folder;
    },
    aMail,
    keep: (given, raw = aMail(), arrivedAt = now) => keep(store, given, raw, arrivedAt),
    all: (sql) => store.db.prepare(sql).all(),
    one: (sql) => store.db.prepare(sql).pluck().get(),
  };
}

function keep(store: StoreWriter, given: GivenFile, raw: RawMail, arrivedAt: number): Promise<MailOutcome> {
  return store.batch(() =>
    store.mail(
      raw,
      arrivedAt,
      (entry) => reading(entry, given),
      () => null,
    ),
  );
}

/** Reads the mail with this ledger id again, and finds this file in it. */
export function keepAgain(store: StoreWriter, mailId: number, given: GivenFile): Promise<MailOutcome> {
  const line = { id: mailId, source: 'rua', outcome: 'report', processedAt: now } as const;
  return store.batch(() => store.reread(line, false, (entry) => reading(entry, given)));
}

function reading(entry: MailEntry, given: GivenFile): Promise<MailFacts> {
  const { records, reading, authenticity, house = 'example.net' } = given;
  const proof = authenticity === 'verified' ? { domain: house, by: 'dkim' as const } : null;
  const writer = entry.report('report.xml');
  for (const record of records) writer.record(record);
  const { outcome, reason, id } = writer.finish(reading, { authenticity, proof });
  const shown = { authenticity: 'unverified', proof: null } as const;
  const mail = { messageId: '<1@example.net>', subject: 'Report', from: 'reports@example.net', ...shown };
  return Promise.resolve({ mail, problems: [], outcome: { outcome, reason, reportIds: id === null ? [] : [id] } });
}
