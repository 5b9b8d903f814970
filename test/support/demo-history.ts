import { Backtest } from '../../src/backtest.js';
import { systemClock, utcDay, daySeconds } from '../../src/base/clock.js';
import { generateMails, scenarioFacts } from '../../src/demo/demo.js';
import type { DemoMail } from '../../src/demo/demo.js';
import { ruleScopes } from '../../src/model/finding.js';
import type { RawMail } from '../../src/model/raw-mail.js';
import { createMetrics } from '../../src/observe/observe.js';
import type { Metrics } from '../../src/observe/observe.js';
import { openStoreReader } from '../../src/store/reader.js';
import type { StoreReader } from '../../src/store/reader.js';

export interface HistoryOptions {
  /** The store to write: a file that is not there yet. */
  readonly db: string;
  /** Event days, yesterday the last. */
  readonly days: number;
  readonly domains: number;
  /** Between two batches of mails, and between two samples. */
  readonly stepHours: number;
}

/** What was scraped at a moment. */
export interface Scrape {
  /** Unix seconds. */
  readonly at: number;
  readonly exposition: string;
}

export interface DemoHistory {
  readonly scrapes: readonly Scrape[];
  /** Mails of the last step, not delivered yet. */
  readonly rest: readonly DemoMail[];
  readonly facts: ReturnType<typeof scenarioFacts>;
}

/** The demo's mails, delivered and judged as they would have arrived, with a scrape after each step. */
export async function playDemo({ db, days, domains, stepHours }: HistoryOptions): Promise<DemoHistory> {
  const now = Math.floor(systemClock.now() / 1000);
  const scenario = { until: utcDay(now) - daySeconds, days, domains };
  const facts = scenarioFacts(scenario);
  const mails = [...generateMails(scenario)].toSorted((a, b) => a.receivedAt - b.receivedAt);
  const { authservId } = facts.mailbox;
  const stage = new Backtest({ db, domains: [], authservIds: [authservId] }, () => undefined);
  const clock = { at: 0 };
  const reader = openStoreReader(db);
  const metrics = metricsOf(reader, clock);
  const scrapes: Scrape[] = [];
  const step = stepHours * 3600;
  const dayBegins = utcDay(now);
  let next = 0;
  try {
    for (let at = dayBegins - days * daySeconds + step; at <= dayBegins; at += step) {
      const from = next;
      while ((mails[next]?.receivedAt ?? Infinity) < at) next += 1;
      if (next > from) {
        await stage.deliver(at, mails.slice(from, next).map(rawOf));
        await stage.judge();
      }
      clock.at = at;
      scrapes.push({ at, exposition: (await metrics.render()).body.toString() });
    }
  } finally {
    reader.close();
    await stage.close();
  }
  return { scrapes, rest: mails.slice(next), facts };
}

function metricsOf(reader: StoreReader, clock: { readonly at: number }): Metrics {
  return createMetrics({
    clock: { now: () => clock.at * 1000, sleep: () => Promise.resolve() },
    version: '9.9.9',
    domains: [],
    maxDomains: 200,
    mailboxes: ['imap'],
    channels: ['webhook'],
    rules: ruleScopes,
    stats: () => reader.domainStats(clock.at),
    counters: () => reader.counters(),
  });
}

function rawOf({ raw, receivedAt }: DemoMail, i: number): RawMail {
  const origin = { source: 'imap', folder: 'INBOX', uidValidity: null, uid: null, path: `${receivedAt}-${i}` };
  return { origin, content: { kind: 'bytes', bytes: raw }, size: raw.length, receivedAt };
}

/** Series that a scrape finds in the store; those of the process mean nothing here. */
const ofTheStore = /^dmarc_(recent|published|last_report|alerts_firing|report|mails|mail_messages|store)/;

/** Samples for `promtool tsdb create-blocks-from openmetrics`. */
export function openMetrics(scrapes: readonly Scrape[], instance: string): string {
  const lines = scrapes.flatMap(({ at, exposition }) =>
    exposition
      .split('\n')
      .filter((line) => ofTheStore.test(line))
      .map((line) => `${withLabels(line, `job="dmarc",instance="${instance}"`)} ${at}`),
  );
  return `${lines.join('\n')}\n# EOF\n`;
}

function withLabels(line: string, labels: string): string {
  return line.includes('{') ? line.replace('{', `{${labels},`) : line.replace(' ', `{${labels}} `);
}
