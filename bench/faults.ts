import { systemClock } from '../src/base/clock.js';
import type { MailboxConfig } from '../src/config/config.js';
import { imapSource } from '../src/source/imap.js';
import { imapTimeouts } from '../src/source/imap-session.js';
import { mail, mailboxAt, mails, TestEvents, TestIntake } from '../test/source/harness.js';
import { startDovecot } from '../test/support/dovecot.js';
import type { Dovecot } from '../test/support/dovecot.js';
import { startProxy } from '../test/support/tcp-proxy.js';
import type { TcpProxy } from '../test/support/tcp-proxy.js';
import { median } from './measure.js';

/** Shorter than in service (greeting 16 s, silence 60 s, poll 300 s), so that the table is done in minutes. */
const timeouts = { ...imapTimeouts, greeting: 2_000, silence: 3_000 };
/** A fault is mended at the first failure that is told, or after this time when there is none. */
const lastsSeconds = 6;
const settings = { poll_seconds: 1, after_done: 'seen' } as const;

interface World {
  readonly server: Dovecot;
  readonly proxy: TcpProxy;
  readonly intake: TestIntake;
  readonly events: TestEvents;
}

interface Fault {
  readonly name: string;
  readonly settings?: Partial<MailboxConfig>;
  readonly tls?: boolean;
  /** Spoils it; what is read from here on is read under the fault. */
  strike(world: World): Promise<void> | void;
  /** Mails that are read again because of it. */
  readonly again?: number;
}

const phases: readonly (readonly [string, RegExp, number])[] = [
  ['at login', /LOGIN|AUTHENTICATE/, 0],
  ['at SELECT', / SELECT/, 0],
  ['at SEARCH', /UID SEARCH/, 0],
  ['in a literal', /BODY\.PEEK/, 60],
  ['at STORE', /UID STORE/, 0],
];

const idle = { idle: true, poll_seconds: 300 };

const faults: readonly Fault[] = [
  { name: 'connection refused', strike: ({ proxy }) => proxy.refuse() },
  { name: 'no greeting', strike: ({ proxy }) => proxy.stallAfter(0) },
  ...phases.flatMap(([name, at, after]) =>
    (['end', 'reset', 'stall'] as const).map((how) => ({
      name: `${how} ${name}`,
      strike: ({ proxy }: World) => proxy.spoilAt(at, how, after),
    })),
  ),
  {
    name: 'reset at MOVE',
    settings: { after_done: 'move:Done' },
    strike: ({ proxy }) => proxy.spoilAt(/UID MOVE/, 'reset'),
  },
  { name: 'TLS alert at once', tls: true, strike: ({ proxy }) => proxy.alertAfter(0) },
  {
    name: 'TLS alert in session',
    tls: true,
    strike: ({ proxy }) => proxy.alertAfter(Math.floor(proxy.received * 0.8)),
  },
  { name: 'slow link, 4 KB/s', strike: ({ proxy }) => proxy.slow(4_000) },
  { name: 'cut in IDLE', settings: idle, strike: ({ proxy }) => proxy.drop() },
  { name: 'black hole in IDLE', settings: idle, strike: ({ proxy }) => proxy.swallow() },
  { name: 'server restart', settings: idle, strike: ({ server }) => server.restart() },
  { name: 'UIDVALIDITY changes', strike: ({ server }) => server.setUidValidity(1999999999), again: 3 },
  {
    name: 'mailbox emptied',
    strike: async ({ server }) => void (await server.doveadm('expunge', '-u', server.user, 'mailbox', 'INBOX', 'all')),
  },
];

async function strike(fault: Fault): Promise<void> {
  const { tls = false } = fault;
  const server = await startDovecot({ tls });
  const proxy = await startProxy(tls ? server.tlsPort : server.port);
  const world = { server, proxy, intake: new TestIntake(), events: new TestEvents() };
  const stop = new AbortController();
  const secured = tls ? ({ tls: 'tls', ca_file: server.caFile } as const) : {};
  const mailbox = mailboxAt(server, { ...settings, ...secured, port: proxy.port, ...fault.settings });
  const source = imapSource(mailbox, { ...world, events: world.events.events, clock: systemClock }, timeouts);
  try {
    await server.deliver(mails(3));
    const running = source.run(stop.signal);
    await world.events.nth('pollSucceeded', 1);
    await fault.strike(world);
    if (mailbox.idle !== true) proxy.drop();
    await server.deliver([mail('under the fault')]);
    await within(lastsSeconds, () => failuresIn(world) > 0, performance.now());
    const healed = performance.now();
    proxy.pass();
    const expected = 4 + (fault.again ?? 0);
    const seconds = await within(60, () => world.intake.mails.length >= expected, healed);
    const failed = failuresIn(world);
    const result =
      world.intake.mails.length === expected ? 'each mail once' : `${world.intake.mails.length} of ${expected}`;
    console.log(
      `| ${fault.name.padEnd(20)} | ${result.padEnd(14)} | ${String(failed).padStart(8)} | ${seconds.padStart(9)} |`,
    );
    stop.abort();
    await running;
  } finally {
    stop.abort();
    await proxy.stop();
    await server.stop();
  }
}

function failuresIn({ events }: World): number {
  return events.count('pollFailed') + events.count('afterActionFailed');
}

async function within(seconds: number, done: () => boolean, since: number): Promise<string> {
  const at = (): number => (performance.now() - since) / 1000;
  while (!done()) {
    if (at() > seconds) return 'never';
    await systemClock.sleep(10, AbortSignal.timeout(1_000));
  }
  return at() < 0.05 ? 'meanwhile' : at().toFixed(1);
}

/** From the file in the Maildir to the end of the delivery, over one IDLE after the other. */
async function latency(times: number): Promise<void> {
  const server = await startDovecot({ tls: false });
  const stop = new AbortController();
  const intake = new TestIntake();
  const events = new TestEvents();
  const mailbox = mailboxAt(server, { ...settings, ...idle });
  const running = imapSource(mailbox, { intake, events: events.events, clock: systemClock }).run(stop.signal);
  const taken: number[] = [];
  for (let count = 1; count <= times; count++) {
    await events.nth('pollSucceeded', count);
    await systemClock.sleep(1_500, stop.signal);
    const started = performance.now();
    await server.deliver([mail(String(count))]);
    while (intake.mails.length < count) await systemClock.sleep(1, stop.signal);
    taken.push(performance.now() - started);
  }
  stop.abort();
  await running;
  await server.stop();
  console.log(
    `\nIDLE, mail appended to mail delivered, ${times} times: median ${median(taken).toFixed(0)} ms, longest ${Math.max(...taken).toFixed(0)} ms`,
  );
  console.log('Dovecot itself gathers news for 500 ms before it tells them.');
}

console.log(
  `greeting ${timeouts.greeting} ms, silence ${timeouts.silence} ms, poll ${settings.poll_seconds} s; a fault lasts to the first failure, at most ${lastsSeconds} s\n`,
);
console.log('| fault                | result         | failures | s to heal |');
console.log('| -------------------- | -------------- | -------- | --------- |');
for (const fault of faults) await strike(fault);
await latency(10);
