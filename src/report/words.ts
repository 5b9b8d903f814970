/** Bytes to be looked for, four at a time. */
export interface Words {
  /** Little-endian; the last one has zeros where the bytes end. */
  readonly values: Int32Array;
  /** What of the last word counts. */
  readonly lastMask: number;
  readonly length: number;
}

const masks = Int32Array.of(-1, 0xff, 0xffff, 0xffffff);

export function wordsOf(bytes: Buffer): Words {
  const values = new Int32Array((bytes.length + 3) >> 2);
  for (const [at, byte] of bytes.entries()) values[at >> 2] = (values[at >> 2] ?? 0) | (byte << (8 * (at & 3)));
  return { values, lastMask: lastMask(bytes.length), length: bytes.length };
}

/** What counts of the last word of so many bytes. */
export function lastMask(length: number): number {
  return masks[length & 3] ?? -1;
}

/** Whether the words stand in `view` at `at`. */
export function standAt({ values, lastMask: mask, length }: Words, view: DataView, at: number): boolean {
  const last = values.length - 1;
  if (at + length + 3 > view.byteLength) return false;
  if (last < 0) return true;
  for (let i = 0; i < last; i++) if (values[i] !== view.getInt32(at + 4 * i, true)) return false;
  return values[last] === (view.getInt32(at + 4 * last, true) & mask);
}
