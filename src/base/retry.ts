export interface Backoff {
  /** First wait in milliseconds; every further failure doubles it. */
  readonly firstMs: number;
  /** Longest wait in milliseconds, jitter included. */
  readonly capMs: number;
}

/**
 * Milliseconds to wait after the `failures`-th failure in a row (1 is the first).
 * Up to a quarter is taken off at random, so that many clients of a server that comes back do not come in step.
 * `random` yields 0 (included) to 1 (excluded).
 */
export function backoffMs(failures: number, { firstMs, capMs }: Backoff, random: () => number = Math.random): number {
  const doubled = firstMs * 2 ** Math.max(0, failures - 1);
  return Math.round(Math.min(doubled, capMs) * (1 - random() / 4));
}
