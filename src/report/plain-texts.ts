import { lastMask } from './words.js';

const space = 32;

/** 1 for the bytes that stand for themselves in any text: printable ASCII except `&` and `<`. */
const plain = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 32 && byte <= 126 && byte !== 38 && byte !== 60 ? 1 : 0,
);

/** Offset of the first byte from `at` on that is not plain. The bytes must end in one. */
export function endOfPlain(bytes: Buffer, at: number): number {
  let end = at;
  while (plain[bytes[end] ?? 0] === 1) end++;
  return end;
}

/** So many texts are remembered, and none longer than so many words of four bytes. */
const slotBits = 11;
const wordsKept = 16;

/**
 * Makes strings of plain bytes. A report says the same few things a thousand times: a text that was seen of late is
 * not made anew. Its strings are copies, so that none of them keeps a block of the document in memory.
 */
export class PlainTexts {
  readonly #texts = new Array<string>(1 << slotBits).fill('');
  /** The bytes of each text. */
  readonly #words = new Int32Array(wordsKept << slotBits);
  /** The bytes of the text asked for. */
  readonly #key = new Int32Array(wordsKept);

  /** The bytes from `start` to `end` without spaces at the end; `view` sees the same bytes, and at least three behind them. */
  text(bytes: Buffer, view: DataView, start: number, last: number): string {
    let end = last;
    while (end > start && bytes[end - 1] === space) end--;
    const length = end - start;
    const words = (length + 3) >> 2;
    if (words > wordsKept) return bytes.toString('latin1', start, end);
    const slot = this.#load(view, start, length) >>> (32 - slotBits);
    const recent = this.#texts[slot] ?? '';
    if (recent.length === length && this.#holds(slot * wordsKept, words)) return recent;
    const text = bytes.toString('latin1', start, end);
    this.#texts[slot] = text;
    this.#words.set(this.#key, slot * wordsKept);
    return text;
  }

  /** Fills the key and gives its hash, whose upper bits are the good ones. */
  #load(view: DataView, start: number, length: number): number {
    const last = (length - 1) >> 2;
    let hash = length;
    for (let i = 0; i <= last; i++) {
      const word = view.getInt32(start + 4 * i, true) & (i === last ? lastMask(length) : -1);
      this.#key[i] = word;
      hash = Math.imul(hash ^ word, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return Math.imul(hash, 0x85ebca6b);
  }

  #holds(from: number, words: number): boolean {
    for (let i = 0; i < words; i++) if (this.#words[from + i] !== this.#key[i]) return false;
    return true;
  }
}
