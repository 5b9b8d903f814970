// `npm run fuzz [-- --seed N] [--count N] [--only K]`: mutants of every fixture through the walk of the service, under a
// watchdog. The same seed and the same files give the same mutants; `--only` repeats one.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { openMutants } from '../test/support/fuzz-inputs.js';
import { runFuzz } from '../test/support/fuzz-run.js';
import type { FuzzFailure, FuzzResult } from '../test/support/fuzz-run.js';

const { values } = parseArgs({
  options: { seed: { type: 'string' }, count: { type: 'string', default: '200000' }, only: { type: 'string' } },
});
const seed = Number(values.seed ?? randomInt(2 ** 31));
const only = values.only === undefined ? null : Number(values.only);
const from = only ?? 0;
const to = only === null ? Number(values.count) : only + 1;
const progressStep = 20_000;
/** Several times what a run needs, far less than what one inflated bomb would take. */
const mostBytes = 500e6;

function describeOnly(index: number): void {
  const { name, entry, bytes, chunks, blockSize } = openMutants()(seed, index);
  console.log(`mutant ${index}: ${name}, ${bytes.length} bytes`);
  console.log(`entry ${entry}, ${chunks.length} chunks, blocks of ${blockSize} bytes`);
}

/** Failures that were found at the same place together. */
function kindsOf(failures: readonly FuzzFailure[]): FuzzFailure[][] {
  const kinds = new Map<string, FuzzFailure[]>();
  for (const failure of failures) {
    const place = /\n\s+at [\s\S]*/.exec(failure.message)?.[0] ?? failure.message;
    kinds.set(place, [...(kinds.get(place) ?? []), failure]);
  }
  return [...kinds.values()];
}

function print({ mutants, outcomes, failures, seconds, slowest, peakBytes }: FuzzResult): void {
  for (const [outcome, count] of Object.entries(outcomes)) console.log(outcome.padEnd(16), String(count).padStart(8));
  console.log('broken'.padEnd(16), String(failures.length).padStart(8));
  console.log(`${mutants} mutants in ${seconds.toFixed(0)} s, ${(mutants / seconds).toFixed(0)} a second`);
  console.log(`slowest: ${slowest.milliseconds.toFixed(0)} ms (mutant ${slowest.index})`);
  console.log(`peak memory: ${(peakBytes / 1e6).toFixed(0)} MB`);
  for (const [first, ...more] of kindsOf(failures)) {
    if (first === undefined) continue;
    console.log(`\nmutant ${first.index} and ${more.length} like it, ${first.path}\n${first.message}`);
  }
}

console.log(`seed ${seed}, mutants ${from} to ${to - 1}`);
if (only !== null) describeOnly(only);
let told = progressStep;
const result = await runFuzz({
  seed,
  from,
  to,
  progress: (done) => {
    if (done < told) return;
    console.log(`${done} mutants, ${Math.round(process.memoryUsage().rss / 1e6)} MB`);
    told = done + progressStep;
  },
});
print(result);
if (result.peakBytes > mostBytes) console.log(`more memory than ${mostBytes / 1e6} MB`);
if (result.failures.length > 0 || result.peakBytes > mostBytes) process.exitCode = 1;
