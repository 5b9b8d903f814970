import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from './base/failure.js';
import type { StatsAnswer } from './stats-client.js';
import { openStoreReader } from './store/store.js';

/** The thread that sums up the window of the gauges: over millions of rows it takes a second, and a scrape must not. */
const reader = openStoreReader(workerData as string);

parentPort?.on('message', (now: number) => {
  void reader.domainStats(now).then(
    (stats) => answer({ stats }),
    (error: unknown) => answer({ fault: messageOf(error) }),
  );
});

function answer(value: StatsAnswer): void {
  parentPort?.postMessage(value);
}
