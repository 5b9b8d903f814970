import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { walkOutcomes } from './fuzz-check.js';
import { openMutants } from './fuzz-inputs.js';
import { slots } from './fuzz-slots.js';

/** What a broken input is kept under. */
const failureFolder = resolve(import.meta.dirname, '../../.cache/fuzz');
const heapMegabytes = 512;
/** One fault breaks many mutants. */
const mostSaved = 100;

export interface FuzzOptions {
  readonly seed: number;
  readonly from: number;
  /** One past the last mutant. */
  readonly to: number;
  /** A mutant that takes longer than this many milliseconds hangs. */
  readonly hangMilliseconds?: number;
  readonly hangsAt?: number;
  readonly progress?: (done: number) => void;
}

export interface FuzzFailure {
  readonly index: number;
  readonly message: string;
  /** Where its bytes were saved. */
  readonly path: string;
}

export interface FuzzResult {
  /** Mutants that were begun. */
  readonly mutants: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly failures: readonly FuzzFailure[];
  readonly seconds: number;
  readonly slowest: { readonly index: number; readonly milliseconds: number };
  /** Most memory that was resident at a time, bytes. */
  readonly peakBytes: number;
}

/** Runs mutants in a worker under a watchdog: one that hangs or kills the worker is a failure, and the next one goes on. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzResult> {
  const shared = new SharedArrayBuffer(slots.count * Int32Array.BYTES_PER_ELEMENT);
  const figures = new Int32Array(shared);
  const broken: { index: number; message: string }[] = [];
  const start = performance.now();
  let from = options.from;
  while (from < options.to) {
    const death = await runWorker({ ...options, from }, shared, (index, message) => broken.push({ index, message }));
    if (death === null) break;
    const index = figures[slots.index] ?? 0;
    broken.push({ index, message: death });
    from = index + 1;
  }
  return {
    mutants: figures[slots.beats] ?? 0,
    outcomes: Object.fromEntries(walkOutcomes.map((name, at) => [name, figures[slots.outcomes + at] ?? 0])),
    failures: broken.length === 0 ? [] : saved(options.seed, broken),
    seconds: (performance.now() - start) / 1000,
    slowest: {
      index: figures[slots.slowestIndex] ?? 0,
      milliseconds: (figures[slots.slowestMicroseconds] ?? 0) / 1000,
    },
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
}

/** Resolves with null at the end of the range, or with what ended the worker before. */
async function runWorker(
  { seed, from, to, hangsAt = -1, hangMilliseconds = 8000, progress }: FuzzOptions,
  shared: SharedArrayBuffer,
  broken: (index: number, message: string) => void,
): Promise<string | null> {
  const worker = new Worker(new URL('./fuzz-worker.mjs', import.meta.url), {
    workerData: { seed, from, to, shared, hangsAt },
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
  });
  let death: string | null = null;
  worker.on('error', (error: unknown) => (death ??= `the worker died: ${String(error)}`));
  worker.on('message', ({ index, message }: { index: number; message: string }) => broken(index, message));
  const watch = watchdog(new Int32Array(shared), hangMilliseconds, (done, hangs) => {
    progress?.(done);
    if (!hangs) return;
    death = `it hangs: no end after ${hangMilliseconds} ms`;
    void worker.terminate();
  });
  const [code] = (await once(worker, 'exit')) as [number];
  clearInterval(watch);
  if (code !== 0) death ??= `the worker ended with code ${code}`;
  return death;
}

/** Tells ten times within `milliseconds` how many mutants were begun, and whether it is the same one all the time. */
function watchdog(
  figures: Int32Array,
  milliseconds: number,
  tell: (done: number, hangs: boolean) => void,
): NodeJS.Timeout {
  const before = Atomics.load(figures, slots.beats);
  let last = before;
  let still = 0;
  return setInterval(() => {
    const begun = Atomics.load(figures, slots.beats);
    // The worker needs its time to start.
    still = begun === last && begun > before ? still + 1 : 0;
    last = begun;
    tell(begun, still >= 10);
  }, milliseconds / 10);
}

function saved(seed: number, broken: readonly { index: number; message: string }[]): FuzzFailure[] {
  const mutantAt = openMutants();
  mkdirSync(failureFolder, { recursive: true });
  return broken.map(({ index, message }, at) => {
    const path = join(failureFolder, `${seed}-${index}`);
    if (at < mostSaved) writeFileSync(path, mutantAt(seed, index).bytes);
    return { index, message, path };
  });
}
