import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.js';
import type { Message, StandingAlert } from '../../src/model/alert.js';
import { alertmanager } from '../../src/notify/channels/alertmanager.js';
import { noticeOf } from '../../src/notify/notice.js';
import { openOutbox } from '../../src/store/watching/outbox.js';
import { startAlertmanager } from '../support/alertmanager.js';
import type { Alertmanager } from '../support/alertmanager.js';
import { describeWith } from '../support/servers.js';
import { esp, webhookRoute, World } from '../watch/world.js';
import { alert, channelOf, digest, finding, resolved, withTexts } from './samples.js';

const deps = { clock: systemClock, signal: new AbortController().signal };
const bodyOf = (message: Message) => alertmanager.render(noticeOf(message)) ?? '';

describeWith(['alertmanager'], 'a real Alertmanager', () => {
  let server: Alertmanager;
  const channel = () => channelOf('alertmanager', { url: server.address });
  const send = (message: Message) =>
    alertmanager.send({ id: message.id, type: message.type, body: bodyOf(message) }, channel(), deps);

  beforeAll(async () => {
    server = await startAlertmanager();
  });

  afterAll(() => server.stop());

  test('opens an alert for some minutes, and closes the same one', async () => {
    expect(await send(alert())).toMatchObject({ kind: 'delivered' });
    const [open, ...others] = await server.alerts();
    expect(others).toEqual([]);
    expect(open?.labels).toEqual({
      alertname: 'DmarcKnownSenderFailing',
      rule: 'known_sender_failing',
      severity: 'critical',
      domain: 'example.org',
      source_group: 'mailer.example',
      mechanism: 'dmarc',
    });
    expect(open?.annotations).toMatchObject({ summary: '198 of 212 messages failed DMARC' });
    expect(Date.parse(open?.startsAt ?? '')).toBe(Date.UTC(2026, 8, 2, 5, 14, 9));
    expect(open?.generatorURL).toBe('https://rua.example.org/alerts/al_0001');
    await send(resolved());
    expect(await server.alerts()).toEqual([]);
  });

  test('takes hostile names as they are, and several alerts of one message', async () => {
    const evil = '{{ .Labels }} <script> "quote" \\ é';
    expect(await send(withTexts(alert({ domain: evil, sender: evil }), { summary: evil }))).toMatchObject({
      kind: 'delivered',
    });
    await send(digest('grouped', [finding(7, { sender: 'seven.example' }), finding(8, { sender: 'eight.example' })]));
    const senders = (await server.alerts()).map((each) => each.labels['source_group']);
    expect(senders.sort()).toEqual(['eight.example', 'seven.example', evil].sort());
  });

  test('is told again what is still open, with the severity of now', async () => {
    const standing: StandingAlert[] = [
      {
        fingerprint: finding(9).fingerprint,
        severity: 'warning',
        body: bodyOf(alert({ sender: 'nine.example' }, {}, 9)),
      },
      { fingerprint: 'of another message', severity: 'warning', body: bodyOf(alert({}, {}, 10)) },
    ];
    expect(await alertmanager.repeat?.(standing, channel(), deps)).toBeNull();
    const nine = (await server.alerts()).filter((each) => each.labels['source_group'] === 'nine.example');
    expect(nine.map((each) => each.labels['severity'])).toEqual(['warning']);
    expect(Date.parse(nine[0]?.endsAt ?? '')).toBeGreaterThan(Date.now() + 3 * 60_000);
  });
});

test('what stands is what was delivered and is still open', async () => {
  const world = new World({ channels: [{ ...webhookRoute, name: 'am', kind: 'alertmanager' }] });
  const outbox = openOutbox(world.db);
  const day = await world.ordinary('2026-08-01', 30, () => [esp.passing('198.51.100.7', 100)]);
  await world.ordinary(day, 1, () => [esp.broken('198.51.100.7', 100)]);
  expect(await outbox.standing('am')).toEqual([]);
  const { messages } = await outbox.due('am', { ms: world.clock.now(), urgentOnly: false });
  expect(messages.map((each) => each.type)).toEqual(['dmarc.alert.opened']);
  for (const each of messages) await outbox.delivered(each, world.clock.now());
  const standing = await outbox.standing('am');
  expect(standing.map((each) => [each.fingerprint, each.severity])).toEqual([[messages[0]?.subject, 'critical']]);
  expect(await outbox.standing('other')).toEqual([]);
  world.db.exec("UPDATE findings SET status = 'resolved'");
  expect(await outbox.standing('am')).toEqual([]);
  world.db.close();
});
