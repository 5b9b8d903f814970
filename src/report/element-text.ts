import { decodeBytes, decodeReferences, tidyText } from './xml-text.js';
import type { XmlHandler } from './xml-handler.js';

/** Stands where bytes were left out, so that a word before them, and blanks, is not taken for the whole text. */
const cutMark = '\u2026';

export const withCutMark = (text: string): string => (text.endsWith(cutMark) ? text : text + cutMark);

/** Longest way to write one character: `&#x10FFFF;`. */
const bytesPerChar = 10;

/**
 * The text of the innermost open element, gathered piece by piece. Bytes are decoded only when a run of them is whole,
 * so that neither a character nor a reference is ever cut by the edge of a chunk. Keeps a bounded part of a text of any length.
 */
export class ElementText {
  readonly #handler: XmlHandler;
  readonly #maxChars: number;
  /** Made when it is needed: most texts never come here. */
  #run = Buffer.alloc(0);
  #used = 0;
  #runIsCdata = false;
  #cut = false;
  #text = '';

  constructor(handler: XmlHandler, maxChars: number) {
    this.#handler = handler;
    this.#maxChars = maxChars;
  }

  get isEmpty(): boolean {
    return this.#used === 0 && this.#text === '';
  }

  /** Adds the bytes from `start` to `end`; references inside CDATA stay as they are. */
  add(bytes: Buffer, start: number, end: number, isCdata: boolean): void {
    if (start === end) return;
    if (this.#run.length === 0) this.#run = Buffer.allocUnsafe(this.#maxChars * bytesPerChar);
    if (isCdata !== this.#runIsCdata) this.#endRun();
    this.#runIsCdata = isCdata;
    const room = this.#run.length - this.#used;
    if (end - start > room) this.#cut = true;
    if (room === 0) return;
    if (end - start === 1) this.#run[this.#used++] = bytes[start] ?? 0;
    else this.#used += bytes.copy(this.#run, this.#used, start, Math.min(end, start + room));
  }

  /** The decoded text so far, not yet tidied; starts anew. */
  take(): string {
    this.#endRun();
    const text = this.#text;
    this.#text = '';
    this.#cut = false;
    return text;
  }

  #endRun(): void {
    if (this.#used === 0) return;
    const note = this.#handler.note.bind(this.#handler);
    const bytes = this.#run.subarray(0, this.#cut ? wholeCharacters(this.#run, this.#used) : this.#used);
    const text = decodeBytes(bytes, note);
    this.#used = 0;
    const fits = this.#text.length <= this.#maxChars;
    if (fits) this.#text += this.#runIsCdata ? text : decodeReferences(text, note);
    if (!fits || this.#cut) this.#text = withCutMark(this.#text);
  }
}

/** How many of the first `length` bytes make whole UTF-8 characters. */
function wholeCharacters(bytes: Buffer, length: number): number {
  let end = length;
  while (end > 0 && ((bytes[end - 1] ?? 0) & 0xc0) === 0x80) end--;
  return end > 0 && (bytes[end - 1] ?? 0) >= 0xc0 ? end - 1 : length;
}

/** Tidied and at most `maxChars` long. */
export function boundedText(text: string, maxChars: number, handler: XmlHandler): string {
  const tidy = tidyText(text, handler.note.bind(handler));
  if (tidy.length <= maxChars) return tidy;
  handler.note('text-cut', tidy);
  return cutText(tidy, maxChars);
}

/** The start of a name that is longer than `max` characters, and a mark that makes it no other name. */
export function cutName(name: string, max: number): string {
  return cutText(name, max - 1) + cutMark;
}

/** At most `max` characters, and no half of one. */
function cutText(text: string, max: number): string {
  const endsInHalf = /[\ud800-\udbff]/.test(text.charAt(max - 1));
  return text.slice(0, endsInHalf ? max - 1 : max);
}
