/** Ids by name, for the names used last: at least `bound` of them and at most twice as many. */
export class Remembered {
  readonly #bound: number;
  #recent = new Map<string, number>();
  #older = new Map<string, number>();

  constructor(bound: number) {
    this.#bound = bound;
  }

  get(name: string): number | undefined {
    const id = this.#recent.get(name);
    if (id !== undefined) return id;
    const older = this.#older.get(name);
    if (older !== undefined) this.set(name, older);
    return older;
  }

  set(name: string, id: number): void {
    if (this.#recent.size >= this.#bound) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(copyOf(name), id);
  }

  clear(): void {
    this.#recent.clear();
    this.#older.clear();
  }
}

/** A name cut out of a report would keep the whole block alive that it was cut from. */
function copyOf(name: string): string {
  return Buffer.from(name).toString();
}
