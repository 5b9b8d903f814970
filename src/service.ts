import { systemClock } from './base/clock.js';
import { closeAll } from './base/closing.js';
import type { Closing } from './base/closing.js';
import { messageOf } from './base/failure.js';
import type { Failure } from './base/failure.js';
import { openNameServers } from './base/name-servers.js';
import { carefulDelivery } from './careful-delivery.js';
import type { Config } from './config/config.js';
import { limits } from './config/limits.js';
import { originalsOf } from './config/originals.js';
import { isReportOutcome, settlementOf } from './model/outcome.js';
import type { MailOutcome } from './model/outcome.js';
import { ruleScopes } from './model/finding.js';
import type { SourceName } from './model/ptr.js';
import type { RawMail } from './model/raw-mail.js';
import type { ActionResult, AlertAction } from './model/telling.js';
import { channelsOf, routesOf, startDeliveries } from './notify/notify.js';
import type { Deliveries } from './notify/notify.js';
import { createEvents, createHealth, createMetrics, openLog } from './observe/observe.js';
import type { Events, HealthRecord, Log, Metrics } from './observe/observe.js';
import { startPtrLookups } from './ptr/ptr.js';
import type { PtrLookups } from './ptr/ptr.js';
import { openServer } from './serve/serve.js';
import { openSources, smtpLookSeconds, smtpName } from './source/source.js';
import type { Intake, Source } from './source/source.js';
import { StatsThread } from './stats-client.js';
import { InHand, inspectStore, lockStore, openStoreReader } from './store/store.js';
import type { StoreReader } from './store/store.js';
import { WatchSchedule } from './watch-schedule.js';
import { WriterThread } from './worker-client.js';

export interface ServiceOptions {
  readonly version: string;
  /** Told how many mails of a source wait. */
  readonly onBacklog?: (left: number) => void;
}

export interface Service {
  /** `http://host:port` of the HTTP server. */
  readonly address: string;
  /** Ends polling, lets the batch in hand commit, closes everything in reverse order. */
  close(): Promise<void>;
}

/** Builds every room in order and starts the loops. Rejects with the Failure of the room that cannot open; what was open is closed then. */
export async function openService(config: Config, options: ServiceOptions): Promise<Service> {
  const open: Closing[] = [];
  try {
    return await build(config, options, open);
  } catch (error) {
    await closeAll(open);
    throw error;
  }
}

async function build(config: Config, options: ServiceOptions, open: Closing[]): Promise<Service> {
  const clock = systemClock;
  const log = openLog({ level: config.log_level });
  const lock = lockStore(config.db, 'ruawatch serve');
  open.push({ name: 'lock', close: () => lock.release() });
  const thread: { onWrite(failure: Failure | null): void } = { onWrite: () => undefined };
  const { writer, deaths } = await openThread(config, log, thread, open);
  const reader = openStoreReader(config.db);
  open.push({ name: 'reader', close: () => reader.close() });
  const stats = new StatsThread(config.db);
  open.push({ name: 'stats', close: () => stats.close() });
  const asked = new StatsThread(config.db);
  open.push({ name: 'answers', close: () => asked.close() });
  const { metrics, health, events } = observers(config, options, log, { reader, stats: stats.reads() });
  thread.onWrite = tellWrites(health, events);
  const schedule = new WatchSchedule(clock, health.mailboxes().map(({ name }) => name)); // prettier-ignore
  const heard = schedule.listening(rememberPolls(tellBacklog(events, options), writer));
  const intake = openIntake(carefulDelivery(writer, deaths), reader, heard);
  const { deliver } = intake;
  const act = async (alertId: string, action: AlertAction): Promise<ActionResult> => {
    const result = await writer.alert(alertId, action);
    schedule.nudge();
    return result;
  };
  const server = await openServer({
    config,
    reader: { ...reader, ...asked.reads() },
    metrics,
    health,
    clock,
    log,
    deliver,
    decide: (change) => writer.decide(change),
    act,
    tokenUsed: (name, day) => writer.tokenUsed(name, day),
    version: options.version,
  });
  open.push({ name: 'server', close: () => server.close() });
  const sources = openSources(config, { intake, events: heard, clock });
  const loops = startLoops({ config, writer, reader, events, health, schedule, sources });
  open.push({ name: 'loops', close: () => loops.close() });
  log.info(
    { address: server.address, mailboxes: sources.map(({ name }) => name), db: config.db },
    'ruawatch is running',
  );
  return {
    address: server.address,
    close: async () => {
      for (const { name, error } of await closeAll(open)) log.warn(`closing ${name}: ${messageOf(error)}`);
      log.info('ruawatch has ended');
    },
  };
}

async function openThread(
  config: Config,
  log: Log,
  thread: { onWrite(failure: Failure | null): void },
  open: Closing[],
): Promise<{ writer: WriterThread; deaths: ReadonlyMap<string, number> }> {
  const watch = {
    domains: config.domains,
    senders: config.senders,
    since: Math.floor(systemClock.now() / 1000),
    publicUrl: config.public_url ?? `http://${config.listen}`,
    channels: routesOf(channelsOf(config)),
    digestAt: config.digest_at,
  };
  const { db, dkim_check, dns_servers, authserv_ids } = config;
  const senders = { dkim_check, dns_servers, authserv_ids };
  const settings = { db, senders, watch, originals: originalsOf(config), mailboxes: mailboxNames(config) };
  const writer = new WriterThread(settings, {
    onDeath: (reason) => log.error(`the writing thread is replaced: ${reason}`),
    onWrite: (failure) => thread.onWrite(failure),
    say: (level, sentence) => log[level](sentence),
  });
  if (inspectStore(db).state === 'older')
    log.info({ db }, 'bringing the tables of the database up to date; nothing is answered until that is done');
  const deaths = await writer.start();
  open.push({
    name: 'writer',
    close: async () => {
      // The mail that was being read is not to blame for our end.
      if ((await writer.close()) === 'given up') new InHand(db).end();
    },
  });
  return { writer, deaths };
}

function observers(
  config: Config,
  { version }: ServiceOptions,
  log: Log,
  { reader, stats }: { readonly reader: StoreReader; readonly stats: Pick<StoreReader, 'domainStats'> },
): { metrics: Metrics; health: HealthRecord; events: Events } {
  const clock = systemClock;
  const watched = [
    ...[...config.mailboxes, ...config.directories].map((each) => ({
      name: each.name,
      pollSeconds: each.poll_seconds,
    })),
    ...(config.smtp ? [{ name: smtpName, pollSeconds: smtpLookSeconds }] : []),
  ];
  const health = createHealth(watched, clock);
  const metrics = createMetrics({
    clock,
    version,
    domains: config.domains,
    maxDomains: config.metrics_max_domains,
    mailboxes: watched.map(({ name }) => name),
    channels: channelsOf(config).map(({ name }) => name),
    rules: ruleScopes,
    stats: () => stats.domainStats(Math.floor(clock.now() / 1000)),
    counters: () => reader.counters(),
  });
  return { metrics, health, events: createEvents(log, metrics, health) };
}

/** Told once when writing begins to fail, or fails in another way, and once when it works again. */
function tellWrites(health: HealthRecord, events: Events): (failure: Failure | null) => void {
  return (failure) => {
    const before = health.storeFault();
    const fault = failure && [failure.message, failure.hint].filter((each) => each !== '').join('; ');
    health.stored(fault);
    if (fault !== null && fault !== before) events.storeError('write', fault);
    if (fault === null && before !== null) events.info('the database can be written again');
  };
}

function tellBacklog(events: Events, { onBacklog }: ServiceOptions): Events {
  if (!onBacklog) return events;
  return {
    ...events,
    backlog: (source, facts) => {
      onBacklog(facts.left);
      events.backlog(source, facts);
    },
  };
}

function mailboxNames(config: Config): string[] {
  return [...config.mailboxes, ...config.directories].map((each) => each.name);
}

/** The watch judges how polls go, also after a restart; a success is written when it ends failures, or is the first. */
function rememberPolls(events: Events, writer: WriterThread): Events {
  const well = new Set<string>();
  const remember = (mailbox: string, error: string | null) => {
    // The thread tells of a database that cannot be written.
    writer.polled({ mailbox, at: Math.floor(systemClock.now() / 1000), error }).catch(() => well.delete(mailbox));
  };
  return {
    ...events,
    pollSucceeded: (mailbox, facts) => {
      if (!well.has(mailbox)) remember(mailbox, null);
      well.add(mailbox);
      events.pollSucceeded(mailbox, facts);
    },
    pollFailed: (mailbox, facts) => {
      well.delete(mailbox);
      remember(mailbox, `${facts.reason}: ${facts.message}`);
      events.pollFailed(mailbox, facts);
    },
  };
}

/** What sources need: the ledger to ask, the writing thread to deliver to. */
function openIntake(deliver: ReturnType<typeof carefulDelivery>, reader: StoreReader, events: Events): Intake {
  return {
    unseenUids: (...asked) => reader.unseenUids(...asked),
    settledMails: (...asked) => reader.settledMails(...asked),
    storedMails: (...asked) => reader.storedMails(...asked),
    seenFile: (...asked) => reader.seenFile(...asked),
    deliver: async (mails) => {
      const started = systemClock.now();
      const outcomes = await deliver(mails);
      announce(mails, outcomes, events, systemClock.now() - started);
      return outcomes;
    },
  };
}

function announce(
  mails: readonly RawMail[],
  outcomes: readonly (MailOutcome | null)[],
  events: Events,
  durationMs: number,
): void {
  const source = mails[0]?.origin.source ?? '';
  const settled = outcomes.filter((outcome) => outcome !== null);
  const reports = settled.filter(({ outcome }) => isReportOutcome(outcome)).length;
  events.batchStored(source, { mails: settled.length, reports, durationMs });
  outcomes.forEach((settledAs, i) => {
    const origin = mails[i]?.origin;
    if (!origin || !settledAs || settlementOf(settledAs.outcome) !== 'failed') return;
    const where = origin.path ?? `${origin.folder}/${origin.uid ?? 0}`;
    events.mailProblem(origin.source, { where, outcome: settledAs.outcome, reason: settledAs.reason });
  });
}

interface Looping {
  readonly config: Config;
  readonly writer: WriterThread;
  readonly reader: StoreReader;
  readonly events: Events;
  readonly health: HealthRecord;
  readonly schedule: WatchSchedule;
  readonly sources: readonly Source[];
}

/** Polling, judging and telling, each on its own until the end. */
function startLoops(looping: Looping): { close(): Promise<void> } {
  const { config, writer, events, health, schedule, sources } = looping;
  const stopping = new AbortController();
  const { signal } = stopping;
  const delivery = startDelivery(config, writer, events, signal);
  const names = startNaming(looping, signal);
  const judge = async (): Promise<number | null> => {
    try {
      const result = await writer.evaluate();
      for (const queued of result.queued) events.findingQueued(queued);
      events.evaluated({ durationMs: result.durationMs, opened: result.opened, resolved: result.resolved });
      if (result.messages.length > 0) delivery.wake();
      names.wake();
      return result.nextAt;
    } catch (error) {
      events.evaluationFailed(messageOf(error));
      return null;
    }
  };
  const tidying = runTidying(writer, health, signal);
  const polls = sources.map((each) => each.run(signal));
  const running = Promise.all([schedule.run(judge, signal), delivery.done, names.done, tidying, ...polls]);
  return {
    close: async () => {
      stopping.abort();
      const ended = new AbortController();
      await Promise.race([running, systemClock.sleep(limits.closeMs, ended.signal)]);
      ended.abort();
    },
  };
}

/** Between two rounds of removing old originals; while the database cannot be written, a round shows when it can. */
const tidyMs = 10 * 60_000;
const probeMs = 15_000;

async function runTidying(writer: WriterThread, health: HealthRecord, signal: AbortSignal): Promise<void> {
  let waitedMs = 0;
  while (!signal.aborted) {
    await systemClock.sleep(probeMs, signal);
    waitedMs += probeMs;
    if (health.storeFault() === null && waitedMs < tidyMs) continue;
    waitedMs = 0;
    try {
      while (!signal.aborted && (await writer.tidy())) await systemClock.sleep(1, signal);
    } catch {
      // The thread has told of it already.
    }
  }
}

function startNaming({ config, writer, reader, events }: Looping, signal: AbortSignal): PtrLookups {
  if (config.ptr_lookups === 'off') return { wake: () => undefined, done: Promise.resolve() };
  const options = {
    servers: openNameServers(config.dns_servers),
    clock: systemClock,
    limits,
    due: (most: number) => reader.dueNames(Math.floor(systemClock.now() / 1000), most),
    keep: (names: readonly SourceName[]) => writer.keepNames(names),
    onAnswering: (answering: boolean) => {
      if (answering) events.info('a name server answers again: names of source IPs are looked up');
      else events.warn('no name server answers: names of source IPs are not looked up; asked again after ten minutes');
    },
  };
  return startPtrLookups(options, signal);
}

function startDelivery(config: Config, writer: WriterThread, events: Events, signal: AbortSignal): Deliveries {
  return startDeliveries({
    channels: channelsOf(config),
    outbox: writer.outbox,
    events,
    clock: systemClock,
    signal,
    random: Math.random,
  });
}
