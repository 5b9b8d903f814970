import { describe, expect, it } from 'vitest';
import { Failure } from '../src/base/failure.js';
import { carefulDelivery } from '../src/careful-delivery.js';
import type { Storing } from '../src/careful-delivery.js';
import type { MailOutcome } from '../src/model/outcome.js';
import { placeKey } from '../src/model/raw-mail.js';
import type { RawMail } from '../src/model/raw-mail.js';
import { ThreadStopped } from '../src/worker-client.js';

function aMail(uid: number): RawMail {
  const origin = { source: 'rua', folder: 'INBOX', uidValidity: 1, uid, path: null };
  return { origin, content: { kind: 'bytes', bytes: Buffer.from('x') }, size: 1, receivedAt: 0 };
}

const stored: MailOutcome = { outcome: 'report', reason: '', reportIds: [1] };
const full = new Failure('database or disk is full', { retryable: true });

/** A store that fails whenever one of these mails is in the batch. */
function storeThatFails(on: ReadonlyMap<number, Error>) {
  const calls: number[][] = [];
  const writtenOff: string[] = [];
  const store: Storing = {
    deliver: (mails) => {
      const uids = mails.map((mail) => mail.origin.uid ?? 0);
      calls.push(uids);
      const error = uids.map((uid) => on.get(uid)).find((each) => each !== undefined);
      return error ? Promise.reject(error) : Promise.resolve(mails.map(() => stored));
    },
    writeOff: (mail, reason) => {
      writtenOff.push(`${mail.origin.uid}: ${reason}`);
      return Promise.resolve({ outcome: 'failed', reason, reportIds: [] });
    },
  };
  return { store, calls, writtenOff };
}

const outcomes = (results: readonly (MailOutcome | null)[]) => results.map((each) => each?.outcome ?? null);

describe('a batch', () => {
  it('that can be stored is one call', async () => {
    const { store, calls } = storeThatFails(new Map());
    expect(outcomes(await carefulDelivery(store)([aMail(1), aMail(2)]))).toEqual(['report', 'report']);
    expect(calls).toEqual([[1, 2]]);
  });

  it('with a mail that does not fit the disk is stored without it', async () => {
    const { store } = storeThatFails(new Map([[2, full]]));
    expect(outcomes(await carefulDelivery(store)([1, 2, 3].map(aMail)))).toEqual(['report', null, 'report']);
  });

  it('is given up when mail after mail fails: the machine is to blame', async () => {
    const { store, calls } = storeThatFails(new Map([1, 2, 3, 4, 5].map((uid) => [uid, full])));
    await expect(carefulDelivery(store)([1, 2, 3, 4, 5].map(aMail))).rejects.toThrow('disk is full');
    expect(calls).toEqual([[1, 2, 3, 4, 5], [1], [2], [3]]);
  });
});

describe('a mail that stops the writing thread', () => {
  const stops = new Map([[2, new ThreadStopped('out of memory')]]);

  it('does not hold the others, and is written off the second time that it does so alone', async () => {
    const { store, writtenOff } = storeThatFails(stops);
    const deliver = carefulDelivery(store);
    expect(outcomes(await deliver([1, 2, 3].map(aMail)))).toEqual(['report', null, 'report']);
    expect(writtenOff).toEqual([]);
    expect(outcomes(await deliver([aMail(2)]))).toEqual(['failed']);
    expect(writtenOff).toEqual(['2: reading it stopped the writing thread 2 times: out of memory']);
  });

  it('is never written off for a failure of the disk', async () => {
    const { store, writtenOff } = storeThatFails(new Map([[2, full]]));
    const deliver = carefulDelivery(store);
    for (let i = 0; i < 5; i++) await expect(deliver([aMail(2)])).rejects.toThrow('disk is full');
    expect(writtenOff).toEqual([]);
  });
});

describe('a mail over which the process died', () => {
  const key = (uid: number) => placeKey(aMail(uid).origin);

  it('waits for the others of its batch, and is tried alone', async () => {
    const { store, calls } = storeThatFails(new Map());
    const deliver = carefulDelivery(store, new Map([[key(2), 2]]));
    expect(outcomes(await deliver([1, 2, 3].map(aMail)))).toEqual(['report', 'report', 'report']);
    expect(calls).toEqual([[1, 3], [2]]);
    await deliver([1, 2, 3].map(aMail));
    expect(calls.slice(2)).toEqual([[1, 2, 3]]);
  });

  it('is written off without another try after the third death', async () => {
    const { store, calls, writtenOff } = storeThatFails(new Map());
    const deliver = carefulDelivery(store, new Map([[key(2), 3]]));
    expect(outcomes(await deliver([1, 2, 3].map(aMail)))).toEqual(['report', 'failed', 'report']);
    expect([calls, writtenOff]).toEqual([[[1, 3]], ['2: the whole process ended 3 times while reading it']]);
  });

  it('stays under suspicion while the disk is full, and does not hold the others', async () => {
    const { store, calls } = storeThatFails(new Map([[2, full]]));
    const deliver = carefulDelivery(store, new Map([[key(2), 1]]));
    for (let i = 0; i < 2; i++) expect(outcomes(await deliver([1, 2].map(aMail)))).toEqual(['report', null]);
    expect(calls).toEqual([[1], [2], [1], [2]]);
    await expect(deliver([aMail(2)])).rejects.toThrow('disk is full');
  });
});
