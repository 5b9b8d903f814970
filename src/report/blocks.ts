/**
 * Makes blocks of a useful size from chunks of any size, so that neither a chunk of one byte nor one of a gigabyte costs more
 * than its share. A block is valid until the next call.
 */
export class Blocks {
  readonly #take: (block: Buffer) => void;
  readonly #small: Buffer;
  #used = 0;

  constructor(size: number, take: (block: Buffer) => void) {
    this.#small = Buffer.allocUnsafe(size);
    this.#take = take;
  }

  write(chunk: Buffer): void {
    const size = this.#small.length;
    let at = 0;
    while (at < chunk.length) {
      if (this.#used === 0 && chunk.length - at >= size) {
        this.#take(chunk.subarray(at, at + size));
        at += size;
      } else {
        const copied = chunk.copy(this.#small, this.#used, at);
        this.#used += copied;
        at += copied;
        if (this.#used === size) this.end();
      }
    }
  }

  /** Hands on what is left. */
  end(): void {
    const used = this.#used;
    this.#used = 0;
    if (used > 0) this.#take(this.#small.subarray(0, used));
  }
}
