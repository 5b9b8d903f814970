import { parentPort, workerData } from 'node:worker_threads';
import { outcomeOf, walkOutcomes } from './fuzz-check.js';
import { openMutants } from './fuzz-inputs.js';
import { slots, type FuzzRange } from './fuzz-slots.js';

/** Runs the mutants of a range one by one; says where it is in memory that its watchdog can read while it hangs. */
const range = workerData as FuzzRange;
const shared = new Int32Array(range.shared);
const mutantAt = openMutants();

function add(slot: number, value: number): void {
  Atomics.add(shared, slot, value);
}

async function runOne(index: number): Promise<void> {
  const start = performance.now();
  try {
    if (index === range.hangsAt) for (;;) add(slots.beats, 0);
    const outcome = await outcomeOf(mutantAt(range.seed, index));
    add(slots.outcomes + walkOutcomes.indexOf(outcome), 1);
  } catch (error) {
    parentPort?.postMessage({
      index,
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }
  const microseconds = Math.round((performance.now() - start) * 1000);
  if (microseconds <= (shared[slots.slowestMicroseconds] ?? 0)) return;
  Atomics.store(shared, slots.slowestMicroseconds, microseconds);
  Atomics.store(shared, slots.slowestIndex, index);
}

for (let index = range.from; index < range.to; index++) {
  Atomics.store(shared, slots.index, index);
  add(slots.beats, 1);
  await runOne(index);
}
