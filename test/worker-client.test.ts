import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../src/base/failure.js';
import { carefulDelivery } from '../src/careful-delivery.js';
import type { RawMail } from '../src/model/raw-mail.js';
import { ThreadStopped, WriterThread } from '../src/worker-client.js';
import type { WorkerSettings } from '../src/worker-client.js';
import { tempFiles } from './support/files.js';
import type { TempFiles } from './support/files.js';

/** A real thread that stores nothing: mail 2 kills it, mail 3 keeps it for ever, mail 4 fills the disk; it cannot start while the file `shut` is there. */
const script = (shut: string) => `
import { existsSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
if (existsSync(${JSON.stringify(shut)})) {
  parentPort.postMessage({ id: 0, ok: false, error: { message: 'no database', hint: 'mount it', retryable: true, exitCode: 2 } });
} else {
  parentPort.on('message', ({ id, call, mails, reason }) => {
    if (call === 'deliver' && mails.some((mail) => mail.origin.uid === 2)) process.exit(1);
    if (call === 'deliver') for (const mail of mails) {
      parentPort.postMessage({ id, step: true });
      while (mail.origin.uid === 3);
    }
    if (call === 'deliver' && mails.some((mail) => mail.origin.uid === 4)) {
      parentPort.postMessage({ id, ok: false, error: { message: 'disk full', hint: '', retryable: true, exitCode: 1 } });
      return;
    }
    const stored = { outcome: 'report', reason: '', reportIds: [] };
    const value = call === 'deliver' ? mails.map(() => stored) : { outcome: 'failed', reason, reportIds: [] };
    parentPort.postMessage({ id, ok: true, value });
    if (call === 'close') parentPort.close();
  });
  parentPort.postMessage({ id: 0, ok: true, value: null });
}
`;

const settings: WorkerSettings = {
  db: '',
  senders: { dkim_check: 'off', dns_servers: [], authserv_ids: [] },
  watch: { domains: [], publicUrl: '', channels: [], digestAt: null },
  originals: { days: 0, bytes: 0 },
};
const mailMs = 500;
const closeMs = 200;

let folder: TempFiles;
let deaths: string[];
let writes: string[];
let thread: WriterThread;

beforeEach(async () => {
  folder = await tempFiles();
  deaths = [];
  const path = folder.write('thread.mjs', script(folder.at('shut')));
  writes = [];
  const events = {
    onDeath: (message: string) => void deaths.push(message),
    onWrite: (failure: Failure | null) => void writes.push(failure?.message ?? 'well'),
    say: () => undefined,
  };
  thread = new WriterThread(settings, events, { script: pathToFileURL(path), mailMs, closeMs });
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
    expect((await deliver([1, 2, 5].map(aMail))).map((each) => each?.outcome)).toEqual(['report', undefined, 'report']);
    expect(await deliver([aMail(2)])).toMatchObject([{ outcome: 'failed' }]);
  });
});

describe('a writing thread that shows no sign of life over a mail', () => {
  it('is given up, and what waited behind goes to the next thread', async () => {
    await thread.start();
    const stuck = thread.deliver([aMail(3)]);
    const behind = thread.deliver([aMail(1)]);
    await expect(stuck).rejects.toThrow(ThreadStopped);
    expect(await behind).toMatchObject([{ outcome: 'report' }]);
    expect(deaths).toEqual(['the writing thread was given up: no sign of life for 1 s over one mail']);
  });

  it('does not keep the other mails, and the mail is tried alone and then written off with the reason', async () => {
    await thread.start();
    const deliver = carefulDelivery(thread);
    expect((await deliver([1, 3, 5].map(aMail))).map((each) => each?.outcome)).toEqual(['report', undefined, 'report']);
    const [outcome] = await deliver([aMail(3)]);
    expect(outcome?.outcome).toBe('failed');
    expect(outcome?.reason).toContain('stopped the writing thread 2 times');
    expect(await deliver([aMail(6)])).toMatchObject([{ outcome: 'report' }]);
  });
});

describe('a writing thread at the end of the service', () => {
  it('ends by itself when it has nothing in hand', async () => {
    await thread.start();
    expect(await thread.close()).toBe('ended');
  });

  it('is given up when the call under way does not end', async () => {
    await thread.start();
    const stuck = thread.deliver([aMail(3)]).catch((error: unknown) => error);
    expect(await thread.close()).toBe('given up');
    expect(await stuck).toBeInstanceOf(ThreadStopped);
    expect(deaths).toEqual([]);
  });
});

describe('what a writing thread says of the disk', () => {
  it('is told with every write, and a mail that kills the thread says nothing of it', async () => {
    await thread.start();
    await thread.deliver([aMail(1)]);
    await thread.deliver([aMail(4)]).catch(() => undefined);
    await thread.deliver([aMail(2)]).catch(() => undefined);
    await thread.deliver([aMail(1)]);
    expect(writes).toEqual(['well', 'disk full', 'well']);
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
