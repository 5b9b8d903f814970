import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLog } from '../../src/observe/observe.js';
import { sampleServer } from '../support/sample-server.js';
import type { SampleServer } from '../support/sample-server.js';
import { sampleNow } from '../support/sample-store.js';

let server: SampleServer;
let text: string;
beforeAll(async () => {
  server = await sampleServer();
  const { events } = server;
  events.pollSucceeded('inbox', { durationMs: 2_000, mails: 3 });
  events.pollFailed('dropbox', { durationMs: 70, reason: 'timeout', message: 'slow', hint: 'wait', retryInMs: 5 });
  events.backlog('inbox', { left: 4, oldest: 1_770_000_000, done: 6, perSecond: 2.5, secondsLeft: 2 });
  events.backlog('dropbox', { left: 4, oldest: 0, done: 0, perSecond: null, secondsLeft: null });
  events.evaluated({ durationMs: 40, opened: 1, resolved: 0 });
  events.evaluationFailed('disk full');
  events.findingQueued({ rule: 'new_failing_source', severity: 'critical', domain: 'example.com', summary: 'bad\u001b]0;x', delaySeconds: 200 });
  events.notificationDelivered('webhook', { id: 'm', type: 't', attempt: 2, durationMs: 9 });
  events.notificationFailed('webhook', { id: 'm', attempt: 1, reason: 'http_5xx', message: '502', retryInMs: 5_000 });
  events.notificationFailed('webhook', { id: 'm', attempt: 9, reason: 'gone', message: '410', retryInMs: null });
  events.storeError('write', 'no space');
  text = await (await server.get('/metrics')).text();
}); // prettier-ignore
afterAll(() => server.close());

test.each([
  ['dmarc_mailbox_up{mailbox="inbox"}', 1],
  ['dmarc_mailbox_up{mailbox="dropbox"}', 0],
  ['dmarc_mailbox_last_poll_timestamp_seconds{mailbox="dropbox"}', sampleNow / 1000],
  ['dmarc_mailbox_last_success_timestamp_seconds{mailbox="inbox"}', sampleNow / 1000],
  ['dmarc_mailbox_last_success_timestamp_seconds{mailbox="dropbox"}', 0],
  ['dmarc_mailbox_polls_total{mailbox="dropbox"}', 1],
  ['dmarc_mailbox_poll_failures_total{mailbox="dropbox",reason="timeout"}', 1],
  ['dmarc_mailbox_poll_failures_total{mailbox="inbox",reason="auth"}', 0],
  ['dmarc_mailbox_poll_duration_seconds_bucket{le="1",mailbox="inbox"}', 0],
  ['dmarc_mailbox_poll_duration_seconds_bucket{le="5",mailbox="inbox"}', 1],
  ['dmarc_mailbox_backlog_messages{mailbox="inbox"}', 4],
  ['dmarc_mailbox_backlog_done_messages{mailbox="inbox"}', 6],
  ['dmarc_mailbox_backlog_messages_per_second{mailbox="inbox"}', 2.5],
  ['dmarc_mailbox_backlog_messages_per_second{mailbox="dropbox"}', 0],
  ['dmarc_mailbox_backlog_left_seconds{mailbox="inbox"}', 2],
  ['dmarc_mailbox_oldest_pending_timestamp_seconds{mailbox="inbox"}', 1_770_000_000],
  ['dmarc_alert_evaluation_duration_seconds_count', 1],
  ['dmarc_alert_evaluation_failures_total', 1],
  ['dmarc_alert_last_evaluation_timestamp_seconds', sampleNow / 1000],
  ['dmarc_alerts_opened_total{rule="new_failing_source",severity="critical"}', 1],
  ['dmarc_alert_detection_delay_seconds_bucket{le="60"}', 0],
  ['dmarc_alert_detection_delay_seconds_bucket{le="300"}', 1],
  ['dmarc_notifications_total{channel="webhook"}', 3],
  ['dmarc_notifications_dropped_total{channel="webhook"}', 1],
  ['dmarc_notification_failures_total{channel="webhook",reason="http_5xx"}', 1],
  ['dmarc_store_errors_total{operation="write"}', 1],
])('%s is %d', (series, value) => {
  expect(text).toContain(`\n${series} ${value}\n`);
});

test('each event is one JSON line with its facts', () => {
  const lines = server.logged().trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', msg: 'poll failed', mailbox: 'dropbox', error: 'slow', hint: 'wait' }));
  expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', msg: 'alert', summary: 'bad?]0;x' }));
}); // prettier-ignore

test('secrets are left out of a line', () => {
  const lines: string[] = [];
  const to = new Writable({ write: (chunk: Buffer, _encoding, done) => (lines.push(chunk.toString()), done()) });
  openLog({ level: 'info', to }).info({ mailbox: { user: 'me', password: 'hunter2' } }, 'opened');
  expect(lines.join('')).toContain('"user":"me"');
  expect(lines.join('')).not.toContain('hunter2');
});

test('lines for people hold the same words', () => {
  const lines: string[] = [];
  const to = new Writable({ write: (chunk: Buffer, _encoding, done) => (lines.push(chunk.toString()), done()) });
  openLog({ level: 'debug', to, pretty: true }).info({ mailbox: 'inbox' }, 'polled');
  expect(lines.join('')).toMatch(/INFO.*polled/);
});

test('that polls succeed again after a failure is logged, once', async () => {
  const own = await sampleServer();
  own.events.pollFailed('inbox', { durationMs: 1, reason: 'connect', message: 'gone', hint: '', retryInMs: 5 });
  for (let i = 0; i < 2; i++) own.events.pollSucceeded('inbox', { durationMs: 1, mails: 0 });
  expect(own.logged().match(/polls succeed again/g)).toHaveLength(1);
  await own.close();
});

test('a long backlog has lines of its own in place of one for each batch', async () => {
  const own = await sampleServer();
  const batch = (done: number, left: number) => {
    own.events.backlog('inbox', { left, oldest: 0, done, perSecond: 33.333, secondsLeft: 1 });
    own.events.batchStored('inbox', { mails: 10, reports: 10, durationMs: 1 });
  };
  for (let done = 0; done < 1000; done += 10) batch(done, 1000 - done);
  own.events.backlog('inbox', { left: 0, oldest: 0, done: 1000, perSecond: 33.333, secondsLeft: 0 });
  const lines = own.logged().trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
  const told = lines.filter(({ level, msg }) => level === 'info' && (msg === 'backlog' || msg === 'stored'));
  expect(told.map(({ msg, done }) => [msg, done])).toEqual(Array.from({ length: 21 }, (_, step) => ['backlog', step * 50]));
  expect(told[1]).toMatchObject({ mailbox: 'inbox', left: 950, per_second: 33.3, seconds_left: 1 });
  await own.close();
}); // prettier-ignore
