import { createReadStream } from 'node:fs';
import { openDigest } from '../base/digest.js';
import type { RawMail } from '../model/raw-mail.js';

/** The one mail or report file on standard input. One larger than `mostBytes` is read to its end, so that the sender of a pipe can finish, but not kept. */
export async function standardInput(mostBytes: number): Promise<RawMail> {
  const digest = openDigest();
  let chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of createReadStream('', { fd: 0, autoClose: false })) {
    const bytes = chunk as Buffer;
    digest.add(bytes);
    size += bytes.length;
    if (size <= mostBytes) chunks.push(bytes);
    else chunks = [];
  }
  // The bytes are its place: by size alone two mails of a pipe would be taken for one.
  const origin = { source: 'stdin', folder: '', uidValidity: null, uid: null, path: digest.path() };
  const content = size <= mostBytes ? ({ kind: 'bytes', bytes: Buffer.concat(chunks) } as const) : null;
  return { origin, content, size, receivedAt: null, name: null };
}
