import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from './base/failure.js';
import type { Answer, Question } from './stats-client.js';
import { openStoreReader } from './store/store.js';

/** A thread that only reads: over millions of rows an answer may take a second, which mail and health must not wait for. */
const reader = openStoreReader(workerData as string);

parentPort?.on('message', ({ id, name, args }: Question) => {
  const read = reader[name] as (...args: readonly unknown[]) => Promise<unknown>;
  void read(...args).then(
    (value) => answer({ id, value }),
    (error: unknown) => answer({ id, fault: messageOf(error) }),
  );
});

function answer(value: Answer): void {
  parentPort?.postMessage(value);
}
