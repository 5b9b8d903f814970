import type { ContainerEnding } from '../model/report-file.js';

/** Bytes that are pulled: nothing is read, inflated or opened before somebody asks. */
export interface Flow {
  /** The next bytes, never empty; null at the end. Bad input ends the flow, it does not reject; a failing disk rejects. */
  next(): Promise<Buffer | null>;
  /** Gives back what the flow holds open; `next` answers null from then on. */
  close(): Promise<void>;
  /** Why the flow ended, the containers around it included. Final after `next` answered null. */
  ending(): ContainerEnding;
}

/** A flow that can be looked into and given bytes back. */
export interface Peekable extends Flow {
  /** At least `count` bytes from here on without taking them; fewer only when the flow ends before. */
  peek(count: number): Promise<Buffer>;
  /** At most `max` bytes, taken; null at the end. */
  read(max: number): Promise<Buffer | null>;
  /** Puts bytes back in front. */
  unread(bytes: Buffer): void;
}

export function peekable(flow: Flow): Peekable {
  let held: Buffer = Buffer.alloc(0);
  const take = async (): Promise<Buffer | null> => {
    if (held.length === 0) return flow.next();
    const all = held;
    held = Buffer.alloc(0);
    return all;
  };
  const unread = (bytes: Buffer): void => {
    held = held.length === 0 ? bytes : Buffer.concat([bytes, held]);
  };
  return {
    next: take,
    unread,
    close: async () => {
      held = Buffer.alloc(0);
      await flow.close();
    },
    ending: flow.ending,
    peek: async (count) => {
      if (held.length < count) held = await fill(held, flow, count);
      return held;
    },
    read: async (max) => {
      const bytes = await take();
      if (bytes === null || bytes.length <= max) return bytes;
      unread(bytes.subarray(max));
      return bytes.subarray(0, max);
    },
  };
}

async function fill(held: Buffer, flow: Flow, count: number): Promise<Buffer> {
  const pieces = held.length === 0 ? [] : [held];
  let length = held.length;
  while (length < count) {
    const bytes = await flow.next();
    if (bytes === null) break;
    pieces.push(bytes);
    length += bytes.length;
  }
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
}

/** Reads on until the flow ends, so that its own end can be judged. */
export async function drain(flow: Flow): Promise<number> {
  let bytes = 0;
  for (let chunk = await flow.next(); chunk !== null; chunk = await flow.next()) bytes += chunk.length;
  return bytes;
}
