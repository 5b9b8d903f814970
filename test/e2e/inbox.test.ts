import { afterAll, beforeAll, expect, it } from 'vitest';
import { daySeconds } from '../../src/base/clock.js';
import { generateMails, scenarioFacts } from '../../src/demo/demo.js';
import type { DemoMail, ScenarioOptions } from '../../src/demo/demo.js';
import { passes } from '../../src/model/report.js';
import { startDovecot } from '../support/dovecot.js';
import type { Dovecot } from '../support/dovecot.js';
import { openSink, startRuawatch, until } from '../support/ruawatch.js';
import type { Env, Running, Sink } from '../support/ruawatch.js';
import { describeWith } from '../support/servers.js';
import { tempFiles } from '../support/files.js';
import type { TempFiles } from '../support/files.js';

/** Yesterday, midnight UTC. */
const lastDay = Math.floor(Date.now() / 1000 / daySeconds) * daySeconds - daySeconds;
const options: ScenarioOptions = { until: lastDay, days: 30, domains: 3, mails: 500 };

interface Truth {
  readonly reports: number;
  readonly messages: number;
  readonly failed: number;
}

/** What the mails truly say, each report once. */
function truthOf(mails: readonly DemoMail[]): Truth {
  const seen = new Set<string>();
  let messages = 0;
  let failed = 0;
  for (const mail of mails) {
    const identity = [mail.reporter, mail.domain, mail.reportId, mail.begin].join(' ');
    if (mail.kind !== 'report' || seen.has(identity)) continue;
    seen.add(identity);
    for (const record of mail.records) {
      messages += record.count;
      if (!passes(record)) failed += record.count;
    }
  }
  return { reports: seen.size, messages, failed };
}

async function stored(service: Running): Promise<Truth> {
  const all = `from=${(lastDay - 60 * daySeconds) * 1000}`;
  const { rows } = await service.json<{ rows: { messages: number; fail: number }[] }>(
    `/api/v1/stats/daily?${all}&limit=1000`,
  );
  return {
    reports: (await service.json<{ totals: { reports: number } }>('/api/v1/status')).totals.reports,
    messages: rows.reduce((sum, row) => sum + row.messages, 0),
    failed: rows.reduce((sum, row) => sum + row.fail, 0),
  };
}

async function settled(service: Running, mails: number): Promise<void> {
  await until(async () => (await processed(service)) === mails && (await evaluated(service)));
}

async function processed(service: Running): Promise<number | null> {
  return service.metric('dmarc_mail_messages_processed_total{mailbox="rua"}');
}

async function evaluated(service: Running): Promise<boolean> {
  const at = await service.metric('dmarc_alert_last_evaluation_timestamp_seconds');
  const backlog = await service.metric('dmarc_mailbox_backlog_messages{mailbox="rua"}');
  return (at ?? 0) > 0 && backlog === 0;
}

describeWith(['dovecot'], '500 report mails in a real mailbox', () => {
  const mails = [...generateMails(options)];
  const truth = truthOf(mails);
  const breaking = scenarioFacts(options).breaking;
  let folder: TempFiles;
  let dovecot: Dovecot;
  let sink: Sink;
  let env: Env;

  beforeAll(async () => {
    folder = await tempFiles();
    dovecot = await startDovecot({ tls: false });
    sink = await openSink();
    await dovecot.deliver(mails.map((mail) => mail.raw));
    const config = `mailboxes:\n  - { name: rua, host: ${dovecot.host}, port: ${dovecot.port}, tls: none, user: ${dovecot.user}, password: ${dovecot.password}, poll_seconds: 1 }\n`;
    env = {
      ...sink.env,
      RUAWATCH_CONFIG: folder.write('ruawatch.yaml', config),
      RUAWATCH_DB: folder.at('ruawatch.db'),
    };
  });

  afterAll(async () => {
    await sink.close();
    await dovecot.stop();
    await folder.remove();
  });

  it('are read whole although the service is killed again and again in the middle of them', async () => {
    for (const atLeast of [1, 150, 300]) {
      const service = await startRuawatch(env);
      await until(async () => ((await processed(service)) ?? 0) >= atLeast, 5);
      await service.stop('SIGKILL');
    }
    const service = await startRuawatch(env);
    await settled(service, mails.length);
    expect(await stored(service)).toEqual(truth);
    await until(() => Promise.resolve(sink.events.length > 0));
    await service.stop();
  });

  it('tell of the one breaking sender by exactly one signed message', () => {
    expect(sink.refused).toEqual([]);
    expect(sink.events.map((event) => event.type)).toEqual(['dmarc.digest.daily']);
    expect(sink.events[0]?.data).toMatchObject({ kind: 'first_start', counts: { critical: 1 } });
    const [first] = sink.events[0]?.data['alerts'] as Record<string, unknown>[];
    expect(first).toMatchObject({
      rule: 'known_sender_failing',
      severity: 'critical',
      domain: breaking?.domain,
      source: { ips: breaking?.sender.ips },
      window: { to: new Date(lastDay * 1000).toISOString().slice(0, 10) },
    });
  });

  it('change nothing when the service runs a second time', async () => {
    const service = await startRuawatch(env);
    await settled(service, mails.length);
    expect(await stored(service)).toEqual(truth);
    expect(await service.stop()).toBe(0);
    expect(sink.events).toHaveLength(1);
  });

  it('are as they were in the mailbox', async () => {
    const flags = [...(await dovecot.flags()).values()];
    expect(flags).toHaveLength(mails.length);
    expect(flags.flat()).toEqual([]);
  });

  it('leave a line in the ledger each, with what they were', async () => {
    const service = await startRuawatch(env);
    const { rows } = await service.json<{ rows: { outcome: string; reason: string }[] }>(
      '/api/v1/mails?limit=1000&from=0',
    );
    await service.stop();
    const count = (outcome: string) => rows.filter((row) => row.outcome === outcome).length;
    const kind = (wanted: DemoMail['kind']) => mails.filter((mail) => mail.kind === wanted).length;
    expect(rows).toHaveLength(mails.length);
    expect(count('report')).toBe(truth.reports);
    expect(count('duplicate')).toBe(kind('duplicate') + kind('truncated') - count('partial'));
    expect([count('bounce'), count('tls-report'), count('not-a-report')]).toEqual([kind('bounce'), kind('tls-report'), kind('unrelated')]); // prettier-ignore
  });
});

describeWith(['dovecot'], 'a sender that breaks while the service watches', () => {
  const mails = [...generateMails({ ...options, mails: 300 })];
  const breaking = scenarioFacts(options).breaking;
  let folder: TempFiles;
  let dovecot: Dovecot;
  let sink: Sink;

  beforeAll(async () => {
    folder = await tempFiles();
    dovecot = await startDovecot({ tls: false });
    sink = await openSink();
  });

  afterAll(async () => {
    await sink.close();
    await dovecot.stop();
    await folder.remove();
  });

  it('is told once, by a message of its own, after the summary of the backlog', async () => {
    const before = mails.filter((mail) => mail.day < lastDay);
    await dovecot.deliver(before.map((mail) => mail.raw));
    const config = `mailboxes:\n  - { name: rua, host: ${dovecot.host}, port: ${dovecot.port}, tls: none, user: ${dovecot.user}, password: ${dovecot.password}, poll_seconds: 1 }\n`;
    const service = await startRuawatch({
      ...sink.env,
      RUAWATCH_CONFIG: folder.write('ruawatch.yaml', config),
      RUAWATCH_DB: folder.at('ruawatch.db'),
    });
    await settled(service, before.length);
    await until(() => Promise.resolve(sink.events.length > 0));
    expect(sink.events.map((event) => event.type)).toEqual(['dmarc.digest.daily']);
    await dovecot.deliver(mails.filter((mail) => mail.day >= lastDay).map((mail) => mail.raw));
    const told = () => sink.events.filter((event) => event.data['rule'] === 'known_sender_failing');
    await until(() => Promise.resolve(told().length > 0));
    expect(told().map((event) => [event.type, event.data['domain']])).toEqual([
      ['dmarc.alert.opened', breaking?.domain],
    ]);
    expect(sink.refused).toEqual([]);
    expect(await service.stop()).toBe(0);
  });
});
