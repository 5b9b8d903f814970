import type { Clock } from '../base/clock.js';
import { codeOf } from '../base/failure.js';
import { harmlessName, noRecord } from '../base/name-servers.js';
import type { NameServers } from '../base/name-servers.js';
import type { Limits } from '../config/limits.js';
import type { SourceAddress, SourceName } from '../model/ptr.js';
import { lookUp } from './look-up.js';

export { lookUp } from './look-up.js';

export interface PtrOptions {
  readonly servers: NameServers;
  readonly clock: Clock;
  readonly limits: Limits;
  /** Source IPs that matter and whose name is not known or too old, the most important first; at most `most`. */
  due(most: number): Promise<readonly SourceAddress[]>;
  keep(names: readonly SourceName[]): Promise<void>;
  /** Told when no name server answers, and when one does again. */
  onAnswering(answering: boolean): void;
}

const roundMs = 10 * 60_000;
/** Answers that are written together: each costs a transaction. */
const keptTogether = 50;
/** Lookups in a row without an answer after which our own name servers may be gone. */
const silentInRow = 8;

export interface PtrLookups {
  /** There may be source IPs to look up. */
  wake(): void;
  readonly done: Promise<void>;
}

/** Looks up names in rounds, in the background, until the signal is aborted. `done` never rejects. */
export function startPtrLookups(options: PtrOptions, signal: AbortSignal): PtrLookups {
  let woken = new AbortController();
  signal.addEventListener('abort', () => options.servers.cancel(), { once: true });
  const tell = teller(options);
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      woken = new AbortController();
      const answering = await runRound(options, signal).catch(() => 'unknown' as const);
      if (typeof answering === 'boolean' && !signal.aborted) tell(answering);
      // After work there is a rest, whoever calls: that bounds what a flood of addresses makes us ask.
      const rest = answering === null ? AbortSignal.any([signal, woken.signal]) : signal;
      await options.clock.sleep(roundMs, rest);
    }
  };
  return { wake: () => woken.abort(), done: run() };
}

function teller({ onAnswering }: PtrOptions): (answering: boolean) => void {
  let told = true;
  return (answering) => {
    if (answering !== told) onAnswering(answering);
    told = answering;
  };
}

/** Whether a name server answers; null when nothing was asked. Rejects when the store does. */
async function runRound(options: PtrOptions, signal: AbortSignal): Promise<boolean | null> {
  const { servers, limits } = options;
  const queue = [...(await options.due(limits.ptrLookups))];
  if (queue.length === 0) return null;
  return (await answers(servers)) && new Round(options, queue, signal).run();
}

/** A server that can only say that it knows nothing (SERVFAIL, REFUSED) is as good as none. */
async function answers(servers: NameServers): Promise<boolean> {
  try {
    await servers.txt(harmlessName);
    return true;
  } catch (error) {
    return noRecord.has(codeOf(error));
  }
}

class Round {
  readonly #options: PtrOptions;
  readonly #queue: SourceAddress[];
  readonly #signal: AbortSignal;
  #found: SourceName[] = [];
  #silent = 0;
  #answering = true;

  constructor(options: PtrOptions, queue: SourceAddress[], signal: AbortSignal) {
    this.#options = options;
    this.#queue = queue;
    this.#signal = signal;
  }

  async run(): Promise<boolean> {
    await Promise.all(Array.from({ length: this.#options.limits.ptrTogether }, () => this.#work()));
    await this.#keep();
    return this.#answering;
  }

  async #work(): Promise<void> {
    const { clock, limits } = this.#options;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      await this.#look(next);
      if (this.#signal.aborted || !this.#answering) return;
      if (this.#found.length >= keptTogether) await this.#keep();
      await clock.sleep((1000 * limits.ptrTogether) / limits.ptrPerSecond, this.#signal);
      if (this.#signal.aborted) return;
    }
  }

  async #look({ sourceId, ip }: SourceAddress): Promise<void> {
    const { servers, limits } = this.#options;
    const { answer, silent } = await lookUp(servers, ip, limits.ptrNames);
    // What was broken off at the end was not asked.
    if (this.#signal.aborted) return;
    this.#found.push({ ...answer, sourceId });
    this.#silent = silent ? this.#silent + 1 : 0;
    if (this.#silent < silentInRow) return;
    // Whether it is all their servers or ours, one question to somebody else tells.
    this.#silent = 0;
    if (!(await answers(servers))) this.#answering = false;
  }

  async #keep(): Promise<void> {
    const found = this.#found;
    this.#found = [];
    if (found.length === 0) return;
    try {
      await this.#options.keep(found);
    } catch (error) {
      // What cannot be kept need not be asked.
      this.#queue.length = 0;
      throw error;
    }
  }
}
