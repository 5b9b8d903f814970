import type { Clock } from '../base/clock.js';

/** Wakes a waiting loop; a ring while nobody waits is kept for the next wait. */
export interface Bell {
  wake(): void;
  /** Resolves after `ms`, when the bell rings, or when the signal is aborted. */
  wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void>;
}

export function openBell(): Bell {
  let rung = false;
  let ring = () => {};
  return {
    wake: () => {
      rung = true;
      ring();
    },
    wait: async (clock, ms, signal) => {
      const woken = new AbortController();
      const stop = () => woken.abort();
      ring = stop;
      signal.addEventListener('abort', stop, { once: true });
      if (!rung && !signal.aborted) await clock.sleep(ms, woken.signal);
      signal.removeEventListener('abort', stop);
      rung = false;
    },
  };
}
