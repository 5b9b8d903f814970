import { Worker } from 'node:worker_threads';
import { Busy, messageOf } from './base/failure.js';
import { limits } from './config/limits.js';
import type { StoreReader } from './store/store.js';

/** What is read in the thread: all that may go over many rows. */
const threaded = [
  'domainStats',
  'domains',
  'daily',
  'sources',
  'senderStats',
  'coverage',
  'authStats',
  'policies',
  'delays',
  'sourceRecords',
  'senders',
  'reporters',
  'variables',
  'reports',
  'records',
  'mails',
  'status',
] as const satisfies readonly (keyof StoreReader)[];

type Threaded = (typeof threaded)[number];

export interface Question {
  readonly id: number;
  readonly name: Threaded;
  readonly args: readonly unknown[];
}

export type Answer = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly fault: string };

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Handle of a thread that reads the store, one question after the other, and refuses with Busy when too many wait. It is started by the first question, and again after it died. */
export class StatsThread {
  readonly #db: string;
  readonly #script: URL;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #last = 0;

  constructor(db: string, script = new URL('./stats-thread.js', import.meta.url)) {
    this.#db = db;
    this.#script = script;
  }

  /** They reject when the store cannot be read, and with Busy. */
  reads(): Pick<StoreReader, Threaded> {
    const reads = threaded.map((name) => [name, (...args: readonly unknown[]) => this.#ask(name, args)]);
    return Object.fromEntries(reads) as Pick<StoreReader, Threaded>;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #ask(name: Threaded, args: readonly unknown[]): Promise<unknown> {
    if (this.#waiting.size >= limits.waitingQuestions) return Promise.reject(new Busy());
    const worker = (this.#worker ??= this.#start());
    const id = (this.#last += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ id, name, args } satisfies Question);
    });
  }

  #start(): Worker {
    const worker = new Worker(this.#script, { workerData: this.#db });
    const lost = (reason: string) => {
      if (this.#worker !== worker) return;
      this.#worker = null;
      for (const { reject } of this.#waiting.values()) reject(new Error(`the thread that reads ${this.#db} ended: ${reason}`)); // prettier-ignore
      this.#waiting.clear();
    };
    return worker
      .on('message', (answer: Answer) => this.#settle(answer))
      .on('error', (error) => lost(messageOf(error)))
      .on('exit', (code) => lost(`exit code ${code}`));
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('fault' in answer) waiting?.reject(new Error(answer.fault));
    else waiting?.resolve(answer.value);
  }
}
