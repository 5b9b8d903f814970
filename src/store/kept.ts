/** Rows read before, by key, as long as the epoch of the store lasts; past `bound` rows, what was asked for longest ago gives way. */
export class Kept<V extends { readonly rows: readonly unknown[] }> {
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

  get(key: string): V | null {
    const epoch = this.#epochOf();
    if (epoch !== this.#epoch) this.#clear(epoch);
    const value = this.#values.get(key);
    if (value === undefined) return null;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  /** After a `get` of the key: what is set belongs to the epoch that it saw. */
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
function sizeOf({ rows }: { readonly rows: readonly unknown[] }): number {
  return Math.max(1, rows.length);
}
