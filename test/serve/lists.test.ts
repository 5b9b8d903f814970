import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleServer } from '../support/sample-server.js';
import type { SampleServer } from '../support/sample-server.js';
import { hostileReporter, sampleEvidence } from '../support/sample-store.js';

let server: SampleServer;
beforeAll(async () => {
  server = await sampleServer();
});
afterAll(() => server.close());

const iso = (day: number) => `2026-03-0${day}T00:00:00Z`;

/** A row reduced to the fields asked for. */
const pick = (rows: readonly Record<string, unknown>[], ...names: string[]) =>
  rows.map((row) => names.map((name) => row[name]));

test('domains carry the policy of their newest report and sums of messages', async () => {
  const answer = await server.json('/api/v1/domains');
  expect(answer).toEqual({
    rows: [
      {
        domain: 'example.com', p: 'reject', sp: 'quarantine', np: null, pct: 100, adkim: 'r', aspf: 'r',
        messages: 49, pass: 39, fail: 10, pass_rate: 39 / 49, sources: 2, reporters: 2,
        last_day: iso(3), last_report_at: '2026-03-06T07:00:00Z', open_alerts: 1,
      },
      {
        domain: 'example.org', p: 'none', sp: null, np: null, pct: 100, adkim: 'r', aspf: 'r',
        messages: 17, pass: 7, fail: 10, pass_rate: 7 / 17, sources: 1, reporters: 2,
        last_day: iso(5), last_report_at: '2026-03-06T06:00:00Z', open_alerts: 0,
      },
    ],
    next_cursor: null,
    complete_through: '2026-03-05',
  }); // prettier-ignore
});

test('a domain without messages in range has no pass rate', async () => {
  const rows = await server.rows('/api/v1/domains?from=2026-03-04&to=2026-03-05&domain=example.com');
  expect(pick(rows, 'domain', 'messages', 'pass_rate')).toEqual([['example.com', 0, null]]);
});

test('days are complete only two days after their end', async () => {
  const early = await sampleServer();
  early.clock.advance(-3 * 86_400_000);
  expect((await early.json('/api/v1/domains'))['complete_through']).toBe('2026-03-04');
  await early.close();
});

test('days without a group split the passes into a partition and name what is estimated', async () => {
  const rows = await server.rows('/api/v1/stats/daily');
  expect(
    pick(rows, 'day', 'messages', 'pass', 'fail', 'pass_both', 'pass_dkim', 'pass_spf', 'pass_rate', 'estimated'),
  ).toEqual([
    [iso(1), 12, 10, 2, 10, 0, 0, 10 / 12, 0],
    [iso(2), 25, 25, 0, 20, 5, 0, 1, 0],
    [iso(3), 12, 4, 8, 0, 0, 4, 4 / 12, 0],
    [iso(4), 12, 7, 5, 7, 0, 0, 7 / 12, 5],
    [iso(5), 5, 0, 5, 0, 0, 0, 0, 5],
  ]);
});

test.each([
  ['result', 'result', [[iso(3), 'fail', 8], [iso(3), 'pass_spf', 4]]],
  ['disposition', 'disposition', [[iso(3), 'none', 4], [iso(3), 'quarantine', 2], [iso(3), 'reject', 6]]],
  ['reporter', 'reporter', [[iso(3), hostileReporter, 12]]],
  ['source', 'source_ip', [[iso(3), '198.51.100.10', 4], [iso(3), '203.0.113.20', 8]]],
  ['domain', 'domain', [[iso(3), 'example.com', 12]]],
])('a day grouped by %s has a row for each value', async (group, key, expected) => {
  const rows = await server.rows(`/api/v1/stats/daily?group=${group}&from=2026-03-03&to=2026-03-03`);
  expect(pick(rows, 'day', key, 'messages')).toEqual(expected);
}); // prettier-ignore

test('days can be limited to domains, reporters and sources', async () => {
  const sum = async (query: string) =>
    (await server.rows(`/api/v1/stats/daily?${query}`)).reduce((all, row) => all + Number(row['messages']), 0);
  expect(await sum('domain=example.org')).toBe(17);
  expect(await sum('domain=example.org,EXAMPLE.com')).toBe(66);
  expect(await sum('domain=*')).toBe(66);
  expect(await sum('domain=example.net')).toBe(0);
  expect(await sum('reporter=Google.com')).toBe(47);
  expect(await sum('source=2001:DB8:0::30,203.0.113.20')).toBe(27);
  expect(await sum(`from=${Date.UTC(2026, 2, 2)}&to=${Date.UTC(2026, 2, 3, 5)}`)).toBe(37);
});

test('sources are listed per domain, most failing first, with when and why', async () => {
  const rows = await server.rows('/api/v1/stats/sources?result=fail&domain=example.com');
  expect(rows).toEqual([
    {
      domain: 'example.com', source_ip: '203.0.113.20', ptr: null,
      sender: '', sender_title: '', source_class: 'unknown', class_evidence: null, messages: 10, pass: 0, fail: 10, pass_rate: 0,
      first_seen: iso(1), last_seen: iso(3), first_failed: iso(1), last_failed: iso(3),
      reporters: 2, reporter_names: `${hostileReporter}, google.com`,
      disposition_none: 2, disposition_quarantine: 2, disposition_reject: 6,
      header_from: 'example.com', dkim: 'd=example.com s=s1 fail, d=example.net s=x pass', spf: 'mfrom=example.net fail',
    },
  ]); // prettier-ignore
});

test('a source that only passed has no reason to fail', async () => {
  const rows = await server.rows('/api/v1/stats/sources?result=pass');
  expect(pick(rows, 'source_ip', 'messages', 'first_failed', 'dkim', 'reporter_names')).toEqual([
    ['198.51.100.10', 39, null, null, ''],
  ]);
});

test('sources that are new, or fail for the first time, are found by all of history', async () => {
  const ips = async (query: string) => pick(await server.rows(`/api/v1/stats/sources?from=2026-03-03&${query}`), 'source_ip').flat();
  expect(await ips('')).toEqual(['2001:db8::30', '203.0.113.20', '198.51.100.10']);
  expect(await ips('first_seen=in_range')).toEqual(['2001:db8::30']);
  expect(await ips('first_failed=in_range')).toEqual(['2001:db8::30']);
}); // prettier-ignore

test('reporters count their reports, empty ones included', async () => {
  const rows = await server.rows('/api/v1/reporters');
  expect(rows).toEqual([
    { reporter: 'google.com', reports: 4, messages: 47, pass: 35, fail: 12, pass_rate: 35 / 47, last_report_at: '2026-03-06T07:00:00Z', domains: 2, days: 3, delay_hours: 6.3 },
    { reporter: hostileReporter, reports: 2, messages: 19, pass: 11, fail: 8, pass_rate: 11 / 19, last_report_at: '2026-03-05T06:00:00Z', domains: 2, days: 2, delay_hours: 6 },
  ]); // prettier-ignore
});

test('a variable gives a value that its parameter finds again, commas included', async () => {
  const rows = await server.rows('/api/v1/stats/variables?name=reporter');
  expect(pick(rows, '__text')).toEqual([[hostileReporter], ['google.com']]);
  const value = encodeURIComponent(String(rows[0]?.['__value']));
  expect(pick(await server.rows(`/api/v1/stats/daily?reporter=${value}`), 'day', 'messages')).toEqual([
    [iso(3), 12],
    [iso(4), 7],
  ]);
  expect(await server.rows('/api/v1/stats/variables?name=domain&source=2001:db8::30')).toEqual([
    { __text: 'example.org', __value: 'example.org' },
  ]);
});

test('reports come newest arrival first, page by page, each once', async () => {
  const seen: unknown[] = [];
  let cursor = '';
  for (let page = 0; page < 3; page++) {
    const answer = await server.json(`/api/v1/reports?limit=2${cursor}`);
    seen.push(...(answer['rows'] as Record<string, unknown>[]).map((row) => row['id']));
    cursor = `&cursor=${String(answer['next_cursor'])}`;
  }
  expect(seen).toEqual([6, 5, 4, 3, 2, 1]);
  expect(cursor).toBe('&cursor=null');
});

test('reports are chosen by arrival, domain and source', async () => {
  const ids = async (query: string) => pick(await server.rows(`/api/v1/reports?${query}`), 'id').flat();
  expect(await ids('from=2026-03-04&to=2026-03-05')).toEqual([4, 3]);
  expect(await ids('domain=example.org')).toEqual([5, 4]);
  expect(await ids('source=203.0.113.20')).toEqual([3, 1]);
});

test('a report shows its header, policy and problems', async () => {
  const report = await server.json('/api/v1/reports/3');
  expect(report).toMatchObject({
    id: 3, report_id: 'r-3', org_name: hostileReporter, messages: 12, pass: 4, fail: 8, records: 3,
    policy: { p: 'none', pct: 100, np: null }, digest: '03'.repeat(32),
    begin_at: iso(3), end_at: '2026-03-03T23:59:59Z',
    problems: [{ code: 'bad-value', where: 'record[1]', detail: '<b>' }],
  }); // prettier-ignore
});

test('records of a report are paged and keep auth results apart from counts', async () => {
  const first = await server.json('/api/v1/reports/3/records?limit=2');
  expect(pick(first['rows'] as Record<string, unknown>[], 'source_ip', 'messages', 'result')).toEqual([
    ['203.0.113.20', 6, 'fail'],
    ['203.0.113.20', 2, 'fail'],
  ]);
  expect((first['rows'] as Record<string, unknown>[])[0]).toMatchObject({
    auth: {
      dkim: [
        { domain: 'example.com', selector: 's1', result: 'fail', human_result: null },
        { domain: 'example.net', selector: 'x', result: 'pass', human_result: null },
      ],
      spf: [{ domain: 'example.net', scope: null, result: 'fail', human_result: null }],
    },
    reasons: [{ type: 'forwarded', comment: '"><script>' }],
  });
  const rest = await server.json(`/api/v1/reports/3/records?limit=2&cursor=${String(first['next_cursor'])}`);
  expect(pick(rest['rows'] as Record<string, unknown>[], 'source_ip', 'messages')).toEqual([['198.51.100.10', 4]]);
  expect(rest['next_cursor']).toBeNull();
});

test('the ledger shows what became of every mail', async () => {
  const rows = await server.rows('/api/v1/mails');
  expect(pick(rows, 'id', 'outcome', 'report_ids')).toEqual([
    [8, 'bounce', []],
    [7, 'duplicate', []],
    ...[6, 5, 4, 3, 2, 1].map((id) => [id, 'report', [id]]),
  ]);
  expect(pick(await server.rows('/api/v1/mails?outcome=bounce,duplicate'), 'id')).toEqual([[8], [7]]);
  expect(pick(await server.rows('/api/v1/mails?source=dropbox'), 'problems')).toEqual([
    [[{ code: 'no-attachment', where: '0', detail: '' }]],
  ]);
});

test('an alert tells its evidence and sources', async () => {
  const [row] = await server.rows('/api/v1/alerts?status=open&domain=example.com');
  expect(row).toMatchObject({
    alert_id: 'al_1', rule: 'known_sender_failing', severity: 'warning', status: 'open', first_day: iso(3),
    opened_at: '2026-03-04T07:00:00Z', resolved_at: null, source_ips: ['203.0.113.20'],
    evidence: sampleEvidence,
  }); // prettier-ignore
  expect(await server.json('/api/v1/alerts/al_1')).toEqual(row);
  expect(await server.rows('/api/v1/alerts?status=resolved')).toEqual([]);
  expect(await server.rows('/api/v1/alerts?from=2026-03-01&to=2026-03-03')).toEqual([]);
  expect(await server.rows('/api/v1/alerts?from=2026-03-08')).toHaveLength(1);
});

test('the status tells totals and how far the rules have come', async () => {
  expect(await server.json('/api/v1/status')).toMatchObject({
    version: '9.9.9',
    started_at: '2026-03-10T12:00:00Z',
    totals: { mails: 8, reports: 6, records: 9, domains: 2, reporters: 2, sources: 3, open_alerts: 1 },
    evaluated: { report_id: 5, newest_report_id: 6, behind: true },
  });
});

test('a configured domain is listed before its first report', async () => {
  const other = await sampleServer({ domains: ['example.net', 'example.com'] });
  const rows = await other.rows('/api/v1/domains');
  expect(pick(rows, 'domain', 'messages')).toEqual([['example.com', 49], ['example.org', 17], ['example.net', 0]]); // prettier-ignore
  await other.close();
});
