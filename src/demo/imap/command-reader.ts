/** A command as sent: text between literals, and the literals (RFC 3501 section 4.3). */
export type Piece = string | Buffer;

export type ReaderEvent =
  | { readonly kind: 'line'; readonly pieces: readonly Piece[] }
  /** The client waits for leave to send a literal. */
  | { readonly kind: 'literal-asked' }
  | { readonly kind: 'too-long' };

const lineEnd = Buffer.from('\r\n');
const literalAtEnd = /\{(\d{1,10})(\+?)\}$/;

/** Cuts a byte stream into commands. After `too-long` nothing more is read. */
export class CommandReader {
  readonly #maxBytes: number;
  #buffer: Buffer = Buffer.alloc(0);
  #pieces: Piece[] = [];
  #bytes = 0;
  /** Bytes of the literal that is being read; null between literals. */
  #literal: number | null = null;
  #broken = false;

  /** `maxBytes` bounds one command, its literals included. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  push(chunk: Buffer): readonly ReaderEvent[] {
    if (this.#broken) return [];
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    const events: ReaderEvent[] = [];
    while (!this.#broken && this.#step(events));
    return events;
  }

  /** False: nothing more to do without more bytes. */
  #step(events: ReaderEvent[]): boolean {
    return this.#literal === null ? this.#readLine(events) : this.#readLiteral(this.#literal);
  }

  #readLiteral(size: number): boolean {
    if (this.#buffer.length < size) return false;
    this.#pieces.push(this.#take(size));
    this.#literal = null;
    return true;
  }

  #readLine(events: ReaderEvent[]): boolean {
    const end = this.#buffer.indexOf(lineEnd);
    const length = end === -1 ? this.#buffer.length : end;
    if (this.#bytes + length > this.#maxBytes) return this.#breakOff(events);
    if (end === -1) return false;
    const text = this.#take(end).toString('latin1');
    this.#buffer = this.#buffer.subarray(lineEnd.length);
    const literal = literalAtEnd.exec(text);
    if (literal) return this.#openLiteral(text.slice(0, literal.index), Number(literal[1]), literal[2] === '+', events);
    events.push({ kind: 'line', pieces: [...this.#pieces, text] });
    this.#pieces = [];
    this.#bytes = 0;
    return true;
  }

  #openLiteral(before: string, size: number, sentAtOnce: boolean, events: ReaderEvent[]): boolean {
    if (this.#bytes + size > this.#maxBytes) return this.#breakOff(events);
    this.#pieces.push(before);
    this.#literal = size;
    if (!sentAtOnce) events.push({ kind: 'literal-asked' });
    return true;
  }

  #breakOff(events: ReaderEvent[]): boolean {
    this.#broken = true;
    this.#buffer = Buffer.alloc(0);
    this.#pieces = [];
    events.push({ kind: 'too-long' });
    return false;
  }

  #take(size: number): Buffer {
    const taken = this.#buffer.subarray(0, size);
    this.#buffer = this.#buffer.subarray(size);
    this.#bytes += size;
    return taken;
  }
}
