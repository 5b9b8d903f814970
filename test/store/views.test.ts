import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { dayOf, spoof, World } from '../watch/world.js';

let world: World;
beforeEach(async () => {
  world = new World();
  world.at('2026-09-02T06:00:00Z').report({
    day: '2026-09-01',
    rows: [{ ip: '198.51.100.1', messages: 5 }, spoof('203.0.113.9', 40)],
  });
  await world.evaluate();
});
afterEach(() => world.db.close());

const rows = (sql: string) => world.db.prepare(sql).all() as Record<string, unknown>[];

/** The columns that dashboards of other people rest on: none may go or be renamed. */
const contract = {
  v1_days: ['time', 'domain', 'result', 'disposition', 'messages', 'estimated'],
  v1_sources: ['time', 'domain', 'source_ip', 'sender', 'source_class', 'result', 'disposition', 'messages', 'estimated'], // prettier-ignore
  v1_reporters: ['time', 'domain', 'reporter', 'result', 'disposition', 'messages', 'estimated'],
  v1_alerts: ['time', 'alert_id', 'domain', 'rule', 'severity', 'status', 'sender', 'summary', 'resolved_at'],
};

it.each(Object.entries(contract))('%s has the columns that it promises, each in the documentation', (view, columns) => {
  expect(rows(`PRAGMA table_info(${view})`).map(({ name }) => name)).toEqual(columns);
  const line = readFileSync('docs/grafana.md', 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`| \`${view}\``));
  expect(columns.filter((each) => !line?.includes(`\`${each}\``))).toEqual([]);
});

it('say what the report says', () => {
  const time = dayOf('2026-09-01');
  const [domain, estimated] = ['example.com', 0];
  const passed = { time, domain, result: 'pass_dkim', messages: 5, estimated };
  const failed = { time, domain, result: 'fail', messages: 40, estimated };
  expect(rows('SELECT * FROM v1_days ORDER BY messages')).toMatchObject([passed, failed]);
  expect(rows('SELECT * FROM v1_sources ORDER BY messages')).toMatchObject([
    { ...passed, source_ip: '198.51.100.1' },
    { ...failed, source_ip: '203.0.113.9', source_class: 'unauthenticated', sender: '203.0.113.0/24' },
  ]);
  expect(rows('SELECT DISTINCT reporter FROM v1_reporters')).toHaveLength(1);
  expect(rows('SELECT sum(messages) AS messages FROM v1_reporters')).toEqual([{ messages: 45 }]);
});

it('list the alerts', () => {
  expect(rows('SELECT * FROM v1_alerts')).toMatchObject([
    { domain: 'example.com', rule: 'new_failing_source', status: 'open', sender: '203.0.113.0/24', resolved_at: null },
  ]);
});
