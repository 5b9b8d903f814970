/** What is kept, and what it takes. */
interface Weighed {
  readonly rows: readonly unknown[];
  /** Room that its key takes, in rows. */
  readonly besides?: number;
}

/**
 * Rows read before, by key, as long as the epoch of the store lasts. Past `bound` rows, what was asked for longest ago gives
 * way; but nothing of the round that is on: where all of it finds no room, to replace it over and over would help nobody.
 */
export class Kept<V extends Weighed> {
  readonly #epochOf: () => string;
  readonly #bound: number;
  readonly #entries = new Map<string, { readonly value: V; readonly round: number }>();
  #epoch = '';
  #round = 0;
  #rows = 0;

  constructor(epochOf: () => string, bound: number) {
    this.#epochOf = epochOf;
    this.#bound = bound;
  }

  /** Rows kept now. */
  get rows(): number {
    return this.#rows;
  }

  /** To be called before the first `get` of a question: drops what holds no more. `round`: the newest store id of a report. */
  refresh(round: number): this {
    this.#round = round;
    const epoch = this.#epochOf();
    if (epoch !== this.#epoch) this.clear();
    this.#epoch = epoch;
    return this;
  }

  get(key: string): V | null {
    const value = this.#entries.get(key)?.value;
    if (value === undefined) return null;
    this.#entries.delete(key);
    this.#entries.set(key, { value, round: this.#round });
    return value;
  }

  /** Keeps the value if there is room, and returns it. */
  set(key: string, value: V): V {
    this.drop(key);
    const rows = sizeOf(value);
    if (rows > this.#bound || !this.#hasRoom(rows)) return value;
    this.#entries.set(key, { value, round: this.#round });
    this.#rows += rows;
    return value;
  }

  /** Makes it where it can. */
  #hasRoom(rows: number): boolean {
    for (const [oldest, { round }] of this.#entries) {
      if (round === this.#round || this.#rows + rows <= this.#bound) break;
      this.drop(oldest);
    }
    return this.#rows + rows <= this.#bound;
  }

  drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#rows -= sizeOf(entry.value);
  }

  clear(): void {
    this.#entries.clear();
    this.#rows = 0;
  }
}

/** A key without rows takes room too. */
function sizeOf({ rows, besides = 0 }: Weighed): number {
  return Math.max(1, rows.length) + besides;
}
