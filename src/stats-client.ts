import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { DomainStats } from './observe/observe.js';

export type StatsAnswer = { readonly stats: DomainStats } | { readonly fault: string };

/** Handle of the thread that reads what the gauges show. It is started by the first question, and again after it died. */
export class StatsThread {
  readonly #db: string;
  readonly #script: URL;
  #worker: Worker | null = null;

  constructor(db: string, script = new URL('./stats-thread.js', import.meta.url)) {
    this.#db = db;
    this.#script = script;
  }

  /** `now` in Unix seconds. One question at a time. Rejects when the store cannot be read. */
  async read(now: number): Promise<DomainStats> {
    const worker = (this.#worker ??= this.#start());
    worker.postMessage(now);
    const [answer] = (await once(worker, 'message')) as [StatsAnswer];
    if ('fault' in answer) throw new Error(answer.fault);
    return answer.stats;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(this.#script, { workerData: this.#db });
    const forget = () => {
      if (this.#worker === worker) this.#worker = null;
    };
    return worker.on('error', forget).on('exit', forget);
  }
}
