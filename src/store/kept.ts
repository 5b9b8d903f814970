/** What is kept, and what it takes. */
interface Weighed {
  readonly rows: readonly unknown[];
  /** Room that its key takes, in rows. */
  readonly besides?: number;
}

/** Rows read before, by key, as long as the epoch of the store lasts; past `bound` rows, what was asked for longest ago gives way. */
export class Kept<V extends Weighed> {
  readonly #epochOf: () => string;
  readonly #bound: number;
  readonly #values = new Map<string, V>();
  #epoch = '';
  #rows = 0;

  constructor(epochOf: () => string, bound: number) {
    this.#epochOf = epochOf;
    this.#bound = bound;
  }

  /** Rows kept now. */
  get rows(): number {
    return this.#rows;
  }

  /** To be called before the first `get` of a question: drops what holds no more. */
  refresh(): this {
    const epoch = this.#epochOf();
    if (epoch !== this.#epoch) this.#clear(epoch);
    return this;
  }

  get(key: string): V | null {
    const value = this.#values.get(key);
    if (value === undefined) return null;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  set(key: string, value: V): V {
    this.#drop(key);
    this.#values.set(key, value);
    this.#rows += sizeOf(value);
    for (const oldest of this.#values.keys()) {
      if (this.#rows <= this.#bound) break;
      this.#drop(oldest);
    }
    return value;
  }

  #drop(key: string): void {
    const value = this.#values.get(key);
    if (value === undefined) return;
    this.#values.delete(key);
    this.#rows -= sizeOf(value);
  }

  #clear(epoch: string): void {
    this.#values.clear();
    this.#rows = 0;
    this.#epoch = epoch;
  }
}

/** A key without rows takes room too. */
function sizeOf({ rows, besides = 0 }: Weighed): number {
  return Math.max(1, rows.length) + besides;
}
