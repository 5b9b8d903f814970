import { setTimeout as delay } from 'node:timers/promises';

/** The only source of time; tests drive their own. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal is aborted (never rejects). */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, { signal });
    } catch {
      /* aborted: the caller looks at the signal */
    }
  },
};

export const daySeconds = 86_400;

/** Midnight UTC of the day that holds `seconds`, Unix seconds. */
export function utcDay(seconds: number): number {
  return Math.floor(seconds / daySeconds) * daySeconds;
}
