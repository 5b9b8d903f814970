import { Worker } from 'node:worker_threads';
import { codeOf, Failure, messageOf } from './base/failure.js';
import type { MailOutcome } from './model/outcome.js';
import type { RawMail } from './model/raw-mail.js';
import type { OutboxPort } from './model/alert.js';
import type { EvaluationResult, WatchSettings } from './watch.js';

/** What the thread is started with. */
export interface WorkerSettings {
  readonly db: string;
  readonly authservIds: readonly string[];
  /** Name servers to ask for DKIM keys, none: the machine's own. Null: signatures are not checked. */
  readonly dkim: { readonly servers: readonly string[] } | null;
  readonly watch: WatchSettings;
}

type Call =
  | { readonly call: 'deliver'; readonly mails: readonly RawMail[] }
  | { readonly call: 'writeOff'; readonly mail: RawMail; readonly reason: string }
  | { readonly call: 'evaluate' }
  | { readonly call: 'due'; readonly nowMs: number }
  | { readonly call: 'delivered'; readonly message: string; readonly atMs: number }
  | { readonly call: 'failed'; readonly message: string; readonly failure: Parameters<OutboxPort['failed']>[1] }
  | { readonly call: 'close' };

export type Request = Call & { readonly id: number };

export type Reply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: PackedError };

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
const youngGenerationMb = 16;

interface Pending {
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

/** The main thread's end of the writing thread. A thread that dies is replaced; calls under way reject and may be made again. */
export class WriterThread {
  readonly #settings: WorkerSettings;
  readonly #onDeath: (message: string) => void;
  readonly #script: URL;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | null = null;
  #next = 1;
  #started = false;
  #closing = false;

  constructor(
    settings: WorkerSettings,
    onDeath: (message: string) => void,
    script = new URL('./worker.js', import.meta.url),
  ) {
    this.#settings = settings;
    this.#onDeath = onDeath;
    this.#script = script;
  }

  /** Resolves when the database is open and up to date; rejects with the Failure that says why it is not. */
  async start(): Promise<void> {
    await new Promise((resolve, reject) => {
      this.#pending.set(0, { resolve, reject });
      this.#spawn();
    });
    this.#started = true;
  }

  async deliver(mails: readonly RawMail[]): Promise<readonly MailOutcome[]> {
    return (await this.#ask({ call: 'deliver', mails })) as readonly MailOutcome[];
  }

  async writeOff(mail: RawMail, reason: string): Promise<MailOutcome> {
    return (await this.#ask({ call: 'writeOff', mail: { ...mail, content: null }, reason })) as MailOutcome;
  }

  async evaluate(): Promise<EvaluationResult> {
    return (await this.#ask({ call: 'evaluate' })) as EvaluationResult;
  }

  /** The queue of messages; every step is durable before it resolves. */
  readonly outbox: OutboxPort = {
    due: async (nowMs) => (await this.#ask({ call: 'due', nowMs })) as Awaited<ReturnType<OutboxPort['due']>>,
    delivered: async (message, atMs) => void (await this.#ask({ call: 'delivered', message, atMs })),
    failed: async (message, failure) => void (await this.#ask({ call: 'failed', message, failure })),
  };

  async close(): Promise<void> {
    this.#closing = true;
    if (!this.#worker) return;
    await this.#ask({ call: 'close' });
  }

  #ask(call: Call): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#pending.set(id, { resolve, reject });
      const worker = this.#worker ?? this.#spawn();
      worker.postMessage({ ...call, id });
    });
  }

  #spawn(): Worker {
    const worker = new Worker(this.#script, {
      workerData: this.#settings,
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
    });
    let end: Failure = new ThreadStopped('the writing thread stopped: it ended');
    worker.on('message', (reply: Reply) => {
      // A thread that cannot open the database ends too, but no mail is to blame for it.
      if (reply.id === 0 && !reply.ok) end = unpacked(reply.error);
      this.#settle(reply);
    });
    worker.on('error', (error) => (end = new ThreadStopped(`the writing thread stopped: ${messageOf(error)}`)));
    worker.on('exit', () => this.#died(worker, end));
    this.#worker = worker;
    return worker;
  }

  #settle(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (!pending) return;
    if (reply.ok) return pending.resolve(reply.value);
    pending.reject(unpacked(reply.error));
  }

  #died(worker: Worker, end: Failure): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const each of pending) each.reject(end);
    if (this.#started && !this.#closing) this.#onDeath(end.message);
  }
}

function unpacked({ message, ...options }: PackedError): Failure {
  return new Failure(message, options);
}
