import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { codeOf, Failure, messageOf } from '../base/failure.js';
import type { Content } from '../model/content.js';
import { sizeOf } from '../model/content.js';
import type { Flow } from './flow.js';
import { complete } from './ending.js';

const fileChunkBytes = 64 * 1024;
/** Bytes in memory are handed on in views of this size: it bounds how much one step works on. */
const memoryChunkBytes = 256 * 1024;

/** Bytes of a content. */
export interface Range extends Flow {
  /** How many were handed on so far. */
  given(): number;
}

/** The bytes of `content` from `start` (inclusive) to `end` (exclusive, cut to the size), as they are. */
export function contentFlow(content: Content, start = 0, end = sizeOf(content)): Range {
  const from = Math.max(0, Math.min(start, sizeOf(content)));
  const to = Math.max(from, Math.min(end, sizeOf(content)));
  return content.kind === 'bytes' ? memoryFlow(content.bytes.subarray(from, to)) : fileFlow(content.path, from, to);
}

function memoryFlow(bytes: Buffer): Range {
  let position = 0;
  let closed = false;
  return {
    next: async () => {
      if (closed || position >= bytes.length) return null;
      const chunk = bytes.subarray(position, position + memoryChunkBytes);
      position += chunk.length;
      return chunk;
    },
    close: async () => {
      closed = true;
    },
    ending: () => complete,
    given: () => position,
  };
}

function fileFlow(path: string, start: number, end: number): Range {
  let handle: FileHandle | null = null;
  let position = start;
  let closed = false;
  const close = async (): Promise<void> => {
    closed = true;
    const open = handle;
    handle = null;
    await open?.close();
  };
  return {
    next: async () => {
      if (closed || position >= end) {
        await close();
        return null;
      }
      handle ??= await guarded(path, () => open(path, 'r'));
      const chunk = await readAt(path, handle, position, Math.min(fileChunkBytes, end - position));
      position += chunk.length;
      if (chunk.length > 0) return chunk;
      await close();
      return null;
    },
    close,
    ending: () => complete,
    given: () => position - start,
  };
}

async function readAt(path: string, handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  const { bytesRead } = await guarded(path, () => handle.read(buffer, 0, length, position));
  return buffer.subarray(0, bytesRead);
}

async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw readFailure(path, error);
  }
}

/** A file of ours could not be read: the machine's fault, not the sender's. */
export function readFailure(path: string, error: unknown): Failure {
  return new Failure(`cannot read ${path}: ${messageOf(error)}`, {
    hint: 'check that the file still exists and may be read, and that the disk is healthy',
    retryable: codeOf(error) !== 'ENOENT',
    cause: error,
  });
}

/** Exactly `length` bytes at `position`, or fewer at the end. */
export async function readSlice(content: Content, position: number, length: number): Promise<Buffer> {
  const flow = contentFlow(content, position, position + length);
  try {
    const pieces: Buffer[] = [];
    for (let chunk = await flow.next(); chunk !== null; chunk = await flow.next()) pieces.push(chunk);
    return Buffer.concat(pieces);
  } finally {
    await flow.close();
  }
}
