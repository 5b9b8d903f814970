import { setTimeout as delay } from 'node:timers/promises';
import { ImapFlow } from 'imapflow';
import { generateMails } from '../src/demo/demo.js';
import { openStoreReader } from '../src/store/store.js';
import { backlogMail, failingMail } from '../test/support/crash-mails.js';
import { makeKey, nameOf, recordOf, signMail } from '../test/support/dkim.js';
import { startNameServer } from '../test/support/name-server.js';
import type { TestKey } from '../test/support/dkim.js';
import { startDovecot } from '../test/support/dovecot.js';
import type { Dovecot } from '../test/support/dovecot.js';
import { tempFiles } from '../test/support/files.js';
import { metricIn, openSink, startRuawatch, until } from '../test/support/ruawatch.js';
import type { Env, Running } from '../test/support/ruawatch.js';
import { median } from './measure.js';

/**
 * `tsx bench/backlog.ts [mails] [rounds] [appends]`: signed report mails in a real Dovecot, read by the service as a process of its own,
 * with the check of signatures off and on. A backlog of `mails` (10000); 500 mails fetched, stored and moved, `rounds` (3) times, interleaved;
 * and the time from APPEND to the store and to the webhook over `appends` (20) mails, woken by IDLE.
 */
const [backlog = 10_000, rounds = 3, appends = 20] = process.argv.slice(2).map(Number);
const small = 500;
const checks = ['off', 'on'] as const;
type Check = (typeof checks)[number];

const keys = new Map<string, TestKey>();

/** With a signature of the domain in From. */
function signed(text: string): string {
  const mail = text.replace(/\r?\n/g, '\r\n');
  const domain = /^From:[^\r]*@([a-z0-9.-]+)/im.exec(mail)?.[1] ?? 'mx.example';
  const key = keys.get(domain) ?? makeKey(domain, { type: 'rsa' });
  keys.set(domain, key);
  return signMail(mail, { key });
}

function reportMails(mails: number): readonly Buffer[] {
  const scenario = { until: 1_788_220_800, days: 90, domains: 12, mails };
  return [...generateMails(scenario)].map(({ raw }) => Buffer.from(signed(raw.toString('latin1')), 'latin1'));
}

interface World {
  readonly dovecot: Dovecot;
  readonly service: Running;
  readonly db: string;
  /** When the service was started, in milliseconds. */
  readonly started: number;
}

/** A server that holds the mails, and the service started on it. */
async function inWorld<T>(
  check: Check,
  mails: readonly (Buffer | string)[],
  more: Env,
  work: (world: World) => Promise<T>,
): Promise<T> {
  const folder = await tempFiles();
  const dovecot = await startDovecot({ tls: false });
  try {
    await dovecot.deliver(mails);
    const { host, port, user, password } = dovecot;
    const account = `host: ${host}, port: ${port}, tls: none, user: ${user}, password: ${password}`;
    const config = `mailboxes:\n  - { name: rua, ${account}, after_done: "move:Done", after_failed: "move:Failed" }\n`;
    const db = folder.at('ruawatch.db');
    const env = {
      ...more,
      RUAWATCH_CONFIG: folder.write('ruawatch.yaml', config),
      RUAWATCH_DB: db,
      RUAWATCH_DKIM_CHECK: check,
      RUAWATCH_DNS_SERVERS: names.address,
    };
    const started = performance.now();
    const service = await startRuawatch(env);
    try {
      return await work({ dovecot, service, db, started });
    } finally {
      await service.stop();
    }
  } finally {
    await dovecot.stop();
    await folder.remove();
  }
}

interface Drained {
  /** From the start of the process to the end of the poll. */
  readonly wholeSeconds: number;
  /** From login to the last move. */
  readonly pollSeconds: number;
  readonly mib: number;
  readonly logLines: number;
  readonly verified: number;
}

async function drain(check: Check, mails: readonly Buffer[]): Promise<Drained> {
  return inWorld(check, mails, {}, async ({ dovecot, service, started }) => {
    await until(async () => (await service.metric('dmarc_mailbox_polls_total{mailbox="rua"}')) === 1, 20);
    const wholeSeconds = (performance.now() - started) / 1000;
    const page = await (await fetch(`${service.base}/metrics`)).text();
    const processed = metricIn(page, 'dmarc_mail_messages_processed_total{mailbox="rua"}');
    const left = (await dovecot.flags()).size;
    if (processed !== mails.length || left > 0)
      throw new Error(`${processed ?? 0} of ${mails.length} stored, ${left} not moved`);
    return {
      wholeSeconds,
      pollSeconds: metricIn(page, 'dmarc_mailbox_poll_duration_seconds_sum{mailbox="rua"}') ?? 0,
      mib: service.peakMemory(),
      logLines: service.log().trim().split('\n').length,
      verified: metricIn(page, 'dmarc_reports_by_authenticity_total{authenticity="verified"}') ?? 0,
    };
  });
}

function tell(title: string, mails: number, runs: readonly Drained[]): void {
  const of = (key: keyof Drained): number => median(runs.map((run) => run[key]));
  const poll = of('pollSeconds');
  const facts = [
    `${of('wholeSeconds').toFixed(2)} s with the start of the process`,
    `${poll.toFixed(2)} s from login to last move`,
    `${(mails / poll).toFixed(0)} mails/s`,
    `peak ${of('mib').toFixed(0)} MiB`,
    `${of('logLines')} log lines`,
    `${of('verified')} reports verified`,
  ];
  console.log(`  ${title.padEnd(16)}${facts.join(', ')}`);
}

interface Latency {
  readonly stored: readonly number[];
  readonly told: readonly number[];
}

async function latency(check: Check): Promise<Latency> {
  const sink = await openSink();
  const history = Array.from({ length: 300 }, (_, n) => signed(backlogMail(n).raw));
  const arriving = Array.from({ length: appends }, (_, n) => signed(failingMail(n).raw));
  try {
    return await inWorld(check, history, sink.env, async ({ dovecot, service, db }) => {
      await until(async () => ((await service.metric('dmarc_alert_last_evaluation_timestamp_seconds')) ?? 0) > 0);
      const { host, port, user, password } = dovecot;
      const client = new ImapFlow({ host, port, secure: false, auth: { user, pass: password }, logger: false });
      const reader = openStoreReader(db);
      await client.connect();
      const sum = { stored: [] as number[], told: [] as number[] };
      for (const mail of arriving) {
        // Polls that mails wake follow each other at a second's distance; this is about one mail that comes alone.
        await delay(1_500);
        const [before, events] = [(await reader.status()).mails, sink.events.length];
        const sent = performance.now();
        await client.append('INBOX', mail);
        await until(async () => (await reader.status()).mails > before, 2);
        sum.stored.push(performance.now() - sent);
        await until(() => Promise.resolve(sink.events.length > events), 2);
        sum.told.push(performance.now() - sent);
      }
      reader.close();
      await client.logout();
      return sum;
    });
  } finally {
    await sink.close();
  }
}

const spread = (ms: readonly number[]): string =>
  `median ${median(ms).toFixed(0)} ms, longest ${Math.max(...ms).toFixed(0)} ms`;

const mails = reportMails(backlog);
const few = mails.slice(-small);
signed(failingMail(0).raw);
const records = Object.fromEntries([...keys.values()].map((key) => [nameOf(key), recordOf(key)]));
const names = await startNameServer(records);

const bytes = mails.reduce((sum, mail) => sum + mail.length, 0);
console.log(`${backlog} signed mails of ${(bytes / backlog / 1024).toFixed(1)} KiB each, ${keys.size} keys`);
const runs = { off: [] as Drained[], on: [] as Drained[] };
for (let round = 0; round < rounds; round++) for (const check of checks) runs[check].push(await drain(check, few));
console.log(`${few.length} mails fetched, stored and moved (median of ${rounds})`);
for (const check of checks) tell(`DKIM check ${check}`, few.length, runs[check]);
console.log(`a backlog of ${backlog} mails, once`);
for (const check of checks) tell(`DKIM check ${check}`, backlog, [await drain(check, mails)]);
console.log(`a mail that comes (${appends} each)`);
for (const check of checks) {
  const { stored, told } = await latency(check);
  console.log(`  DKIM check ${check.padEnd(5)}APPEND to stored: ${spread(stored)}; to webhook: ${spread(told)}`);
}
await names.close();
