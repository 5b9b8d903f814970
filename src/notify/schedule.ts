const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** Waits before the attempts 1, 2, 3, …: after the last one the message is dropped. */
const waits: readonly number[] = [
  0,
  5 * second,
  minute,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
];

const longestRetryAfter = 24 * hour;

/**
 * Milliseconds to wait after `attempts` attempts failed, or null when that was the last. ±20 % by `random` (0 to 1), so that
 * many senders do not come back together; never sooner than the receiver asked for, up to a day.
 */
export function waitAfter(attempts: number, random: () => number, retryAfterMs: number | null): number | null {
  const wait = waits[attempts];
  if (wait === undefined) return null;
  const jittered = Math.round(wait * (0.8 + 0.4 * random()));
  return Math.max(jittered, Math.min(retryAfterMs ?? 0, longestRetryAfter));
}
