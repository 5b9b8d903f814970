import { spawnSync } from 'node:child_process';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleServer } from '../support/sample-server.js';
import type { SampleServer } from '../support/sample-server.js';
import { limits } from '../../src/config/limits.js';
import { ruleScopes } from '../../src/model/finding.js';
import { createMetrics } from '../../src/observe/observe.js';
import type { DomainStats } from '../../src/observe/observe.js';
import { until as waitUntil } from '../support/ruawatch.js';
import { insert, march, sampleNow } from '../support/sample-store.js';

let server: SampleServer;
beforeAll(async () => {
  server = await sampleServer();
});
afterAll(() => server.close());

const scrape = async (of = server) => (await of.get('/metrics')).text();
/** Our series: process metrics change by themselves. */
const ours = (text: string) => text.split('\n').filter((line) => line.startsWith('dmarc_')); // prettier-ignore
const valueOf = (text: string, series: string) =>
  text.split('\n').find((line) => line.startsWith(`${series} `))?.slice(series.length + 1); // prettier-ignore

test('promtool finds nothing to complain of', async () => {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: await scrape(), encoding: 'utf8' });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
}); // prettier-ignore

test('two scrapes say the same', async () => {
  expect(ours(await scrape())).toEqual(ours(await scrape()));
});

test('persisted counters are those of the table, and 0 where it has none', async () => {
  const text = await scrape();
  const expected = {
    dmarc_reports_stored_total: '6',
    dmarc_reports_duplicate_total: '1',
    'dmarc_reports_failed_total{reason="bad_xml"}': '3',
    'dmarc_reports_failed_total{reason="conflict"}': '0',
    dmarc_report_records_stored_total: '9',
    'dmarc_mail_messages_processed_total{mailbox="inbox"}': '7',
    'dmarc_mail_messages_processed_total{mailbox="dropbox"}': '1',
    'dmarc_mails_total{outcome="bounce"}': '1',
    'dmarc_mails_total{outcome="oversized"}': '0',
    'dmarc_report_messages_total{domain="example.com",result="pass_both"}': '30',
    'dmarc_report_messages_total{domain="example.org",result="pass_dkim"}': '0',
  };
  expect(Object.fromEntries(Object.keys(expected).map((series) => [series, valueOf(text, series)]))).toEqual(expected);
});

test('recent gauges are of event days within the window', async () => {
  const text = await scrape();
  const expected = {
    dmarc_recent_window_seconds: '604800',
    'dmarc_recent_messages{domain="example.com",source_class="known",result="pass_spf"}': '4',
    'dmarc_recent_messages{domain="example.com",source_class="known",result="fail"}': '0',
    'dmarc_recent_messages{domain="example.com",source_class="forwarder",result="fail"}': '8',
    'dmarc_recent_messages{domain="example.com",source_class="unknown",result="fail"}': '0',
    'dmarc_recent_messages{domain="example.org",source_class="unknown",result="fail"}': '10',
    'dmarc_recent_messages{domain="example.com",source_class="known",result="pass_both"}': '0',
    'dmarc_recent_disposition_messages{domain="example.com",disposition="reject"}': '6',
    'dmarc_recent_sources{domain="example.com",source_class="known"}': '1',
    'dmarc_recent_sources{domain="example.com",source_class="forwarder"}': '1',
    'dmarc_recent_sources_first_seen_failing{domain="example.com"}': '0',
    'dmarc_recent_sources_first_seen_failing{domain="example.org"}': '1',
    'dmarc_recent_reporters{domain="example.com"}': '2',
    'dmarc_recent_reporters_of_late{domain="example.com"}': '0',
    'dmarc_recent_reporters{domain="example.org"}': '2',
    'dmarc_published_policy{domain="example.com",policy="reject"}': '1',
    'dmarc_published_policy{domain="example.com",policy="none"}': '0',
    'dmarc_last_report_received_timestamp_seconds{domain="example.com"}': String(march(6, 7)),
    'dmarc_last_report_period_end_timestamp_seconds{domain="example.com"}': String(march(6) - 1),
    'dmarc_alerts_firing{rule="known_sender_failing",domain="example.com",severity="critical"}': '0',
    'dmarc_alerts_firing{rule="known_sender_failing",domain="example.com",severity="warning"}': '1',
    'dmarc_alerts_firing{rule="new_failing_source",domain="example.org",severity="info"}': '0',
    dmarc_store_reports: '6',
    dmarc_store_records: '9',
    dmarc_store_originals: '0',
    dmarc_last_report_stored_timestamp_seconds: String(march(6, 7)),
    'dmarc_notification_queue_length{channel="webhook"}': '0',
  };
  // At 2026-03-09 the window begins on 3 March.
  const early = await sampleServer();
  const { db } = early.store;
  for (const [source_id, sender, title] of [[1, 'ours', 'known'], [2, 'list', 'forwarder']] as const) {
    insert(db, 'source_senders', { domain_id: 1, source_id, sender, step: 'network', evidence: '', bounces: 0, updated_at: 1 });
    insert(db, 'senders', { domain_id: 1, sender, title, class: title, class_step: 1, class_evidence: '', updated_at: 1 });
  } // prettier-ignore
  early.clock.advance(-86_400_000);
  const then = await scrape(early);
  await early.close();
  expect(Object.fromEntries(Object.keys(expected).map((series) => [series, valueOf(then, series)]))).toEqual(expected);
  expect(valueOf(text, 'dmarc_recent_messages{domain="example.com",source_class="unknown",result="fail"}')).toBe('0');
});

test('stored gauges are computed again after fifteen seconds, for the next scrape', async () => {
  const own = await sampleServer();
  await scrape(own);
  insert(own.store.db, 'outbox', { id: 'm1', channel: 'webhook', kind: 'webhook', type: 't', severity: 'info', body: '{}', state: 'pending', attempts: 0, next_at: 0, created_at: march(9) }); // prettier-ignore
  const queue = async () => valueOf(await scrape(own), 'dmarc_notification_queue_length{channel="webhook"}');
  own.clock.advance(14_999);
  expect([await queue(), await queue()]).toEqual(['0', '0']);
  own.clock.advance(1);
  expect(await queue()).toBe('0');
  await waitUntil(async () => (await queue()) === '1');
  expect(valueOf(await scrape(own), 'dmarc_notification_oldest_pending_timestamp_seconds{channel="webhook"}')).toBe(
    String(march(9)),
  );
  await own.close();
});

test('numbers of ten minutes ago are waited for', async () => {
  const own = await sampleServer();
  await scrape(own);
  insert(own.store.db, 'outbox', { id: 'm1', channel: 'webhook', kind: 'webhook', type: 't', severity: 'info', body: '{}', state: 'pending', attempts: 0, next_at: 0, created_at: march(9) }); // prettier-ignore
  const queue = async () => valueOf(await scrape(own), 'dmarc_notification_queue_length{channel="webhook"}');
  own.clock.advance(600_000);
  expect(await queue()).toBe('1');
  await own.close();
});

test('hostile domains, reporters and words add no series beyond the bound', async () => {
  const own = await sampleServer({ domains: ['example.com'] });
  const before = ours(await scrape(own)).length;
  const { db } = own.store;
  for (let i = 10; i < 60; i++) {
    insert(db, 'domains', { id: i, name: `d${i}"} 1\n` });
    insert(db, 'counters', { name: 'dmarc_report_messages_total', labels: JSON.stringify({ domain: `d${i}"} 1\n`, result: `r${i}` }), value: 1 }); // prettier-ignore
    own.events.pollFailed(`box${i}`, { durationMs: 1, reason: 'auth', message: '', hint: '', retryInMs: 1 });
    own.events.notificationFailed(`c${i}`, { id: '', attempt: 1, reason: `r${i}`, message: '', retryInMs: null });
    own.events.findingQueued({ rule: `r${i}`, severity: `s${i}`, domain: `d${i}`, summary: '', delaySeconds: 1 });
  }
  own.clock.advance(600_000);
  const first = ours(await scrape(own));
  for (let i = 60; i < 90; i++) {
    insert(db, 'domains', { id: i, name: `d${i}` });
    own.events.pollFailed(`box${i}`, { durationMs: 1, reason: 'auth', message: '', hint: '', retryInMs: 1 });
  }
  own.clock.advance(600_000);
  const second = await scrape(own);
  expect(ours(second).length).toBe(first.length);
  expect(first.length - before).toBeLessThan(30);
  expect(ours(second).filter((line) => /="(box|d|c|r|s)\d/.test(line))).toEqual([]);
  expect(valueOf(second, 'dmarc_metrics_label_values_folded_total{label="domain"}')).toBe('81');
  expect(valueOf(second, 'dmarc_report_messages_total{domain="__other__",result="pass_both"}')).toBe('7');
  await own.close();
});

test('learnt domains beyond the bound are folded, those seen first keep their label, and sums stay', async () => {
  const own = await sampleServer({ metrics_max_domains: 1 });
  const text = await scrape(own);
  expect(valueOf(text, 'dmarc_report_messages_total{domain="example.com",result="fail"}')).toBe('10');
  expect(valueOf(text, 'dmarc_report_messages_total{domain="__other__",result="fail"}')).toBe('10');
  expect(text).not.toContain('example.org');
  insert(own.store.db, 'counters', { name: 'dmarc_report_messages_total', labels: '{"domain":"example.net","result":"fail"}', value: 999 }); // prettier-ignore
  own.clock.advance(600_000);
  const later = await scrape(own);
  expect(valueOf(later, 'dmarc_report_messages_total{domain="example.com",result="fail"}')).toBe('10');
  expect(valueOf(later, 'dmarc_report_messages_total{domain="__other__",result="fail"}')).toBe('1009');
  await own.close();
});

test('a store that cannot be read is counted, and the rest is still exposed', async () => {
  const own = await sampleServer();
  const before = valueOf(await scrape(own), 'dmarc_reports_stored_total');
  own.reader.close();
  const text = await scrape(own);
  expect(valueOf(text, 'dmarc_store_errors_total{operation="read"}')).toBe('1');
  expect([before, valueOf(text, 'dmarc_reports_stored_total')]).toEqual(['6', '6']);
  await own.close();
});

test('an open alert about the service itself has an empty domain', async () => {
  const own = await sampleServer();
  insert(own.store.db, 'findings', {
    public_id: 'al_91', fingerprint: 'f91', rule: 'mailbox_failing', severity: 'warning', status: 'open', domain_id: null,
    sender: 'inbox', summary: 'mailbox inbox: 3 polls failed', evidence: '{}', first_day: march(3), last_day: march(4),
    first_arrival: march(4), opened_at: march(4), updated_at: march(4),
  }); // prettier-ignore
  // The sample server knows two rules by name.
  expect(valueOf(await scrape(own), 'dmarc_alerts_firing{rule="__other__",domain="",severity="warning"}')).toBe('1');
  await own.close();
});

test('numbers that take long to read are not waited for, and come with a later scrape', async () => {
  const own = await sampleServer();
  let release: (stats: DomainStats) => void = () => undefined;
  let slow = false;
  const metrics = createMetrics({
    clock: own.clock, version: '1', domains: [], maxDomains: 5, mailboxes: [], channels: [], rules: {},
    stats: () => slow ? new Promise<DomainStats>((resolve) => { release = resolve; }) : own.reader.domainStats(sampleNow / 1000),
    counters: () => own.reader.counters(),
  }); // prettier-ignore
  const reports = async () => valueOf((await metrics.render()).body.toString(), 'dmarc_store_reports');
  const stats = await own.reader.domainStats(sampleNow / 1000);
  expect(await reports()).toBe('6');
  slow = true;
  own.clock.advance(15_000);
  expect(await reports()).toBe('6');
  await turn();
  expect(await reports()).toBe('6');
  release({ ...stats, store: { ...stats.store, reports: 7 } });
  await turn();
  expect(await reports()).toBe('7');
  await own.close();
});

test('a scrape that has waited as long as it may tells the rest, and takes no domain for another', async () => {
  const own = await sampleServer();
  const asked: number[] = [];
  let giveUp: () => void = () => undefined;
  let release: (stats: DomainStats) => void = () => undefined;
  const sleep = (ms: number) =>
    new Promise<void>((resolve) => {
      asked.push(ms);
      giveUp = resolve;
    });
  const metrics = createMetrics({
    clock: { ...own.clock, sleep }, version: '1', domains: [], maxDomains: 5, mailboxes: [], channels: [], rules: {},
    stats: () => new Promise<DomainStats>((resolve) => { release = resolve; }),
    counters: () => own.reader.counters(),
  }); // prettier-ignore
  const first = metrics.render();
  giveUp();
  const text = (await first).body.toString();
  expect(asked).toEqual([limits.awaitedNumbersMs]);
  expect(valueOf(text, 'dmarc_reports_stored_total')).toBe('6');
  expect(ours(text).filter((line) => /^dmarc_(recent|store_reports|report_messages_total|alerts_firing)/.test(line))).toEqual([]); // prettier-ignore
  release(await own.reader.domainStats(sampleNow / 1000));
  await turn();
  const later = (await metrics.render()).body.toString();
  expect(valueOf(later, 'dmarc_store_reports')).toBe('6');
  expect(valueOf(later, 'dmarc_report_messages_total{domain="example.org",result="fail"}')).toBe('10');
  await own.close();
});

test('an alert has a series of each severity that its rule gives, and of another only while it is open', async () => {
  const own = await sampleServer();
  const metrics = createMetrics({
    clock: own.clock, version: '1', domains: [], maxDomains: 5, mailboxes: [], channels: [], rules: ruleScopes,
    stats: () => own.reader.domainStats(sampleNow / 1000), counters: () => own.reader.counters(),
  }); // prettier-ignore
  const firing = async (domain: string) =>
    ours((await metrics.render()).body.toString()).filter((line) => line.startsWith('dmarc_alerts_firing{') && line.includes(`domain="${domain}"`)); // prettier-ignore
  expect((await firing('example.org')).length).toBe(19);
  expect(await firing('')).toEqual([
    'dmarc_alerts_firing{rule="mailbox_failing",domain="",severity="warning"} 0',
    'dmarc_alerts_firing{rule="parse_failing",domain="",severity="warning"} 0',
    'dmarc_alerts_firing{rule="parse_failing",domain="",severity="info"} 0',
    'dmarc_alerts_firing{rule="unknown_domain",domain="",severity="info"} 0',
  ]);
  const critical = 'dmarc_alerts_firing{rule="volume_change",domain="example.org",severity="critical"}';
  expect(await firing('example.org')).not.toContain(`${critical} 0`);
  insert(own.store.db, 'findings', {
    public_id: 'al_92', fingerprint: 'f92', rule: 'volume_change', severity: 'critical', status: 'open', domain_id: 2,
    sender: '', summary: 'twice as much', evidence: '{}', first_day: march(3), last_day: march(4),
    first_arrival: march(4), opened_at: march(4), updated_at: march(4),
  }); // prettier-ignore
  own.clock.advance(600_000);
  expect(await firing('example.org')).toContain(`${critical} 1`);
  await own.close();
});

test('a label value may hold what the format gives a meaning', async () => {
  const own = await sampleServer();
  const channel = 'a "b" \\ c';
  const metrics = createMetrics({
    clock: own.clock, version: '1', domains: [], maxDomains: 5, mailboxes: [], channels: [channel], rules: {},
    stats: () => own.reader.domainStats(sampleNow / 1000), counters: () => own.reader.counters(),
  }); // prettier-ignore
  const body = (await metrics.render()).body.toString();
  expect(valueOf(body, 'dmarc_notification_queue_length{channel="a \\"b\\" \\\\ c"}')).toBe('0');
  const { status, stdout } = spawnSync('promtool', ['check', 'metrics'], { input: body, encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  await own.close();
});
