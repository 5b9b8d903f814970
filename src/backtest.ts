import { linesOf } from './backtest-lines.js';
import type { ToldLine } from './backtest-lines.js';
import { judgeRun, mayStand, nextRun } from './backtest-windows.js';
import type { Moment } from './backtest-windows.js';
import type { Clock } from './base/clock.js';
import { storeMails } from './intake.js';
import type { ChannelRoute } from './model/channel.js';
import type { EvaluationCommit, Findings } from './model/history.js';
import type { MailOutcome } from './model/outcome.js';
import type { RawMail } from './model/raw-mail.js';
import type { SenderSetting } from './model/sender.js';
import { openDomains, openFindings, openHistory, openSenders, openTellings, StoreWriter } from './store/store.js';
import { evaluate } from './watch.js';
import type { EvaluationResult, WatchDeps } from './watch.js';

export type { ToldLine } from './backtest-lines.js';

export interface BacktestSettings {
  /** The scratch store: a file that is not there yet. */
  readonly db: string;
  /** Our policy domains; empty: whatever reports name. */
  readonly domains: readonly string[];
  readonly authservIds: readonly string[];
  /** Nobody reads the store but the backtest: what only the pages ask for is left out. */
  readonly bare?: boolean;
  /** Senders that the operator named; absent: none. */
  readonly namedSenders?: readonly SenderSetting[];
}

/** Told of all there is, in bodies that say what the service would. */
const everything: ChannelRoute = {
  name: 'backtest',
  kind: 'webhook',
  severities: [],
  domains: [],
  rules: [],
  digest: true,
  weekly: false,
};

const hourMs = 3_600_000;
/** As the service: hours in which nobody looked are no silence. */
const pauseMs = 3 * hourMs;
/** The service judges a second after the last mail of a batch. */
const settleMs = 1_000;

/**
 * The service as it would have run: store, analyse and notify under a clock that is driven from outside. Nothing is sent. Times
 * are Unix seconds.
 */
export class Backtest {
  readonly #store: StoreWriter;
  readonly #settings: BacktestSettings;
  readonly #tell: (line: ToldLine) => void;
  readonly #deps: WatchDeps;
  #nowMs = 0;
  #lastRunMs: number | null = null;
  /** When something that waits is to be told. */
  #nextMs = Infinity;
  /** Unix seconds. */
  #watchedSince = 0;

  /** `tell` takes each thing that would have been told, in order. */
  constructor(settings: BacktestSettings, tell: (line: ToldLine) => void) {
    this.#settings = settings;
    this.#tell = tell;
    const ours = settings.domains.length > 0 ? { ours: settings.domains } : {};
    this.#store = new StoreWriter(settings.db, { ...ours, scratch: true, bare: settings.bare === true });
    const clock: Clock = { now: () => this.#nowMs, sleep: () => Promise.resolve() };
    this.#deps = {
      history: openHistory(this.#store.db),
      findings: openFindings(this.#store.db),
      senders: openSenders(this.#store.db),
      tellings: openTellings(this.#store.db),
      // The service would have looked every hour: what `pass` leaves out is no pause.
      domains: { ...openDomains(this.#store.db), watchedSince: async () => this.#watchedSince },
      clock,
      settings: {
        domains: settings.domains,
        senders: settings.namedSenders ?? [],
        publicUrl: '',
        channels: [everything],
        digestAt: null,
      },
    };
  }

  /** Stores mails that arrive together. */
  deliver(at: number, mails: readonly RawMail[]): Promise<MailOutcome[]> {
    this.#nowMs = at * 1000;
    return storeMails(this.#store, mails, at, { authservIds: this.#settings.authservIds });
  }

  /** Judges what was delivered, a moment after it came. */
  async judge(): Promise<EvaluationResult> {
    return this.#run(this.#nowMs + settleMs);
  }

  /**
   * Lets time pass without mail: the hourly looks of the service up to `until`, `until` not included. Of those that change
   * nothing only the last is made; what it does not find, no look before it would have found.
   */
  async pass(until: number): Promise<void> {
    while (this.#lastRunMs !== null) {
      const last = this.#lastRunMs;
      const hours = Math.ceil((until * 1000 - last) / hourMs) - 1;
      if (hours < 1) return;
      const eventful = await this.#firstEventful(last, hours);
      if (eventful === null) {
        this.#lastRunMs = last + hours * hourMs;
        return;
      }
      this.#lastRunMs = last + (eventful - 1) * hourMs;
      await this.#run(last + eventful * hourMs);
    }
  }

  /**
   * All of that for moments, ascending, in as few looks as it takes to tell at the same times (docs/backtest.md). `deliver` stores
   * those of one moment, again where that was taken back. Gives what it came to, some moments at a time. The store must be bare.
   */
  async *passThrough<M extends Moment, R>(
    moments: readonly M[],
    deliver: (moment: M) => Promise<R>,
  ): AsyncGenerator<{ readonly moment: M; readonly delivered: R }[]> {
    const judge = {
      one: async (moment: M) => {
        await this.pass(moment.at);
        const delivered = await deliver(moment);
        await this.judge();
        return { moment, delivered };
      },
      together: (run: readonly M[]) => this.#together(run, deliver),
    };
    for (let next = 0; next < moments.length;) {
      const run = nextRun(moments, next, Math.floor((this.#nextMs - settleMs) / 1000));
      yield await judgeRun(run, judge);
      next += run.length;
    }
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  /** Null, and nothing was done, where something falls due by time or is told. */
  async #together<M extends Moment, R>(
    run: readonly M[],
    deliver: (moment: M) => Promise<R>,
  ): Promise<{ readonly moment: M; readonly delivered: R }[] | null> {
    const nowMs = (run.at(-1)?.at ?? 0) * 1000 + settleMs;
    // The first start is one of its own.
    if (this.#lastRunMs === null || (await this.#isEventful(nowMs))) return null;
    const stored: { moment: M; delivered: R }[] = [];
    let nextAt: number | null = null;
    const isKept = await this.#store.tentative(async () => {
      for (const moment of run) stored.push({ moment, delivered: await deliver(moment) });
      const { result, commit } = await this.#look(nowMs);
      nextAt = result.nextAt;
      return result.backlog === null && mayStand(commit, Math.floor(nowMs / 1000));
    });
    if (!isKept) return null;
    this.#lastRunMs = nowMs;
    this.#nextMs = nextAt ?? Infinity;
    return stored;
  }

  /** The first hour after `last` at which a look finds something, by halving; null when the last of them does not. */
  async #firstEventful(last: number, hours: number): Promise<number | null> {
    if (!(await this.#isEventful(last + hours * hourMs))) return null;
    let quiet = 0;
    let eventful = hours;
    while (eventful - quiet > 1) {
      const middle = Math.floor((quiet + eventful) / 2);
      if (await this.#isEventful(last + middle * hourMs)) eventful = middle;
      else quiet = middle;
    }
    return eventful;
  }

  /** Looks, and takes everything back. */
  #isEventful(nowMs: number): Promise<boolean> {
    return this.#store.trial(async () => {
      const { commit } = await this.#look(nowMs);
      return commit !== null && commit.findings.length + commit.messages.length > 0;
    });
  }

  async #run(nowMs: number): Promise<EvaluationResult> {
    const last = this.#lastRunMs;
    if (last === null || Math.abs(nowMs - last) > pauseMs) this.#watchedSince = Math.floor(nowMs / 1000);
    this.#lastRunMs = nowMs;
    const { result, commit } = await this.#store.exclusive(() => this.#look(nowMs));
    this.#nextMs = result.nextAt ?? Infinity;
    const find = (alertId: string) => this.#deps.findings.get(alertId);
    const lines = commit === null ? [] : await linesOf(commit, Math.floor(nowMs / 1000), find);
    for (const line of lines) this.#tell(line);
    return result;
  }

  async #look(nowMs: number): Promise<{ result: EvaluationResult; commit: EvaluationCommit | null }> {
    this.#nowMs = nowMs;
    const commits: EvaluationCommit[] = [];
    const { findings } = this.#deps;
    const listening: Findings = {
      ...findings,
      commit: (change) => {
        commits.push(change);
        return findings.commit(change);
      },
    };
    const result = await evaluate({ ...this.#deps, findings: listening });
    return { result, commit: commits[0] ?? null };
  }
}
