import { expect, it } from 'vitest';
import { senderLines } from '../src/backtest-senders.js';
import { openWriter } from '../src/store/database.js';
import { tempFiles } from './support/files.js';
import { insert } from './support/sample-store.js';

it('every sender is a line with its class, the step that decided, its source IPs and all its messages', async () => {
  const folder = await tempFiles();
  const db = openWriter(folder.at('scratch.db'));
  const ips = ['198.51.100.7', '198.51.100.8', '203.0.113.9'];
  insert(db, 'domains', { id: 1, name: 'example.org' });
  insert(db, 'reporters', { id: 1, key: 'receiver.example', name: 'receiver.example' });
  ips.forEach((ip, i) => insert(db, 'sources', { id: i + 1, ip }));
  const source = (source_id: number, sender: string) =>
    insert(db, 'source_senders', {
      domain_id: 1,
      source_id,
      sender,
      step: 'dkim',
      evidence: '',
      bounces: 0,
      updated_at: 1,
    });
  source(1, 'mailer.example');
  source(2, 'mailer.example');
  source(3, '203.0.113.0/24');
  const sender = (name: string, known: string | null, rest: object) =>
    insert(db, 'senders', { domain_id: 1, sender: name, title: name, kind: null, known, updated_at: 1, ...rest });
  sender('203.0.113.0/24', null, { class: 'unauthenticated', class_step: 7, class_evidence: 'nothing passes' });
  sender('mailer.example', 'signs', { class: 'known', class_step: 1, class_evidence: 'signs', title: 'Mailer' });
  const day = (source_id: number, nth: number, messages: number) =>
    insert(db, 'daily_totals', {
      ...{ domain_id: 1, day: nth * 86_400, source_id, reporter_id: 1, verdict: 'pass_dkim', trait: 'direct' },
      ...{ disposition: 'none', messages, estimated: 0 },
    });
  day(1, 1, 5);
  day(1, 2, 6);
  day(2, 1, 40);
  day(3, 1, 2);
  const lines = [];
  for await (const line of senderLines(folder.at('scratch.db'))) lines.push(line);
  const both = { type: 'sender', domain: 'example.org' };
  expect(lines).toEqual([
    {
      ...both,
      ...{ sender: 'mailer.example', title: 'Mailer', class: 'known', step: 1, evidence: 'signs' },
      ...{ sourceIps: ['198.51.100.8', '198.51.100.7'], messages: 51 },
    },
    {
      ...both,
      ...{ sender: '203.0.113.0/24', title: '203.0.113.0/24', class: 'unauthenticated', step: 7 },
      ...{ evidence: 'nothing passes', sourceIps: ['203.0.113.9'], messages: 2 },
    },
  ]);
  db.close();
  await folder.remove();
});
