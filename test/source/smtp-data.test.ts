import { createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { SMTPServerDataStream } from 'smtp-server/lib/types.js';
import { expect, test } from 'vitest';
import { limits } from '../../src/config/limits.js';
import { Arriving, readData } from '../../src/source/smtp-data.js';

const open = (): SMTPServerDataStream => Object.assign(new PassThrough(), { byteLength: 0, sizeExceeded: false });
const options = { limits, arriving: new Arriving(limits), cut: () => undefined };

/** Bytes of the heap that are in use. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

test.each([1, 7, 65_535, 65_536, 65_537, 200_000])('a mail is whole in pieces of %i bytes', async (length) => {
  const mail = createHash('shake256', { outputLength: 300_000 }).update('a mail').digest();
  const stream = open();
  const read = readData(stream, options, (bytes) => Promise.resolve(bytes));
  for (let at = 0; at < mail.length; at += length) stream.emit('data', mail.subarray(at, at + length));
  stream.emit('end');
  expect((await read).equals(mail)).toBe(true);
});

test('a mail takes no more memory when it comes in a million pieces', async () => {
  const stream = open();
  const read = readData(stream, options, (bytes) => Promise.resolve(bytes.length));
  const before = heapInUse();
  for (let piece = 0; piece < 1_000_000; piece++) stream.emit('data', Buffer.from('x'));
  // A Buffer alone takes some 90 bytes.
  expect(heapInUse() - before).toBeLessThan(20_000_000);
  stream.emit('end');
  expect(await read).toBe(1_000_000);
});
