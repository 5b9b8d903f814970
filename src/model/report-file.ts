import type { Problem } from './problem.js';

/** One unpacked byte stream that may be a report. Drain `chunks` before asking for the next file. */
export interface ReportFile {
  readonly kind: 'file';
  /** Archive members on the way, outermost first; empty when nothing was packed in a named member. */
  readonly members: readonly string[];
  readonly chunks: AsyncIterable<Buffer> | Iterable<Buffer>;
  /** After the last chunk: null when the container ended well, else why the bytes stop (truncated, wrong CRC, bound hit). */
  ending(): ContainerEnding;
}

export interface ContainerEnding {
  readonly state: 'complete' | 'truncated' | 'corrupt' | 'oversized';
  readonly problems: readonly Problem[];
}

/** A part or member that could not be opened at all. */
export interface UnreadableFile {
  readonly kind: 'unreadable';
  readonly members: readonly string[];
  readonly outcome: 'malformed' | 'oversized' | 'unsupported';
  readonly reason: string;
}
