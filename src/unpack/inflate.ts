import { constants, createInflateRaw, inflateRawSync } from 'node:zlib';
import type { InflateRaw } from 'node:zlib';
import { codeOf, messageOf } from '../base/failure.js';
import type { Peekable } from './flow.js';

/** Twice the speed of zlib's default of 16 KiB. */
const chunkSize = 64 * 1024;
/** Packed bytes up to which one synchronous call is cheaper (about four times) than a stream. */
const syncBytes = 256 * 1024;
/** What one synchronous call may unpack: more would hold the thread and the memory too long, and is streamed. */
const syncOutputBytes = 16 * 1024 * 1024;
/** Steps through a small damaged stream: zlib drops what the failing step had inflated. */
const salvageSteps = 256;
/** Such streams are rare and small: better to lose little of a damaged one than to be fast. */
const unframedStep = 1024;

/** One deflate stream (RFC 1951), read from where `flow` stands. What follows it stays in `flow`. */
export interface Inflation {
  /** The next inflated bytes; null at the end of the stream, at the end of the input, and where the data is damaged. */
  next(): Promise<Buffer | null>;
  /** What zlib found wrong, or null. */
  damage(): string | null;
  close(): void;
}

export function inflation(flow: Peekable): Inflation {
  let stream: Inflation | null = null;
  let whole = false;
  return {
    next: async () => {
      if (whole) return null;
      if (stream === null) {
        const held = await flow.peek(syncBytes);
        const output = await inflateWhole(flow, held);
        whole = output !== null;
        if (output !== null) return output.length === 0 ? null : output;
        stream = new InflateStream(flow, held.length < syncBytes ? Math.ceil(held.length / salvageSteps) : chunkSize);
      }
      return stream.next();
    },
    damage: () => stream?.damage() ?? null,
    close: () => stream?.close(),
  };
}

/** zlib's words for a deflate stream without its end. */
export const cutShort = 'unexpected end of file';

/** For a deflate stream with nothing behind it that would prove its end: one that just stops is damaged, by `cutShort`. */
export function unframedInflation(flow: Peekable): Inflation {
  return new InflateStream(flow, unframedStep, constants.Z_FINISH);
}

/** `info: true` changes what zlib returns; its types do not say so. */
interface WithEngine {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/** Null, with nothing taken from the flow, when the stream is damaged or too large for one call. */
async function inflateWhole(flow: Peekable, held: Buffer): Promise<Buffer | null> {
  const input = held.subarray(0, syncBytes);
  try {
    const { buffer, engine } = inflateRawSync(input, {
      info: true,
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: syncOutputBytes,
      chunkSize,
    }) as unknown as WithEngine;
    const mayGoOn = engine.bytesWritten === input.length && held.length >= syncBytes;
    if (mayGoOn) return null;
    await flow.next();
    if (engine.bytesWritten < held.length) flow.unread(held.subarray(engine.bytesWritten));
    return buffer;
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE' || codeOf(error).startsWith('Z_')) return null;
    throw error;
  }
}

/** Feeds zlib's own stream piece by piece and pulls what comes out: at most a chunk or two are in memory. */
class InflateStream implements Inflation {
  private readonly flow: Peekable;
  private readonly step: number;
  private readonly engine: InflateRaw;
  private fed = 0;
  private last: Buffer = Buffer.alloc(0);
  private hungry = true;
  private over = false;
  private failure: string | null = null;
  private wake: () => void = () => undefined;

  constructor(flow: Peekable, step: number, finishFlush: number = constants.Z_SYNC_FLUSH) {
    this.flow = flow;
    this.step = step;
    this.engine = createInflateRaw({ chunkSize, finishFlush });
    this.engine.on('readable', () => this.wake());
    this.engine.on('end', () => this.finish(null));
    this.engine.on('error', (error) => this.finish(messageOf(error)));
  }

  async next(): Promise<Buffer | null> {
    for (;;) {
      const woken = new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      const output = this.engine.read() as Buffer | null;
      if (output !== null) return output;
      if (this.over) return null;
      if (this.hungry) await this.feed();
      await woken;
    }
  }

  damage(): string | null {
    return this.failure;
  }

  close(): void {
    this.over = true;
    this.engine.destroy();
    this.wake();
  }

  private async feed(): Promise<void> {
    this.hungry = false;
    if (this.engine.bytesWritten < this.fed) {
      // zlib leaves input only behind the end of the deflate stream
      this.finish(null);
      return;
    }
    const input = await this.flow.read(this.step);
    if (input === null) {
      this.engine.end();
      return;
    }
    this.last = input;
    this.fed += input.length;
    this.engine.write(input, () => {
      this.hungry = true;
      this.wake();
    });
  }

  private finish(failure: string | null): void {
    if (this.over) return;
    this.over = true;
    this.failure = failure;
    const unused = this.fed - this.engine.bytesWritten;
    if (unused > 0 && failure === null) this.flow.unread(this.last.subarray(this.last.length - unused));
    this.engine.destroy();
    this.wake();
  }
}
