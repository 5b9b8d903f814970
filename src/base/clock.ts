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

/** Unix seconds of `2026-09-01` (midnight UTC) or `2026-09-01T06:00:00Z`; null when it is neither. */
export function instantOf(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?$/.test(text)) return null;
  const ms = Date.parse(text);
  // Date.parse takes 31 February for 3 March.
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(text.slice(0, 10))) return null;
  return ms / 1000;
}

/** Midnight UTC of the day that holds `seconds`, Unix seconds. */
export function utcDay(seconds: number): number {
  return Math.floor(seconds / daySeconds) * daySeconds;
}
