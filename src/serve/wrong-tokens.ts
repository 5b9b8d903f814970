export interface WrongTokenLimits {
  readonly httpWrongTokensPerMinute: number;
  readonly httpClients: number;
}

const minuteMs = 60_000;

/** Different wrong tokens of the running minute by client. One that is shown again is no further guess. */
export class WrongTokens {
  readonly #limits: WrongTokenLimits;
  readonly #byClient = new Map<string, Set<string>>();
  #minute = -1;

  constructor(limits: WrongTokenLimits) {
    this.#limits = limits;
  }

  /** Whether the client has guessed as often as it may. `now` in milliseconds. Clients beyond the bound share one count. */
  isOver(client: string, now: number): boolean {
    this.#turn(now);
    return (this.#byClient.get(this.#keyOf(client))?.size ?? 0) >= this.#limits.httpWrongTokensPerMinute;
  }

  /** True when it was the last that the client may show in this minute. */
  add(client: string, digest: Buffer, now: number): boolean {
    this.#turn(now);
    const key = this.#keyOf(client);
    const shown = this.#byClient.get(key) ?? new Set();
    // Some bytes tell guesses apart as well, and ten thousand clients are kept.
    if (shown.size < this.#limits.httpWrongTokensPerMinute) shown.add(digest.toString('latin1', 0, 8));
    this.#byClient.set(key, shown);
    return shown.size >= this.#limits.httpWrongTokensPerMinute;
  }

  #turn(now: number): void {
    const minute = Math.floor(now / minuteMs);
    if (minute !== this.#minute) this.#byClient.clear();
    this.#minute = minute;
  }

  #keyOf(client: string): string {
    return this.#byClient.has(client) || this.#byClient.size < this.#limits.httpClients ? client : '';
  }
}
