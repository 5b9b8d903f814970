import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { daySeconds } from '../../src/base/clock.js';
import { generateMails, scenarioFacts } from '../../src/demo/demo.js';
import type { ScenarioOptions } from '../../src/demo/demo.js';
import { startAlertmanager } from '../support/alertmanager.js';
import type { Alertmanager } from '../support/alertmanager.js';
import { startDovecot } from '../support/dovecot.js';
import type { Dovecot } from '../support/dovecot.js';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';
import { startPrometheus } from '../support/prometheus.js';
import type { Prometheus } from '../support/prometheus.js';
import { startRuawatch, until } from '../support/ruawatch.js';
import type { Running } from '../support/ruawatch.js';
import { describeWith } from '../support/servers.js';

const today = Math.floor(Date.now() / 1000 / daySeconds) * daySeconds;
const breakDay = today - 4 * daySeconds;
const scenario: ScenarioOptions = { until: breakDay, days: 30, domains: 2, mails: 200 };
const breaking = scenarioFacts(scenario).breaking;

interface Received {
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What Alertmanager sends, alert by alert. */
async function openReceiver(): Promise<{ server: Server; url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push(...(JSON.parse(body) as { alerts: Received[] }).alerts);
      response.writeHead(200).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, received };
}

/** The rules as they are shipped, in seconds where they speak of minutes, and with a mailbox that is stale after fifteen seconds. */
function hurried(): string {
  return readFileSync('deploy/prometheus/dmarc.rules.yml', 'utf8')
    .replaceAll(/interval: \d+m/g, 'interval: 1s')
    .replaceAll(/for: \d+[mh]/g, 'for: 0s')
    .replace(/(dmarc_mailbox_last_success_timestamp_seconds) > 3600/, '$1 > 15');
}

describeWith(
  ['dovecot', 'prometheus', 'alertmanager'],
  'Dovecot, ruawatch, Prometheus, Alertmanager and a receiver',
  () => {
    let [folder, dovecot, receiver, alertmanager, service, prometheus] = [] as unknown as [
    TempFiles, Dovecot, Awaited<ReturnType<typeof openReceiver>>, Alertmanager, Running, Prometheus,
  ]; // prettier-ignore

    beforeAll(async () => {
      folder = await tempFiles();
      dovecot = await startDovecot({ tls: false });
      receiver = await openReceiver();
      alertmanager = await startAlertmanager(receiver.url);
      const { host, port, user, password } = dovecot;
      const config = `mailboxes:\n  - { name: rua, host: ${host}, port: ${port}, tls: none, user: ${user}, password: ${password}, poll_seconds: 1 }\n`;
      service = await startRuawatch({
        RUAWATCH_CONFIG: folder.write('ruawatch.yaml', config),
        RUAWATCH_DB: folder.at('ruawatch.db'),
      });
      prometheus = await startPrometheus({
        scrape: new URL(service.base).host,
        rules: folder.write('dmarc.rules.yml', hurried()),
        alertmanager: alertmanager.address,
      });
    });

    afterAll(async () => {
      await prometheus.stop();
      await service.stop();
      await alertmanager.stop();
      receiver.server.close();
      await dovecot.stop();
      await folder.remove();
    });

    const told = (alertname: string, status: string) =>
      receiver.received.filter((each) => each.labels['alertname'] === alertname && each.status === status);
    const arrives = (alertname: string, status: string) =>
      until(() => Promise.resolve(told(alertname, status).length > 0));
    let delivered = 0;
    const deliver = async (options: ScenarioOptions, wanted: (day: number) => boolean) => {
      const mails = [...generateMails(options)].filter((mail) => wanted(mail.day)).map((mail) => mail.raw);
      delivered += mails.length;
      await dovecot.deliver(mails);
      await until(async () => {
        const done = await service.metric('dmarc_mail_messages_processed_total{mailbox="rua"}');
        const { evaluated } = await service.json<{ evaluated: { behind: boolean } }>('/api/v1/status');
        return done === delivered && !evaluated.behind;
      });
    };

    it('tell of the sender that breaks', { timeout: 180_000 }, async () => {
      await deliver(scenario, (day) => day < breakDay);
      expect(told('DmarcKnownSenderFailing', 'firing')).toEqual([]);
      await deliver(scenario, (day) => day === breakDay);
      await arrives('DmarcKnownSenderFailing', 'firing');
      const domains = told('DmarcKnownSenderFailing', 'firing').map(({ labels }) => labels['domain']);
      expect([...new Set(domains)]).toEqual([breaking?.domain]);
    });

    it('tell that it is over when the sender has healed', { timeout: 180_000 }, async () => {
      await deliver({ ...scenario, until: today - daySeconds, days: 3, breakOn: null }, (day) => day > breakDay);
      await arrives('DmarcKnownSenderFailing', 'resolved');
      const domains = told('DmarcKnownSenderFailing', 'resolved').map(({ labels }) => labels['domain']);
      expect([...new Set(domains)]).toEqual([breaking?.domain]);
    });

    it('tell of a mailbox that can no longer be read', { timeout: 180_000 }, async () => {
      expect(told('DmarcServiceDown', 'firing')).toEqual([]);
      await dovecot.stop();
      await arrives('DmarcMailboxPollStale', 'firing');
      expect(told('DmarcMailboxPollStale', 'firing')[0]?.labels).toMatchObject({ mailbox: 'rua', job: 'dmarc', severity: 'warning' }); // prettier-ignore
    });
  },
);
