import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleServer } from '../support/sample-server.js';
import type { SampleServer } from '../support/sample-server.js';
import { hostileReporter, insert, march } from '../support/sample-store.js';
import { sumUp } from '../support/sums.js';

let server: SampleServer;
beforeAll(async () => {
  server = await sampleServer();
  const { db } = server.store;
  const sender = (sender: string, title: string, cls: string) =>
    insert(db, 'senders', {
      domain_id: 1, sender, title, kind: null, known: null, class: cls, class_step: 1, class_evidence: `it is ${cls}`, updated_at: march(6),
    }); // prettier-ignore
  const source = (source_id: number, sender: string) =>
    insert(db, 'source_senders', {
      domain_id: 1, source_id, sender, step: 'ptr', evidence: 'its name', bounces: 0, updated_at: march(6),
    }); // prettier-ignore
  sender('mail.example.com', 'Our mail', 'known');
  sender('forward.example', 'A forwarder', 'forwarder');
  source(1, 'mail.example.com');
  source(2, 'forward.example');
});
afterAll(() => server.close());

const iso = (day: number) => `2026-03-0${day}T00:00:00Z`;
const pick = (rows: readonly Record<string, unknown>[], ...names: string[]) =>
  rows.map((row) => names.map((name) => row[name]));

test('a day is divided by the class of its senders, and a source IP without a sender is unknown', async () => {
  const rows = await server.rows('/api/v1/stats/daily?group=source_class&from=2026-03-03&to=2026-03-04');
  expect(pick(rows, 'day', 'source_class', 'messages', 'fail')).toEqual([
    [iso(3), 'forwarder', 8, 8],
    [iso(3), 'known', 4, 0],
    [iso(4), 'unknown', 12, 5],
  ]);
});

test('a day is divided by sender', async () => {
  const rows = await server.rows('/api/v1/stats/daily?group=sender&from=2026-03-03&to=2026-03-04');
  expect(pick(rows, 'sender', 'messages')).toEqual([['forward.example', 8], ['mail.example.com', 4], ['', 12]]); // prettier-ignore
});

test('a day whose reports are not all in is marked, so that it is no drop', async () => {
  const early = await sampleServer();
  early.clock.advance(-3 * 86_400_000);
  expect(pick(await early.rows('/api/v1/stats/daily?from=2026-03-03'), 'day', 'complete')).toEqual([
    [iso(3), true],
    [iso(4), true],
    [iso(5), false],
  ]);
  await early.close();
});

test('sources carry their sender and its class, and can be limited to them', async () => {
  const ips = async (query: string) =>
    pick(await server.rows(`/api/v1/stats/sources?${query}`), 'source_ip', 'sender', 'sender_title', 'source_class');
  const forwarder = ['203.0.113.20', 'forward.example', 'A forwarder', 'forwarder'];
  expect(await ips('sender=forward.example')).toEqual([forwarder]);
  expect(await ips('source_class=forwarder,unknown')).toEqual([['2001:db8::30', '', '', 'unknown'], forwarder]);
});

test('a class that does not exist is refused by name', async () => {
  const answer = await server.get('/api/v1/stats/sources?source_class=friend');
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ error: { code: 'bad_parameter', where: 'source_class' } });
});

test('senders are summed over their source IPs, most failing first', async () => {
  const rows = await server.rows('/api/v1/stats/senders?domain=example.com');
  expect(rows).toEqual([
    {
      domain: 'example.com', sender: 'forward.example', title: 'A forwarder', kind: null, source_class: 'forwarder',
      class_evidence: 'it is forwarder', known: null, messages: 10, pass: 0, fail: 10, pass_rate: 0,
      pass_both: 0, pass_dkim: 0, pass_spf: 0, sources: 1, first_seen: iso(1), last_seen: iso(3),
    },
    {
      domain: 'example.com', sender: 'mail.example.com', title: 'Our mail', kind: null, source_class: 'known',
      class_evidence: 'it is known', known: null, messages: 39, pass: 39, fail: 0, pass_rate: 1,
      pass_both: 30, pass_dkim: 5, pass_spf: 4, sources: 1, first_seen: iso(1), last_seen: iso(3),
    },
  ]); // prettier-ignore
});

test('senders that are new in the range are found by all of history', async () => {
  const senders = async (query: string) =>
    pick(await server.rows(`/api/v1/stats/senders?from=2026-03-03&${query}`), 'domain', 'sender');
  expect(await senders('first_seen=in_range')).toEqual([['example.org', '']]);
  expect(await senders('result=pass')).toEqual([['example.com', 'mail.example.com']]);
});

test('raw results are summed by domain and selector, and a set that names two signatures counts for both', async () => {
  const rows = await server.rows('/api/v1/stats/auth?domain=example.com&method=dkim');
  expect(pick(rows, 'auth_domain', 'selector', 'auth_result', 'messages', 'pass', 'fail')).toEqual([
    ['example.com', 's1', 'pass', 39, 39, 0],
    ['example.com', 's1', 'fail', 6, 0, 6],
    ['example.net', 'x', 'pass', 6, 0, 6],
  ]);
  const failing = await server.rows('/api/v1/stats/auth?domain=example.org&method=spf&result=fail');
  expect(pick(failing, 'auth_domain', 'scope', 'auth_result', 'messages')).toEqual([
    ['bounce.example.net', 'mfrom', 'softfail', 10],
  ]);
});

test('policies are spans of days, the oldest first', async () => {
  const rows = await server.rows('/api/v1/stats/policies');
  expect(pick(rows, 'domain', 'p', 'sp', 'first_day', 'last_day', 'reports')).toEqual([
    ['example.com', 'none', null, iso(1), iso(3), 3],
    ['example.com', 'reject', 'quarantine', iso(5), iso(5), 1],
    ['example.org', 'none', null, iso(4), iso(5), 2],
  ]);
  const { rows: first, next_cursor } = await server.json('/api/v1/stats/policies?limit=2');
  expect(first).toHaveLength(2);
  expect(await server.rows(`/api/v1/stats/policies?limit=2&cursor=${String(next_cursor)}`)).toHaveLength(1);
});

test('the policy now is a row a domain, with the day it changed and what it was before', async () => {
  const rows = await server.rows('/api/v1/stats/policies?current=true');
  expect(pick(rows, 'domain', 'p', 'sp', 'adkim', 'pct', 'changed_day', 'p_before')).toEqual([
    ['example.com', 'reject', 'quarantine', 'r', 100, iso(5), 'none'],
    ['example.org', 'none', 'none', 'r', 100, null, null],
  ]);
  const all = await server.rows('/api/v1/stats/policies');
  expect(pick(all, 'domain', 'p', 'changed_day', 'p_before')).toEqual([
    ['example.com', 'none', null, null],
    ['example.com', 'reject', iso(5), 'none'],
    ['example.org', 'none', null, null],
  ]);
});

test('delays are those of the reports that arrived on a day, and of the alerts opened on it', async () => {
  const rows = await server.rows('/api/v1/stats/delays?from=2026-03-06&to=2026-03-06');
  // Both ended at midnight; they came at six and at seven.
  expect(rows).toEqual([
    {
      day: iso(6), reports: 2, report_delay_p50_hours: 6, report_delay_p90_hours: 7,
      alerts: 0, alert_delay_max_seconds: null,
    },
  ]); // prettier-ignore
});

test('coverage of a day names the reporters that usually report and did not', async () => {
  const usual = await sampleServer();
  for (const day of [4, 5, 6, 7, 8])
    insert(usual.store.db, 'daily_totals', {
      domain_id: 1, day: march(day), source_id: 1, reporter_id: 2, verdict: 'pass_both', disposition: 'none', messages: 1, estimated: 0,
    }); // prettier-ignore
  sumUp(usual.store.db);
  const rows = await usual.rows('/api/v1/stats/coverage?domain=example.com&from=2026-03-07');
  // On 3 to 6 March it reported, four days; 3 to 7 are five.
  expect(pick(rows, 'day', 'reporters', 'expected', 'present', 'coverage', 'missing')).toEqual([
    [iso(7), 1, 0, 0, null, ''],
    [iso(8), 1, 1, 1, 1, ''],
    [iso(9), 0, 1, 0, 0, hostileReporter],
    ['2026-03-10T00:00:00Z', 0, 1, 0, 0, hostileReporter],
  ]);
  expect(pick(rows, 'complete')).toEqual([[true], [false], [false], [false]]);
  await usual.close();
});

test('records of one source IP come newest report first, page by page', async () => {
  const path = '/api/v1/stats/records?source=203.0.113.20';
  const rows = await server.rows(path);
  expect(pick(rows, 'id', 'report_id', 'messages', 'result', 'reasons', 'dkim_results', 'spf_results')).toEqual([
    [6, 3, 2, 'fail', '', 'no signature', 'mfrom=bounce.example.net softfail'],
    [5, 3, 6, 'fail', 'forwarded: "><script>', 'd=example.com s=s1 fail, d=example.net s=x pass', 'mfrom=example.net fail'],
    [2, 1, 2, 'fail', '', 'no signature', 'mfrom=bounce.example.net softfail'],
  ]); // prettier-ignore
  const seen: unknown[] = [];
  let cursor: unknown = '';
  for (let page = 0; page < 3; page++) {
    const answer = await server.json(`${path}&limit=1${page === 0 ? '' : `&cursor=${String(cursor)}`}`);
    seen.push(...(answer['rows'] as Record<string, unknown>[]).map((row) => row['id']));
    cursor = answer['next_cursor'];
  }
  expect(seen).toEqual([6, 5, 2]);
  expect(cursor).toBe(null);
});

test('records are of exactly one source IP', async () => {
  for (const source of ['', '?source=*', '?source=203.0.113.20,198.51.100.10'])
    expect((await server.get(`/api/v1/stats/records${source}`)).status).toBe(400);
});

test('an alert is a mark over the event days in which its sender failed', async () => {
  const rows = await server.rows('/api/v1/alerts/annotations?from=2026-03-03&to=2026-03-03');
  expect(rows).toEqual([
    {
      time: iso(3), time_end: iso(4), title: 'known_sender_failing example.net',
      text: 'example.net"><script>: 8 of 8 messages failed', tags: 'known_sender_failing,warning,example.com',
      alert_id: 'al_1', rule: 'known_sender_failing', severity: 'warning', status: 'open',
      domain: 'example.com', sender: 'example.net',
    },
  ]); // prettier-ignore
  expect(await server.rows('/api/v1/alerts/annotations?to=2026-03-02')).toEqual([]);
  expect(await server.rows('/api/v1/alerts/annotations?severity=critical')).toEqual([]);
  expect(await server.rows('/api/v1/alerts/annotations?domain=example.org')).toEqual([]);
});

test('senders and their classes are choices for a dashboard', async () => {
  expect(await server.rows('/api/v1/stats/variables?name=sender')).toEqual([
    { __text: 'forward.example', __value: 'forward.example' },
    { __text: 'mail.example.com', __value: 'mail.example.com' },
  ]);
  expect(pick(await server.rows('/api/v1/stats/variables?name=source_class'), '__value').flat()).toEqual([
    'known', 'third_party', 'forwarder', 'unauthenticated', 'unknown',
  ]); // prettier-ignore
});
