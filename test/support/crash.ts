import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openRandom } from '../../src/demo/random.js';
import type { ChannelRoute } from '../../src/model/channel.js';
import { openWriter } from '../../src/store/database.js';
import {
  openDomains,
  openFindings,
  openHistory,
  openReader,
  openSenders,
  openTellings,
} from '../../src/store/store.js';
import type { Connection } from '../../src/store/store.js';
import { evaluate } from '../../src/watch.js';
import { backlogMail, failingMail } from './crash-mails.js';
import type { CrashMail } from './crash-mails.js';
import { startDovecot } from './dovecot.js';
import type { Dovecot } from './dovecot.js';
import { tempFiles } from './files.js';
import { freePorts } from './ports.js';
import { openSink, until } from './ruawatch.js';
import type { Sink } from './ruawatch.js';

const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export interface CrashPlan {
  /** Kills while mails wait, and kills while the mailbox is caught up and single mails come in. */
  readonly catchUp: number;
  readonly steady: number;
  /** Mails that wait at each kill of the first kind. */
  readonly mailsAKill: number;
  readonly seed: number;
  readonly tell?: (line: string) => void;
}

/** What stands in store, mailbox and sink at the end. */
export interface CrashEnd {
  readonly mails: readonly CrashMail[];
  readonly sink: Sink;
  readonly db: Connection;
  /** A copy of the store, judged again when the pauses between messages are over. */
  readonly later: Connection;
  /** Message-IDs by folder. */
  readonly mailbox: Readonly<Record<string, readonly string[]>>;
  /** Kills by what the service had said last. */
  readonly kills: Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/** Kills the service again and again at random moments, lets it come to rest, and gives what is there then. */
export async function crash(plan: CrashPlan): Promise<CrashEnd> {
  const folder = await tempFiles();
  const dovecot = await startDovecot({ tls: false });
  const sink = await openSink();
  const random = openRandom(plan.seed, 'crash');
  const [port = 0] = await freePorts(1);
  const path = folder.at('ruawatch.db');
  const mails: CrashMail[] = [];
  const kills: Record<string, number> = {};
  const deliver = async (more: readonly CrashMail[]): Promise<void> => {
    mails.push(...more);
    await dovecot.deliver(more.map(({ raw }) => raw));
  };
  const env = {
    ...sink.env,
    RUAWATCH_CONFIG: folder.write('ruawatch.yaml', configOf(dovecot)),
    RUAWATCH_DB: path,
    RUAWATCH_LISTEN: `127.0.0.1:${port}`,
  };
  const killed = async (moments: Moments, meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<void> => {
    const service = launch(env);
    const { after, withinMs } = random.pick(moments);
    await Promise.all([service.said(after), meanwhile()]);
    await delay(random.integer(withinMs));
    await service.kill();
    const state = `${after ?? 'start'}, then ${service.lastSaid()}`;
    kills[state] = (kills[state] ?? 0) + 1;
  };
  for (let k = 0; k < plan.catchUp; k++) {
    await deliver(range(plan.mailsAKill, k * plan.mailsAKill).map(backlogMail));
    await killed(whileCatchingUp);
    if (k % 10 === 9) plan.tell?.(`${k + 1} kills, ${mails.length} mails`);
  }
  await atRest(env, path, mails);
  for (let k = 0; k < plan.steady; k++) {
    await killed(whileSteady, () => deliver([failingMail(2 * k), failingMail(2 * k + 1)]));
    if (k % 10 === 9)
      plan.tell?.(`${plan.catchUp + k + 1} kills, ${mails.length} mails, ${sink.events.length} notifications`);
  }
  await atRest(env, path, mails, async () => (await messageIds(dovecot, 'INBOX')).length === 0);
  const db = openReader(path);
  const mailbox = Object.fromEntries(
    await Promise.all(
      ['INBOX', 'Archive', 'Failed'].map(async (name) => [name, await messageIds(dovecot, name)] as const),
    ),
  );
  const later = await afterThePauses(db, folder.at('later.db'));
  const close = async (): Promise<void> => {
    later.close();
    db.close();
    await sink.close();
    await dovecot.stop();
    await folder.remove();
  };
  return { mails, sink, db, later, mailbox, kills, close };
}

const webhook: ChannelRoute = {
  name: 'webhook',
  kind: 'webhook',
  severities: [],
  domains: [],
  rules: [],
  digest: true,
  weekly: false,
};

async function afterThePauses(db: Connection, path: string): Promise<Connection> {
  await db.backup(path);
  const later = openWriter(path);
  const inTwoHours = Date.now() + 2 * 60 * 60 * 1000;
  await evaluate({
    history: openHistory(later),
    findings: openFindings(later),
    senders: openSenders(later),
    tellings: openTellings(later),
    domains: openDomains(later),
    clock: { now: () => inTwoHours, sleep: () => Promise.resolve() },
    settings: { domains: [], publicUrl: '', channels: [webhook], digestAt: null },
  });
  return later;
}

/** A moment to kill at: so many milliseconds at most after the service has said a line; null: after it was started. */
type Moments = readonly [Moment, ...Moment[]];
interface Moment {
  readonly after: string | null;
  readonly withinMs: number;
}

const starting = { after: null, withinMs: 800 };
/** Said before the first mail is asked for. */
const running = 'ruawatch is running';
/** Said between the commit of a batch and what is done with its mails in the mailbox. */
const stored = 'stored';
/** Said between the commit of a finding and the sending of its message. */
const queued = 'alert';

const whileCatchingUp: Moments = [
  starting,
  { after: running, withinMs: 150 },
  { after: running, withinMs: 600 },
  { after: stored, withinMs: 10 },
  { after: stored, withinMs: 100 },
];
const whileSteady: Moments = [
  starting,
  { after: running, withinMs: 2_000 },
  { after: stored, withinMs: 20 },
  { after: stored, withinMs: 1_500 },
  { after: queued, withinMs: 10 },
  { after: queued, withinMs: 60 },
];

/** A line that does not come is not waited for any longer. */
const longestMs = 8_000;

function configOf({ host, port, user, password }: Dovecot): string {
  return (
    `mailboxes:\n  - { name: rua, host: ${host}, port: ${port}, tls: none, user: ${user}, password: ${password}, ` +
    'poll_seconds: 1, after_done: "move:Archive", after_failed: "move:Failed" }\n'
  );
}

function launch(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [program, 'serve'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = once(child, 'close');
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const said = async (line: string | null): Promise<void> => {
    const until = Date.now() + longestMs;
    while (line !== null && !log.includes(`"msg":"${line}"`) && Date.now() < until) await delay(2);
  };
  return {
    said,
    lastSaid: () => /.*"msg":"([^"]*)"/s.exec(log)?.[1] ?? 'nothing',
    log: () => log,
    end: async (signal: 'SIGKILL' | 'SIGTERM') => {
      child.kill(signal);
      await closed;
    },
    ended: () => child.exitCode !== null,
    kill: async () => {
      if (child.exitCode !== null) throw new Error(`the service ended by itself with ${child.exitCode}: ${log}`);
      child.kill('SIGKILL');
      await closed;
    },
  };
}

/** Runs the service until every mail has its line, every report is judged and nothing waits to be sent. */
async function atRest(
  env: Readonly<Record<string, string>>,
  path: string,
  mails: readonly CrashMail[],
  isToo: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<void> {
  const service = launch(env);
  await until(() => {
    if (service.ended()) throw new Error(`the service ended by itself: ${service.log()}`);
    return isAtRest(path, mails.length) ? isToo() : Promise.resolve(false);
  }, 200);
  await service.end('SIGTERM');
}

function isAtRest(path: string, mails: number): boolean {
  let db: Connection;
  try {
    db = openReader(path);
  } catch {
    return false;
  }
  try {
    const row = db
      .prepare<[], { mails: number; newest: number; judged: number; waiting: number }>(
        `SELECT (SELECT count(*) FROM mails) AS mails, (SELECT coalesce(max(id), 0) FROM reports) AS newest,
           (SELECT coalesce(max(CAST(value AS INTEGER)), -1) FROM state WHERE key = 'evaluated_report_id') AS judged,
           (SELECT count(*) FROM outbox WHERE state = 'pending') AS waiting`,
      )
      .get();
    return row !== undefined && row.mails >= mails && row.newest === row.judged && row.waiting === 0;
  } finally {
    db.close();
  }
}

async function messageIds({ doveadm, user }: Dovecot, folder: string): Promise<readonly string[]> {
  const text = await doveadm('-f', 'tab', 'fetch', '-u', user, 'hdr.message-id', 'mailbox', folder, 'all');
  return text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.trim());
}

function range(count: number, from: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}
