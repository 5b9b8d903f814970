import { createHash } from 'node:crypto';
import type { Clock } from '../../src/base/clock.js';
import type { MailboxConfig } from '../../src/config/config.js';
import { limits } from '../../src/config/limits.js';
import type { Limits } from '../../src/config/limits.js';
import type { MailOutcomeKind } from '../../src/model/outcome.js';
import type { RawMail } from '../../src/model/raw-mail.js';
import type { Events } from '../../src/observe/events.js';
import type { Intake, Source, SourceDeps } from '../../src/source/source.js';
import type { Dovecot } from '../support/dovecot.js';

/** The port that a source delivers to, with its ledger in memory. */
export class TestIntake implements Intake {
  readonly batches: (readonly RawMail[])[] = [];
  readonly ledger = new Set<string>();
  readonly outcomes = new Map<string, MailOutcomeKind>();
  /** What the next deliveries reject with, one each. */
  readonly failures: Error[] = [];
  /** When every mail was read, Unix seconds. */
  readAt = 0;
  outcomeOf: (mail: RawMail) => MailOutcomeKind = () => 'report';
  /** Awaited in the middle of every delivery, before the ledger is written. */
  during: () => Promise<void> = () => Promise.resolve();

  unseenUids(source: string, folder: string, uidValidity: number, uids: readonly number[]): readonly number[] {
    return uids.filter((uid) => !this.ledger.has([source, folder, uidValidity, uid].join(' ')));
  }

  settledMails(
    source: string,
    folder: string,
    uidValidity: number,
    uids: readonly number[],
  ): ReturnType<Intake['settledMails']> {
    return uids.flatMap((uid) => {
      const outcome = this.outcomes.get([source, folder, uidValidity, uid].join(' '));
      return outcome === undefined ? [] : [{ uid, outcome }];
    });
  }

  storedMails(
    source: string,
    before: number,
    alike: Parameters<Intake['storedMails']>[2],
  ): ReturnType<Intake['storedMails']> {
    return this.mails.flatMap(({ origin, content, size, receivedAt }) => {
      const outcome = this.outcomes.get(keyOf({ origin, content, size, receivedAt })) ?? 'failed';
      const isStored = origin.source === source && this.readAt < before && ['report', 'duplicate'].includes(outcome);
      const isAlike = alike.some((each) => each.size === size && each.receivedAt === receivedAt);
      if (!isStored || !isAlike || content?.kind !== 'bytes') return [];
      return [{ size, receivedAt, digest: createHash('sha256').update(content.bytes).digest('hex') }];
    });
  }

  seenFile(source: string, path: string, size: number, modifiedAt: number): boolean {
    return this.ledger.has([source, path, size, modifiedAt].join(' '));
  }

  async deliver(mails: readonly RawMail[]): ReturnType<Intake['deliver']> {
    await this.during();
    const failure = this.failures.shift();
    if (failure) throw failure;
    this.batches.push(mails);
    for (const mail of mails) {
      this.ledger.add(keyOf(mail));
      this.outcomes.set(keyOf(mail), this.outcomeOf(mail));
    }
    return mails.map((mail) => ({ outcome: this.outcomeOf(mail), reason: '', reportIds: [] }));
  }

  /** Stops every delivery in its middle: `begun` resolves when the first is there, `release` lets the last go on. */
  hold(): { readonly begun: Promise<void>; release(): void } {
    let release = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      this.during = () => {
        resolve();
        return new Promise((done) => (release = done));
      };
    });
    return { begun, release: () => release() };
  }

  get mails(): readonly RawMail[] {
    return this.batches.flat();
  }

  get uids(): readonly (number | null)[] {
    return this.mails.map(({ origin }) => origin.uid);
  }

  get texts(): readonly string[] {
    return this.mails.map(textOf);
  }
}

function keyOf({ origin, size, receivedAt }: RawMail): string {
  const { source, folder, uidValidity, uid, path } = origin;
  return path === null ? [source, folder, uidValidity, uid].join(' ') : [source, path, size, receivedAt].join(' ');
}

/** The mail as text with bare line feeds, or how large the mail is that was not downloaded. */
export function textOf({ content, size }: RawMail): string {
  if (content === null) return `(${size} bytes not downloaded)`;
  return content.kind === 'file' ? `(file ${content.path})` : content.bytes.toString('utf8').replaceAll('\r\n', '\n');
}

type EventName = keyof Events;

export type Facts = Readonly<Record<string, unknown>>;

export interface Told {
  readonly name: EventName;
  readonly args: readonly unknown[];
}

/** Records every event and lets a test wait for one. */
export class TestEvents {
  readonly told: Told[] = [];
  readonly events: Events;
  #waiting: (() => void)[] = [];

  constructor() {
    this.events = new Proxy({} as Events, {
      get:
        (_target, name) =>
        (...args: readonly unknown[]) => {
          this.told.push({ name: name as EventName, args });
          for (const check of this.#waiting.splice(0)) check();
        },
    });
  }

  /** Facts of every event of a name, oldest first. */
  facts(name: EventName): readonly Facts[] {
    return this.told.filter((each) => each.name === name).map(({ args }) => args[1] as Facts);
  }

  count(name: EventName): number {
    return this.facts(name).length;
  }

  /** Resolves when an event has come for the `nth` time, with its facts. */
  async nth(name: EventName, nth: number): Promise<Facts> {
    for (;;) {
      const facts = this.facts(name)[nth - 1];
      if (facts) return facts;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

/** Real time, but a sleep lasts until the test says so. */
export class TestClock implements Clock {
  /** Every sleep that was asked for, in milliseconds. */
  readonly sleeps: number[] = [];
  now = (): number => Date.now();
  #sleepers: (() => void)[] = [];
  #asked: (() => void)[] = [];
  #waking = 0;

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    this.sleeps.push(ms);
    for (const told of this.#asked.splice(0)) told();
    if (signal.aborted) return Promise.resolve();
    if (this.#waking > 0) {
      this.#waking -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#sleepers.push(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  /** Ends the sleep that lasts now, or the next one. */
  wake(): void {
    const sleepers = this.#sleepers.splice(0);
    if (sleepers.length === 0) this.#waking += 1;
    for (const wake of sleepers) wake();
  }

  /** Resolves once so many sleeps were asked for. */
  async slept(times: number): Promise<void> {
    while (this.sleeps.length < times) await new Promise<void>((resolve) => this.#asked.push(resolve));
  }
}

/** Everything a source is given, and the sources that run and are to be stopped. */
export class Bench {
  readonly intake = new TestIntake();
  readonly heard = new TestEvents();
  readonly clock = new TestClock();
  readonly #running: { readonly stop: AbortController; readonly done: Promise<void> }[] = [];

  deps(bounds: Partial<Limits> = {}): SourceDeps {
    return { intake: this.intake, events: this.heard.events, clock: this.clock, limits: { ...limits, ...bounds } };
  }

  run(source: Source): { stop: () => Promise<void> } {
    const stop = new AbortController();
    const running = { stop, done: source.run(stop.signal) };
    this.#running.push(running);
    return {
      stop: async () => {
        stop.abort();
        await running.done;
      },
    };
  }

  /** Resolves when the `nth` successful poll is over; rejects when a poll fails instead. */
  polled(nth: number): Promise<Facts> {
    return this.#ended(nth, 'pollSucceeded', 'pollFailed');
  }

  /** Resolves with the facts of the `nth` failed poll; rejects when a poll succeeds instead. */
  failed(nth: number): Promise<Facts> {
    return this.#ended(nth, 'pollFailed', 'pollSucceeded');
  }

  async #ended(nth: number, wanted: EventName, unwanted: EventName): Promise<Facts> {
    const others = this.heard.count(unwanted);
    const other = this.heard.nth(unwanted, others + 1).then((facts) => {
      throw new Error(`${unwanted}: ${JSON.stringify(facts)}`);
    });
    return Promise.race([this.heard.nth(wanted, nth), other]);
  }

  async stopAll(): Promise<void> {
    for (const { stop } of this.#running) stop.abort();
    await Promise.all(this.#running.map(({ done }) => done));
  }
}

export function mailboxAt(
  server: Pick<Dovecot, 'host' | 'port' | 'user' | 'password'>,
  settings: Partial<MailboxConfig> = {},
): MailboxConfig {
  return {
    name: 'reports',
    host: server.host,
    port: server.port,
    tls: 'none',
    ca_file: null,
    user: server.user,
    password: server.password,
    password_file: null,
    oauth: null,
    folders: ['INBOX'],
    poll_seconds: 300,
    idle: false,
    dry_run: false,
    after_done: 'nothing',
    after_duplicate: null,
    after_not_a_report: null,
    after_failed: 'nothing',
    keep_days: 0,
    ...settings,
  };
}

export function mail(subject: string, body = 'hello'): string {
  return `From: reporter@example.net\r\nSubject: ${subject}\r\n\r\n${body}\r\n`;
}

/** How many mails, each with its number as subject. */
export function mails(count: number, body?: string): readonly string[] {
  return Array.from({ length: count }, (_, index) => mail(String(index + 1), body));
}

export function subjectOf(raw: RawMail): string {
  return /^Subject: (.*)$/m.exec(textOf(raw))?.[1] ?? '';
}
