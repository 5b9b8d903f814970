import type { Content } from '../model/content.js';
import type { Peekable } from './flow.js';
import { readSlice } from './origin.js';

/** Bytes of the directory that are looked at: an Outlook message names itself in the first entries. */
const directoryBytes = 4096;
/** Inside another container the directory is looked for only this far. */
const peekBytes = 1024 * 1024;
/** MS-OXMSG 2.2: the streams that every Outlook message has. Names are in UTF-16. */
const messageNames = ['__nameid_version1.0', '__properties_version1.0', '__substg1.0_'].map((name) =>
  Buffer.from(name, 'utf16le'),
);

/** Whether a compound file (MS-CFB) is an Outlook message. Word, Excel and installers come in the same clothes. */
export async function isOutlookMessage(flow: Peekable, content: Content | null): Promise<boolean> {
  const header = await flow.peek(512);
  if (header.length < 512) return false;
  const position = (header.readUInt32LE(48) + 1) * 2 ** Math.min(header.readUInt16LE(30), 12);
  const directory =
    content === null ? await peekAt(flow, position) : await readSlice(content, position, directoryBytes);
  return messageNames.some((name) => directory.includes(name));
}

async function peekAt(flow: Peekable, position: number): Promise<Buffer> {
  const end = position + directoryBytes;
  return end > peekBytes ? Buffer.alloc(0) : (await flow.peek(end)).subarray(position, end);
}
