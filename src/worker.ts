import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from './base/clock.js';
import { limits } from './config/limits.js';
import { storeMails, writeOff } from './intake.js';
import type { RawMail } from './model/raw-mail.js';
import { openResolver, openSenderCheck } from './pipeline.js';
import { openAlertActions, openFindings, openHistory, openOutbox, openTellings, StoreWriter } from './store/store.js';
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
  const tellings = openTellings(store.db);
  const outbox = openOutbox(store.db);
  const act = openAlertActions(store.db);
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
          evaluate({ history, findings, tellings, clock: systemClock, settings: settings.watch }),
        );
      case 'alert':
        return store.exclusive(async () => act(request.alertId, request.action, now()));
      case 'outbox': {
        const step = outbox[request.step] as (...args: readonly unknown[]) => Promise<unknown>;
        return store.exclusive(() => step(...request.args));
      }
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
