import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Evidence } from '../../src/model/finding.js';
import { sampleServer } from '../support/sample-server.js';
import type { SampleServer } from '../support/sample-server.js';
import { insert, march, sampleEvidence } from '../support/sample-store.js';
import { sumUp } from '../support/sums.js';

let server: SampleServer;
beforeEach(async () => {
  server = await sampleServer();
});
afterEach(() => server.close());

const polled = { durationMs: 5, mails: 0 };
const page = async (path = '/') => (await (await server.get(path)).text()).replace(/\s+/g, ' ');

interface Given {
  readonly severity: string;
  readonly rule?: string;
  readonly failed?: number;
  readonly sources?: number;
  readonly evidence?: Partial<Evidence>;
}

/** One more open finding of example.com. The sample has one warning, al_1. */
function open(id: number, { severity, rule = 'new_failing_source', failed = 1, sources = 1, evidence = {} }: Given) {
  const window = { from: '2026-03-03', to: '2026-03-03', messages: failed, failed };
  insert(server.store.db, 'findings', {
    id,
    public_id: `al_${id}`,
    fingerprint: `f${id}`,
    rule,
    severity,
    status: 'open',
    domain_id: 1,
    sender: 'example.net',
    summary: `finding number ${id}`,
    evidence: JSON.stringify({ ...sampleEvidence, window, source_count: sources, ...evidence }),
    first_day: march(3),
    last_day: march(3),
    first_arrival: march(4),
    opened_at: march(5),
    updated_at: march(5),
  });
}

test('alerts come gravest first, then last opened, page by page, each once', async () => {
  for (const [id, severity] of ['info', 'critical', 'info', 'warning', 'critical'].entries()) {
    open(id + 2, { severity });
  }
  const seen: unknown[] = [];
  let cursor = '';
  for (let part = 0; part < 3; part++) {
    const answer = await server.json(`/api/v1/alerts?limit=2${cursor}`);
    seen.push(...(answer['rows'] as Record<string, unknown>[]).map((row) => row['alert_id']));
    cursor = `&cursor=${String(answer['next_cursor'])}`;
  }
  expect(seen).toEqual(['al_6', 'al_3', 'al_5', 'al_1', 'al_4', 'al_2']);
  expect(cursor).toBe('&cursor=null');
});

test('critical and warning are blocks, infos one line for each domain', async () => {
  open(2, { severity: 'info', failed: 30, sources: 4 });
  open(3, { severity: 'info', failed: 1_207 });
  open(4, { severity: 'critical' });
  const text = await page();
  expect(text.match(/<div class="alert \w+"/g)).toEqual(['<div class="alert critical"', '<div class="alert warning"']);
  expect(text.match(/<summary>/g)).toHaveLength(2);
  expect(text).toContain('<strong>Noted</strong>: 2 findings about 1 domain');
  expect(text).toContain('<strong>example.com</strong>: 5 new failing sources, 1,237 messages');
  expect(text).toContain('finding number 3, <a href="alerts/al_3">');
  expect(text).toContain('<td class="n bad">2</td> <td class="n soft wide">2</td>');
  expect(text).toContain('<td class="n soft">0</td>');
  expect(text).not.toContain('gravest are shown');
});

test('of the folded lines the one with most messages comes first', async () => {
  open(2, { severity: 'info', failed: 5 });
  open(3, { severity: 'info', failed: 4 });
  open(4, { severity: 'info', failed: 7 });
  server.store.db.exec('UPDATE findings SET domain_id = 2 WHERE id = 3');
  const lines = /<summary><strong>([^<]+)/g;
  expect([...(await page()).matchAll(lines)].map((each) => each[1])).toEqual(['example.com', 'example.org']);
  server.store.db.exec(
    'UPDATE findings SET domain_id = 1 WHERE id = 3; UPDATE findings SET domain_id = 2 WHERE id = 2',
  );
  server.store.db.exec('UPDATE findings SET domain_id = 2 WHERE id = 4');
  expect([...(await page()).matchAll(lines)].map((each) => each[1])).toEqual(['example.org', 'example.com']);
});

test('a known sender among the infos is named apart', async () => {
  open(2, { severity: 'info', rule: 'known_sender_failing' });
  expect(await page()).toContain('</strong>: 1 known sender failing, 1 message');
});

test('a critical alert is shown however many came after it, and the cut is told', async () => {
  open(2, { severity: 'critical' });
  for (let id = 3; id <= 500; id++) open(id, { severity: 'info' });
  expect(await page()).not.toContain('gravest are shown');
  open(501, { severity: 'info' });
  const text = await page();
  expect(text).toContain('finding number 2<');
  expect(text).toContain('Only the 500 gravest are shown');
  expect(text).toContain('<td class="n bad">2</td> <td class="n soft wide">499</td>');
});

test('each mailbox tells when it was read, what waits and what is wrong', async () => {
  expect(await page()).toContain('<strong>inbox</strong>: not read yet, nothing waits');
  server.events.pollSucceeded('inbox', polled);
  expect(await page()).toContain('<strong>inbox</strong>: last read 2026-03-10 12:00 UTC, nothing waits');
  const failure = { durationMs: 5, reason: 'auth', message: 'LOGIN refused <b>', hint: '', retryInMs: 1 } as const;
  server.events.pollFailed('inbox', failure);
  expect(await page()).toContain('<span class="bad">LOGIN refused &lt;b&gt;</span>');
});

test('a mailbox in trouble comes before the alerts, one that is well after the domains', async () => {
  const order = async () =>
    [...(await page()).matchAll(/<h2>([^<]+)/g)].map(([, title = '']) => title).filter((title) => title !== 'More');
  expect(await order()).toEqual(['Mailboxes', 'Needs you', 'Domains']);
  server.events.pollSucceeded('inbox', polled);
  expect(await order()).toEqual(['Needs you', 'Domains', 'Mailboxes']);
  const failure = { durationMs: 5, reason: 'auth', message: 'LOGIN refused', hint: '', retryInMs: 1 } as const;
  server.events.pollFailed('inbox', failure);
  expect(await order()).toEqual(['Mailboxes', 'Needs you', 'Domains']);
});

test('the domain that needs somebody is the first line', async () => {
  const lines = async () => [...(await page()).matchAll(/<td><a href="[^"]*">([^<]+)/g)].map(([, name]) => name);
  expect(await lines()).toEqual(['example.com', 'example.org']);
  server.store.db.exec('UPDATE findings SET domain_id = 2');
  expect(await lines()).toEqual(['example.org', 'example.com']);
});

test('no alert is good news only once every mailbox was read', async () => {
  server.store.db.prepare("UPDATE findings SET status = 'resolved', resolved_at = opened_at").run();
  expect(await page()).toContain('<p class="soft">None so far; not read since the start: inbox.</p>');
  server.events.pollSucceeded('inbox', polled);
  expect(await page()).toContain('<p class="ok">None.</p>');
});

test('before the first report nothing was read', async () => {
  for (const table of ['finding_sources', 'findings', 'daily_totals']) server.store.db.exec(`DELETE FROM ${table}`);
  sumUp(server.store.db);
  expect(await page()).toContain('<p class="soft">Nothing read yet.</p>');
  server.events.pollSucceeded('inbox', polled);
  expect(await page()).toContain('<p class="soft">None.</p>');
});

test('a domain without a report says so', async () => {
  server.events.pollSucceeded('inbox', polled);
  const text = await page('/?domain=nope.test');
  expect(text).toContain('<p>There is no report for nope.test.</p>');
  expect(text).toContain('<p class="soft">None.</p>');
  expect(text).not.toContain('<table');
  expect(await page('/?domain=nope.test,example.com')).toContain('There is no report for nope.test.');
  expect(await page('/?domain=EXAMPLE.com')).not.toContain('There is no report');
});

test('the page of an alert names one day once, lacks nothing and counts in thousands', async () => {
  const dkim = [{ domain: 'example.net', selector: '', result: 'pass', messages: 1_234 }];
  const auth = { before: { dkim: [], spf: [] }, after: { dkim, spf: [] } };
  open(2, { severity: 'warning', failed: 1_234, sources: 1_500, evidence: { auth } });
  const text = await page('/alerts/al_2');
  expect(text).toContain('2026-03-03: 1,234 of 1,234 messages failed.');
  expect(text).toContain('DKIM pass: d=example.net, no selector, 1,234 messages');
  expect(text).toContain('The first 1 of 1,500.');
});

test('the page of a resolved alert tells how long it failed', async () => {
  open(2, { severity: 'warning' });
  const resolve = "UPDATE findings SET status = 'resolved', resolved_at = ?, resolution = 'no_traffic' WHERE id = 2";
  server.store.db.prepare(resolve).run(march(9));
  expect(await page('/alerts/al_2')).toContain('warning, resolved (no traffic), failed 2026-03-03, opened');
});

test('the page of many sources at once shows no empty table and no empty baseline', async () => {
  const baseline = { days: 0, messages: 0, failed: 0 };
  open(2, { severity: 'info', sources: 9_000, evidence: { sources: [], reporters: [], baseline } });
  const text = await page('/alerts/al_2');
  expect(text).not.toContain('<table');
  expect(text).not.toContain('0 days');
});
