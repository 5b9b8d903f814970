import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from './base/clock.js';
import { storeMails, writeOff } from './intake.js';
import { placeKey } from './model/raw-mail.js';
import type { RawMail } from './model/raw-mail.js';
import { senderCheckOf } from './pipeline.js';
import {
  Deaths,
  InHand,
  openAlertActions,
  openDecide,
  openDomains,
  openFindings,
  openHistory,
  openKeepNames,
  openOutbox,
  openPollRecord,
  openSenders,
  openTellings,
  openTokenUse,
  StoreWriter,
} from './store/store.js';
import { evaluate } from './watch.js';
import type { Reply, Request, WorkerData } from './worker-client.js';
import { packError } from './worker-client.js';

/** The one thread that reads mails and owns the only writing connection. Calls are worked on one at a time, in order. */
const settings = workerData as WorkerData;
try {
  const store = new StoreWriter(settings.db, { originals: settings.originals, ours: settings.watch.domains });
  const inHand = new InHand(settings.db);
  const deaths = new Deaths(store.db);
  const left = inHand.left();
  // A mail over which only a thread died is counted by whoever replaces the thread.
  if (settings.isFirst && left !== null) deaths.add(left);
  inHand.end();
  serve(store, inHand, deaths);
  post({ id: 0, ok: true, value: new Map(deaths.counts) });
} catch (error) {
  post({ id: 0, ok: false, error: packError(error) });
}

function post(reply: Reply): void {
  parentPort?.postMessage(reply);
}

function serve(store: StoreWriter, inHand: InHand, deaths: Deaths): void {
  const answer = answering(store, inHand, deaths);
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

function answering(store: StoreWriter, inHand: InHand, deaths: Deaths): (request: Request) => Promise<unknown> {
  const history = openHistory(store.db);
  const findings = openFindings(store.db);
  const sourceSenders = openSenders(store.db);
  const tellings = openTellings(store.db);
  const domains = openDomains(store.db);
  const polls = openPollRecord(store.db);
  if (settings.mailboxes) polls.keepOnly(settings.mailboxes);
  const decide = openDecide(store.db);
  const useToken = openTokenUse(store.db);
  const act = openAlertActions(store.db);
  const keepNames = openKeepNames(store.db);
  const outbox = openOutbox(store.db);
  const authservIds = settings.senders.authserv_ids;
  const senders = senderCheckOf(settings.senders, (level, sentence) => post({ level, sentence }));
  // Asked before the first mail comes, which then need not wait.
  void senders?.answering();
  return async (request) => {
    switch (request.call) {
      case 'deliver': {
        const hand = {
          begin: (mail: RawMail) => {
            inHand.begin(placeKey(mail.origin));
            post({ id: request.id, step: true });
          },
          end: () => inHand.end(),
        };
        const outcomes = await storeMails(store, request.mails.map(revive), now(), { authservIds, senders, hand });
        deaths.forget(request.mails.map(({ origin }) => placeKey(origin)));
        return outcomes;
      }
      case 'writeOff': {
        const outcome = await writeOff(store, revive(request.mail), request.reason, now());
        deaths.forget([placeKey(request.mail.origin)]);
        return outcome;
      }
      case 'tidy':
        return store.tidy(now());
      case 'evaluate':
        return store.exclusive(() =>
          evaluate({
            history,
            findings,
            senders: sourceSenders,
            tellings,
            domains,
            clock: systemClock,
            settings: settings.watch,
          }),
        );
      case 'polled':
        return store.exclusive(async () => polls.polled(request.outcome));
      case 'decide':
        return store.exclusive(async () => decide(request.change, now()));
      case 'tokenUsed':
        return store.exclusive(async () => useToken(request.name, request.day));
      case 'alert':
        return store.exclusive(async () => act(request.alertId, request.action, now()));
      case 'keepNames':
        return store.exclusive(async () => keepNames(request.names, now()));
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
