import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from './base/clock.js';
import { limits } from './config/limits.js';
import { storeMails, writeOff } from './intake.js';
import type { RawMail } from './model/raw-mail.js';
import { openResolver, openSenderCheck } from './pipeline.js';
import {
  openDecide,
  openDomains,
  openFindings,
  openHistory,
  openOutbox,
  openPollRecord,
  openSenders,
  StoreWriter,
} from './store/store.js';
import { evaluate } from './watch.js';
import type { Reply, Request, WorkerSettings } from './worker-client.js';
import { packError } from './worker-client.js';

/** The one thread that reads mails and owns the only writing connection. Calls are worked on one at a time, in order. */
const settings = workerData as WorkerSettings;
try {
  serve(new StoreWriter(settings.db, { originals: settings.originals, ours: settings.watch.domains }));
  post({ id: 0, ok: true, value: null });
} catch (error) {
  post({ id: 0, ok: false, error: packError(error) });
}

function post(reply: Reply): void {
  parentPort?.postMessage(reply);
}

function serve(store: StoreWriter): void {
  const answer = answering(store);
  let last: Promise<unknown> = Promise.resolve();
  parentPort?.on('message', (request: Request) => {
    last = last
      .then(() => answer(request))
      .then(
        (value) => {
          post({ id: request.id, ok: true, value });
          if (request.call === 'close') parentPort?.close();
        },
        (error: unknown) => post({ id: request.id, ok: false, error: packError(error) }),
      );
  });
}

function answering(store: StoreWriter): (request: Request) => Promise<unknown> {
  const history = openHistory(store.db);
  const findings = openFindings(store.db);
  const sourceSenders = openSenders(store.db);
  const domains = openDomains(store.db);
  const polls = openPollRecord(store.db);
  if (settings.mailboxes) polls.keepOnly(settings.mailboxes);
  const decide = openDecide(store.db);
  const outbox = openOutbox(store.db);
  const { authservIds, dkim } = settings;
  const senders = dkim
    ? openSenderCheck({ resolver: openResolver(dkim.servers), clock: systemClock, limits, authservIds })
    : null;
  return async (request) => {
    switch (request.call) {
      case 'deliver':
        return storeMails(store, request.mails.map(revive), now(), {
          authservIds,
          senders,
          beforeMail: () => post({ id: request.id, step: true }),
        });
      case 'writeOff':
        return writeOff(store, revive(request.mail), request.reason, now());
      case 'tidy':
        return store.tidy(now());
      case 'evaluate':
        return store.exclusive(() =>
          evaluate({
            history,
            findings,
            senders: sourceSenders,
            domains,
            clock: systemClock,
            settings: settings.watch,
          }),
        );
      case 'polled':
        return store.exclusive(async () => polls.polled(request.outcome));
      case 'decide':
        return store.exclusive(async () => decide(request.change, now()));
      case 'due':
        return store.exclusive(() => outbox.due(request.nowMs));
      case 'delivered':
        return store.exclusive(() => outbox.delivered(request.message, request.atMs));
      case 'failed':
        return store.exclusive(() => outbox.failed(request.message, request.failure));
      case 'close':
        return store.close();
    }
  };
}

/** Unix seconds. */
function now(): number {
  return Math.floor(systemClock.now() / 1000);
}

/** A Buffer arrives as a plain Uint8Array. */
function revive(raw: RawMail): RawMail {
  if (raw.content?.kind !== 'bytes') return raw;
  const { buffer, byteOffset, byteLength } = raw.content.bytes;
  return { ...raw, content: { kind: 'bytes', bytes: Buffer.from(buffer, byteOffset, byteLength) } };
}
