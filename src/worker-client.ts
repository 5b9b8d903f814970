import { Worker } from 'node:worker_threads';
import { codeOf, Failure, messageOf } from './base/failure.js';
import type { MailOutcome } from './model/outcome.js';
import type { RawMail } from './model/raw-mail.js';
import type { OutboxPort } from './model/alert.js';
import type { PollOutcome } from './model/domain-facts.js';
import type { SourceName } from './model/ptr.js';
import type { DecisionChange } from './model/sender.js';
import type { ActionResult, AlertAction } from './model/telling.js';
import type { Say, SenderSettings } from './pipeline.js';
import type { EvaluationResult, WatchSettings } from './watch.js';
import { limits } from './config/limits.js';

/** What a thread finds when it starts. */
export interface WorkerData extends WorkerSettings {
  /** Whether it is the first of this process: then what an earlier process left is looked at. */
  readonly isFirst: boolean;
}

/** What the writing thread is to do. */
export interface WorkerSettings {
  readonly db: string;
  /** How mails show who sent them. */
  readonly senders: SenderSettings;
  readonly watch: WatchSettings;
  /** Configured mailboxes; how the polls of others went is forgotten. Absent: of none. */
  readonly mailboxes?: readonly string[];
  /** How long mails are kept as they came, in days, and how many packed bytes of them. */
  readonly originals: { readonly days: number; readonly bytes: number };
}

/** What the service is told of its thread. */
export interface ThreadEvents {
  /** The thread died or was given up; another takes its place. */
  onDeath(message: string): void;
  /** A call that writes has ended; null when it was well, else why not. */
  onWrite(failure: Failure | null): void;
  /** Something for the log that is no call's answer. */
  say: Say;
}

type Call =
  | { readonly call: 'deliver'; readonly mails: readonly RawMail[] }
  | { readonly call: 'writeOff'; readonly mail: RawMail; readonly reason: string }
  | { readonly call: 'tidy' }
  | { readonly call: 'evaluate' }
  | { readonly call: 'polled'; readonly outcome: PollOutcome }
  | { readonly call: 'decide'; readonly change: DecisionChange }
  | { readonly call: 'tokenUsed'; readonly name: string; readonly day: number }
  | { readonly call: 'alert'; readonly alertId: string; readonly action: AlertAction }
  | { readonly call: 'keepNames'; readonly names: readonly SourceName[] }
  | { readonly call: 'outbox'; readonly step: keyof OutboxPort; readonly args: readonly unknown[] }
  | { readonly call: 'close' };

export type Request = Call & { readonly id: number };

export type Reply =
  | { readonly level: Parameters<Say>[0]; readonly sentence: string }
  | { readonly id: number; readonly step: true }
  | { readonly id: number; readonly step?: never; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly step?: never; readonly ok: false; readonly error: PackedError };

/** An error on its way between threads: a class instance would arrive stripped of what decides about a retry. */
interface PackedError {
  readonly message: string;
  readonly hint: string;
  readonly retryable: boolean;
  readonly exitCode: number;
}

export function packError(error: unknown): PackedError {
  if (error instanceof Failure) {
    return { message: error.message, hint: error.hint, retryable: error.retryable, exitCode: error.exitCode };
  }
  const code = codeOf(error);
  return {
    message: `${messageOf(error)}${code ? ` (${code})` : ''}`,
    hint: hintFor(code),
    retryable: true,
    exitCode: 1,
  };
}

function hintFor(code: string): string {
  if (code === 'SQLITE_FULL' || code === 'ENOSPC')
    return 'the disk that holds the database is full; make room, ruawatch goes on by itself';
  if (code.startsWith('SQLITE_READONLY') || code === 'EROFS')
    return 'the database cannot be written; check its permissions and whether the disk is mounted read-only';
  if (code.startsWith('SQLITE_BUSY')) return 'another program keeps the database locked; ruawatch tries again';
  if (code.startsWith('SQLITE_IOERR')) return 'the disk that holds the database reports errors';
  return '';
}

/** Rows are short-lived: a small nursery keeps the memory of a report of a million rows bounded and costs no time. */
const youngGenerationMb = 8;

interface Pending {
  /** Null for the start of the thread. */
  readonly call: Call | null;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** The thread died while a call was under way; whether the call did its work is not known. */
export class ThreadStopped extends Failure {
  constructor(message: string) {
    super(message, { retryable: true });
    this.name = 'ThreadStopped';
  }
}

/** Calls that show whether the database can be written. */
const writes: ReadonlySet<string> = new Set([
  'deliver',
  'writeOff',
  'tidy',
  'polled',
  'decide',
  'tokenUsed',
  'keepNames',
  'delivered',
  'failed',
  'hasten',
  'put',
  'keepOnly',
]);

function isWrite(call: Call): boolean {
  return writes.has(call.call === 'outbox' ? call.step : call.call);
}

/**
 * The main thread's end of the writing thread, which works on one call at a time, in order. A thread that dies, or shows no sign of
 * life over one mail, is replaced: the call under way rejects, those that wait go to the next thread.
 */
export class WriterThread {
  readonly #settings: WorkerSettings;
  readonly #events: ThreadEvents;
  readonly #script: URL;
  readonly #mailMs: number;
  readonly #closeMs: number;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | null = null;
  #next = 1;
  #started = false;
  /** Whether the present thread has opened the database. */
  #open = false;
  #closing = false;
  #deadline: NodeJS.Timeout | null = null;

  constructor(
    settings: WorkerSettings,
    events: ThreadEvents,
    {
      script = new URL('./worker.js', import.meta.url),
      mailMs,
      closeMs,
    }: { script?: URL; mailMs?: number; closeMs?: number } = {},
  ) {
    this.#settings = settings;
    this.#events = events;
    this.#script = script;
    this.#mailMs = mailMs ?? limits.mailMs;
    this.#closeMs = closeMs ?? limits.closeMs;
  }

  /**
   * Resolves when the database is open and up to date, with how often the whole process died over which mail (keys of
   * `placeKey`); rejects with the Failure that says why it is not open.
   */
  async start(): Promise<ReadonlyMap<string, number>> {
    const deaths = await new Promise((resolve, reject) => {
      this.#pending.set(0, { call: null, resolve, reject });
      this.#spawn();
    });
    this.#started = true;
    return deaths as ReadonlyMap<string, number>;
  }

  async deliver(mails: readonly RawMail[]): Promise<readonly MailOutcome[]> {
    return (await this.#ask({ call: 'deliver', mails })) as readonly MailOutcome[];
  }

  async writeOff(mail: RawMail, reason: string): Promise<MailOutcome> {
    return (await this.#ask({ call: 'writeOff', mail, reason })) as MailOutcome;
  }

  /** Removes a bounded step of the originals that are kept too long; true when there are more. */
  async tidy(): Promise<boolean> {
    return (await this.#ask({ call: 'tidy' })) as boolean;
  }

  async evaluate(): Promise<EvaluationResult> {
    return (await this.#ask({ call: 'evaluate' })) as EvaluationResult;
  }

  /** Remembers how a poll went. */
  async polled(outcome: PollOutcome): Promise<void> {
    await this.#ask({ call: 'polled', outcome });
  }

  /** Writes what the operator says of a sender; false when the domain has no such sender. */
  async decide(change: DecisionChange): Promise<boolean> {
    return (await this.#ask({ call: 'decide', change })) as boolean;
  }

  /** Remembers the day (midnight UTC, Unix seconds) on which a bearer token was used. */
  async tokenUsed(name: string, day: number): Promise<void> {
    await this.#ask({ call: 'tokenUsed', name, day });
  }

  /** What a person does to an alert. */
  async alert(alertId: string, action: AlertAction): Promise<ActionResult> {
    return (await this.#ask({ call: 'alert', alertId, action })) as ActionResult;
  }

  /** Writes what lookups of names found. */
  async keepNames(names: readonly SourceName[]): Promise<void> {
    await this.#ask({ call: 'keepNames', names });
  }

  /** The queue of messages; every step is durable before it resolves. */
  readonly outbox: OutboxPort = {
    due: (...args) => this.#queue('due', args),
    delivered: (...args) => this.#queue('delivered', args),
    failed: (...args) => this.#queue('failed', args),
    hasten: (...args) => this.#queue('hasten', args),
    put: (...args) => this.#queue('put', args),
    keepOnly: (...args) => this.#queue('keepOnly', args),
    standing: (...args) => this.#queue('standing', args),
  };

  async #queue<S extends keyof OutboxPort>(
    step: S,
    args: Parameters<OutboxPort[S]>,
  ): Promise<Awaited<ReturnType<OutboxPort[S]>>> {
    return (await this.#ask({ call: 'outbox', step, args })) as Awaited<ReturnType<OutboxPort[S]>>;
  }

  /**
   * Lets the call under way end, for a short time; after that the thread is given up, and what it had not committed is as if it
   * had not begun. Resolves with which of the two it was.
   */
  async close(): Promise<'ended' | 'given up'> {
    this.#closing = true;
    const worker = this.#worker;
    if (!worker) return 'ended';
    const late = new Promise<'late'>((resolve) => setTimeout(resolve, this.#closeMs, 'late').unref());
    const asked = this.#ask({ call: 'close' });
    if ((await Promise.race([asked, late])) !== 'late') return 'ended';
    asked.catch(() => undefined);
    await worker.terminate();
    return 'given up';
  }

  #ask(call: Call): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#pending.set(id, { call, resolve, reject });
      const worker = this.#worker ?? this.#spawn();
      worker.postMessage({ ...call, id });
      if (this.#pending.size === 1) this.#watch();
    });
  }

  #spawn(): Worker {
    const worker = new Worker(this.#script, {
      workerData: { ...this.#settings, isFirst: !this.#started },
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
    });
    let end: Failure = new ThreadStopped('the writing thread stopped: it ended');
    worker.on('message', (reply: Reply) => {
      if (this.#worker !== worker) return;
      if ('sentence' in reply) return this.#events.say(reply.level, reply.sentence);
      if (reply.step) return this.#watch();
      if (reply.id === 0) this.#open = reply.ok;
      // A thread that cannot open the database ends too, but no mail is to blame for it.
      if (reply.id === 0 && !reply.ok) end = unpacked(reply.error);
      this.#settle(reply.id, reply.ok ? reply : unpacked(reply.error));
    });
    worker.on('error', (error) => (end = new ThreadStopped(`the writing thread stopped: ${messageOf(error)}`)));
    worker.on('exit', () => this.#died(worker, end));
    this.#worker = worker;
    this.#open = false;
    return worker;
  }

  #settle(id: number, end: Failure | { readonly value: unknown }): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    this.#watch();
    if (!pending) return;
    const failed = end instanceof Failure;
    // A thread that a mail has stopped says nothing of the disk.
    const tells = pending.call && isWrite(pending.call) && !(end instanceof ThreadStopped);
    if (tells) this.#events.onWrite(failed ? end : null);
    if (failed) pending.reject(end);
    else pending.resolve(end.value);
  }

  /** Begins to wait for a sign of life from the call under way, if it is one that reads mails. */
  #watch(): void {
    if (this.#deadline) clearTimeout(this.#deadline);
    this.#deadline = null;
    const worker = this.#worker;
    const [first] = this.#pending.values();
    if (!worker || !this.#open || first?.call?.call !== 'deliver') return;
    this.#deadline = setTimeout(() => {
      void worker.terminate();
      const seconds = Math.round(this.#mailMs / 1000);
      this.#died(
        worker,
        new ThreadStopped(`the writing thread was given up: no sign of life for ${seconds} s over one mail`),
      );
    }, this.#mailMs);
    this.#deadline.unref();
  }

  #died(worker: Worker, end: Failure): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    if (this.#started && !this.#closing) this.#events.onDeath(end.message);
    const [first] = this.#pending.keys();
    if (end instanceof ThreadStopped && !this.#closing) {
      if (first !== undefined) this.#settle(first, end);
      return this.#resend();
    }
    for (const id of [...this.#pending.keys()]) this.#settle(id, end);
  }

  /** Gives the calls that wait to the next thread. */
  #resend(): void {
    if (this.#pending.size === 0) return;
    const worker = this.#worker ?? this.#spawn();
    for (const [id, { call }] of this.#pending) if (call) worker.postMessage({ ...call, id });
    this.#watch();
  }
}

function unpacked({ message, ...options }: PackedError): Failure {
  return new Failure(message, options);
}
