/** Where the bytes of a mail, a part or a file are: in memory, or still on disk (so that a report of gigabytes is never held). */
export type Content =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'file'; readonly path: string; readonly size: number };

/** Size in bytes. */
export function sizeOf(content: Content): number {
  return content.kind === 'bytes' ? content.bytes.length : content.size;
}
