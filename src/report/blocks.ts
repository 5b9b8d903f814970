/**
 * Makes blocks of a useful size from chunks of any size, so that neither a chunk of one byte nor one of a gigabyte costs more
 * than its share. A block is valid until the next call.
 */
export class Blocks {
  readonly #take: (block: Buffer) => void;
  readonly #size: number;
  /** Grows up to the size: most reports are small. */
  #small = Buffer.alloc(0);
  #used = 0;

  constructor(size: number, take: (block: Buffer) => void) {
    this.#size = size;
    this.#take = take;
  }

  write(chunk: Buffer): void {
    const size = this.#size;
    let at = 0;
    while (at < chunk.length) {
      if (this.#used === 0 && chunk.length - at >= size) {
        this.#take(chunk.subarray(at, at + size));
        at += size;
      } else {
        this.#makeRoom(Math.min(size, this.#used + chunk.length - at));
        const copied = chunk.copy(this.#small, this.#used, at);
        this.#used += copied;
        at += copied;
        if (this.#used === size) this.end();
      }
    }
  }

  #makeRoom(needed: number): void {
    if (needed <= this.#small.length) return;
    const larger = Buffer.allocUnsafe(Math.min(this.#size, Math.max(needed, 2 * this.#small.length)));
    this.#small.copy(larger, 0, 0, this.#used);
    this.#small = larger;
  }

  /** Hands on what is left. */
  end(): void {
    const used = this.#used;
    this.#used = 0;
    if (used > 0) this.#take(this.#small.subarray(0, used));
  }
}
