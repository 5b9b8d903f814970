const blockBytes = 64 * 1024;

/** Bytes put one behind the other: a sender decides in how many pieces they come, and each piece would cost memory of its own. */
export class Gathered {
  readonly #blocks: Buffer[] = [];
  #last = Buffer.alloc(0);
  #used = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(piece: Buffer): void {
    this.#length += piece.length;
    for (let from = 0; from < piece.length;) {
      if (this.#used === this.#last.length) this.#begin();
      const copied = piece.copy(this.#last, this.#used, from);
      this.#used += copied;
      from += copied;
    }
  }

  bytes(): Buffer {
    return Buffer.concat([...this.#blocks, this.#last.subarray(0, this.#used)]);
  }

  #begin(): void {
    this.#blocks.push(this.#last);
    this.#last = Buffer.allocUnsafeSlow(blockBytes);
    this.#used = 0;
  }
}
