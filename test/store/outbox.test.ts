import { readdirSync, readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { openWriter } from '../../src/store/database.js';
import { openOutbox } from '../../src/store/watching/outbox.js';
import { tempDir } from '../support/temp.js';
import { join } from 'node:path';

test('messages of a database of before are sent by the channel webhook, with the same id and bytes', async () => {
  const folder = await tempDir();
  const path = join(folder.path, 'old.db');
  before(path);
  const db = openWriter(path);
  const { messages, nextAt } = await openOutbox(db).due('webhook', { ms: 1_000, urgentOnly: false });
  expect(messages).toEqual([
    {
      id: 'msg_1',
      channel: 'webhook',
      kind: 'webhook',
      type: 'dmarc.alert.opened',
      severity: 'critical',
      subject: 'f1',
      lastCallMs: null,
      body: '{"data":{"severity":"critical","fingerprint":"f1"}}',
      attempts: 2,
    },
  ]);
  expect(nextAt).toBe(5_000);
  const urgent = await openOutbox(db).due('webhook', { ms: 6_000, urgentOnly: true });
  expect(urgent.messages.map((each) => each.id)).toEqual(['msg_1']);
  const states = db.prepare('SELECT state FROM outbox ORDER BY id').pluck().all();
  expect(states).toEqual(['pending', 'pending', 'delivered']);
  db.close();
  await folder.remove();
});

/** A store as it was before channels, with two messages that wait and one that was delivered. */
function before(path: string): void {
  const db = new Database(path);
  db.exec('CREATE TABLE migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, digest TEXT NOT NULL) STRICT');
  for (const name of readdirSync('migrations').sort()) {
    if (name >= '006') continue;
    const sql = readFileSync(join('migrations', name), 'utf8');
    db.exec(sql);
    const digest = createHash('sha256').update(sql).digest('hex');
    db.prepare('INSERT INTO migrations VALUES (?, ?, ?)').run(Number(name.slice(0, 3)), name, digest);
  }
  const put = db.prepare(
    `INSERT INTO outbox (id, channel, type, body, state, attempts, next_at, created_at)
     VALUES (?, 'webhook', ?, ?, ?, 2, ?, 1)`,
  );
  put.run('msg_1', 'dmarc.alert.opened', '{"data":{"severity":"critical","fingerprint":"f1"}}', 'pending', 1_000);
  put.run('msg_2', 'dmarc.digest.daily', '{"data":{"kind":"daily"}}', 'pending', 5_000);
  put.run('msg_3', 'dmarc.test', '{"data":{}}', 'delivered', 1_000);
  db.close();
}
