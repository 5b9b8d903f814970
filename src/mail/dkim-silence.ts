import type { Clock } from '../base/clock.js';

/** Lookups of one organisation without any answer after which its name servers count as gone, and organisations in a row after which ours may be. */
const silent = { ofOne: 2, inRow: 4, forMs: 60_000 };

/**
 * Whom not to ask for a while. Anybody can name a domain whose name servers never answer, so one organisation alone keeps
 * nobody else from being asked.
 */
export class Silence {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #counts = new Map<string, { readonly times: number; readonly until: number }>();
  readonly #inRow = new Set<string>();

  /** `most`: organisations remembered. */
  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  isSilent(organisation: string): boolean {
    return this.#timesOf(organisation, this.#clock.now()) >= silent.ofOne;
  }

  answered(organisation: string): void {
    this.#inRow.clear();
    this.#counts.delete(organisation);
  }

  /** True when so many organisations in a row gave no answer that our own name servers may be gone. */
  gaveNoAnswer(organisation: string): boolean {
    const now = this.#clock.now();
    const times = this.#timesOf(organisation, now) + 1;
    this.#counts.delete(organisation);
    const oldest = this.#counts.size >= this.#most ? this.#counts.keys().next().value : undefined;
    if (oldest !== undefined) this.#counts.delete(oldest);
    this.#counts.set(organisation, { times, until: now + silent.forMs });
    this.#inRow.add(organisation);
    if (this.#inRow.size < silent.inRow) return false;
    this.#inRow.clear();
    return true;
  }

  #timesOf(organisation: string, now: number): number {
    const count = this.#counts.get(organisation);
    return count && count.until > now ? count.times : 0;
  }
}
