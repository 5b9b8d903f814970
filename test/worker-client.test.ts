import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../src/base/failure.js';
import { carefulDelivery } from '../src/careful-delivery.js';
import type { RawMail } from '../src/model/raw-mail.js';
import { ThreadStopped, WriterThread } from '../src/worker-client.js';
import { tempFiles } from './support/files.js';
import type { TempFiles } from './support/files.js';

/** A real thread that stores nothing: mail 2 kills it, and it cannot start while the file `shut` is there. */
const script = (shut: string) => `
import { existsSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
if (existsSync(${JSON.stringify(shut)})) {
  parentPort.postMessage({ id: 0, ok: false, error: { message: 'no database', hint: 'mount it', retryable: true, exitCode: 2 } });
} else {
  parentPort.on('message', ({ id, call, mails, reason }) => {
    if (call === 'deliver' && mails.some((mail) => mail.origin.uid === 2)) process.exit(1);
    const stored = { outcome: 'report', reason: '', reportIds: [] };
    const value = call === 'deliver' ? mails.map(() => stored) : { outcome: 'failed', reason, reportIds: [] };
    parentPort.postMessage({ id, ok: true, value });
    if (call === 'close') parentPort.close();
  });
  parentPort.postMessage({ id: 0, ok: true, value: null });
}
`;

const settings = { db: '', authservIds: [], dkim: null, watch: { domains: [], publicUrl: '', channel: null } };

let folder: TempFiles;
let deaths: string[];
let thread: WriterThread;

beforeEach(async () => {
  folder = await tempFiles();
  deaths = [];
  const path = folder.write('thread.mjs', script(folder.at('shut')));
  thread = new WriterThread(settings, (message) => deaths.push(message), pathToFileURL(path));
});

afterEach(async () => {
  await thread.close().catch(() => undefined);
  await folder.remove();
});

function aMail(uid: number): RawMail {
  const origin = { source: 'rua', folder: 'INBOX', uidValidity: 1, uid, path: null };
  return { origin, content: { kind: 'bytes', bytes: Buffer.from('x') }, size: 1, receivedAt: 0 };
}

describe('a writing thread that dies', () => {
  it('fails the call under way and is replaced for the next', async () => {
    await thread.start();
    await expect(thread.deliver([aMail(2)])).rejects.toThrow(ThreadStopped);
    expect(await thread.deliver([aMail(1)])).toMatchObject([{ outcome: 'report' }]);
    expect(deaths).toEqual(['the writing thread stopped: it ended']);
  });

  it('does not keep the other mails of a batch, and the mail that kills it again is written off', async () => {
    await thread.start();
    const deliver = carefulDelivery(thread);
    expect((await deliver([1, 2, 3].map(aMail))).map((each) => each?.outcome)).toEqual(['report', undefined, 'report']);
    expect(await deliver([aMail(2)])).toMatchObject([{ outcome: 'failed' }]);
  });
});

describe('a writing thread that cannot open the database', () => {
  it('says at the start why', async () => {
    folder.write('shut', '');
    await expect(thread.start()).rejects.toMatchObject({ message: 'no database', hint: 'mount it', exitCode: 2 });
  });

  it('later on fails every call with the reason, and no mail is written off for it', async () => {
    await thread.start();
    await expect(thread.deliver([aMail(2)])).rejects.toThrow(ThreadStopped);
    folder.write('shut', '');
    const deliver = carefulDelivery(thread);
    for (let i = 0; i < 3; i++) {
      const failure: unknown = await deliver([aMail(1)]).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Failure);
      expect(failure).not.toBeInstanceOf(ThreadStopped);
      expect(failure).toMatchObject({ message: 'no database', retryable: true });
    }
  });
});
