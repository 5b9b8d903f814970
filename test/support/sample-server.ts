import { Writable } from 'node:stream';
import type { Clock } from '../../src/base/clock.js';
import type { Config } from '../../src/config/config.js';
import { ruleScopes } from '../../src/model/finding.js';
import { createEvents, createHealth, createMetrics, openLog } from '../../src/observe/observe.js';
import type { Events, HealthRecord } from '../../src/observe/observe.js';
import type { ServeContext } from '../../src/serve/endpoint.js';
import { openServer } from '../../src/serve/serve.js';
import { openTokenUse } from '../../src/store/api-tokens.js';
import { openAlertActions } from '../../src/store/watching/alert-actions.js';
import { decideIn } from '../../src/store/store.js';
import { openStoreReader } from '../../src/store/reader.js';
import type { StoreReader } from '../../src/store/reader.js';
import { sampleNow, sampleStore } from './sample-store.js';
import type { SampleStore } from './sample-store.js';

/** A clock that moves when told. */
export interface HandClock extends Clock {
  advance(ms: number): void;
}

export function handClock(start: number): HandClock {
  let now = start;
  return {
    now: () => now,
    advance: (ms) => {
      now += ms;
    },
    sleep: (_ms, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
      }),
  };
}

export function sampleConfig(db: string, changes: Partial<Config> = {}): Config {
  return {
    mailboxes: [],
    directories: [],
    domains: [],
    senders: [],
    db,
    originals_days: 90,
    originals_mib: 1024,
    listen: '127.0.0.1:0',
    public_url: null,
    api_token: null,
    api_token_file: null,
    cors_origins: [],
    trusted_proxies: [],
    push_token: null,
    push_token_file: null,
    smtp: null,
    webhook: null,
    channels: [],
    digest_at: null,
    authserv_ids: [],
    dkim_check: 'off',
    ptr_lookups: 'off',
    dns_servers: [],
    metrics_max_domains: 200,
    log_level: 'error',
    ...changes,
  };
}

export interface SampleServer {
  readonly store: SampleStore;
  readonly reader: StoreReader;
  readonly clock: HandClock;
  readonly events: Events;
  readonly health: HealthRecord;
  readonly address: string;
  /** Everything logged. */
  logged(): string;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  json(path: string): Promise<Record<string, unknown>>;
  rows(path: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

/** The sample store behind a server on a free port. The mailbox is polled every 300 seconds. */
export async function sampleServer(
  changes: Partial<Config> = {},
  store = sampleStore(),
  deliver: ServeContext['deliver'] = () => Promise.resolve([null]),
): Promise<SampleServer> {
  const clock = handClock(sampleNow);
  const config = sampleConfig(store.path, changes);
  const reader = openStoreReader(store.path);
  const lines: string[] = [];
  const to = new Writable({ write: (chunk: Buffer, _encoding, done) => (lines.push(chunk.toString()), done()) });
  const log = openLog({ level: 'info', to });
  const health = createHealth([{ name: 'inbox', pollSeconds: 300 }], clock);
  const metrics = createMetrics({
    clock,
    version: '9.9.9',
    domains: config.domains,
    maxDomains: config.metrics_max_domains,
    mailboxes: ['inbox', 'dropbox'],
    channels: ['webhook'],
    rules: { known_sender_failing: ruleScopes.known_sender_failing, new_failing_source: ruleScopes.new_failing_source },
    stats: () => reader.domainStats(Math.floor(clock.now() / 1000)),
    counters: () => reader.counters(),
  });
  const decide: ServeContext['decide'] = async (change) => decideIn(store.path, change, Math.floor(clock.now() / 1000));
  const actOn = openAlertActions(store.db);
  const act: ServeContext['act'] = async (id, action) => actOn(id, action, Math.floor(clock.now() / 1000));
  const useToken = openTokenUse(store.db);
  const tokenUsed: ServeContext['tokenUsed'] = async (name, day) => useToken(name, day);
  const server = await openServer({
    config,
    reader,
    metrics,
    health,
    clock,
    log,
    deliver,
    decide,
    act,
    tokenUsed,
    version: '9.9.9',
  });
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    fetch(server.address + path, { headers });
  const json = async (path: string) => (await (await get(path)).json()) as Record<string, unknown>;
  return {
    store,
    reader,
    clock,
    events: createEvents(log, metrics, health),
    health,
    address: server.address,
    logged: () => lines.join(''),
    get,
    json,
    rows: async (path) => (await json(path))['rows'] as Record<string, unknown>[],
    close: async () => {
      await server.close();
      reader.close();
      store.close();
    },
  };
}
