/** How much is fetched, read and committed together: large enough to share a transaction, small enough to lose little. */
export interface BatchLimits {
  readonly mails: number;
  readonly bytes: number;
}

export const batchLimits: BatchLimits = { mails: 50, bytes: 16 * 1024 * 1024 };

/** Cuts a list into batches in order, each within both bounds but never empty. `weigh` gives the bytes that an item will take. */
export function* inBatches<T>(
  items: Iterable<T>,
  weigh: (item: T) => number,
  limits: BatchLimits = batchLimits,
): Generator<readonly T[]> {
  let batch: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const weight = weigh(item);
    if (batch.length > 0 && (batch.length >= limits.mails || bytes + weight > limits.bytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(item);
    bytes += weight;
  }
  if (batch.length > 0) yield batch;
}
