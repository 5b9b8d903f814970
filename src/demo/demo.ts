import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock, type Clock } from '../base/clock.js';
import { Failure } from '../base/failure.js';
import { openImapServer, type ImapServer } from './imap-server.js';
import { countMails, generateMails, scenarioFacts, type ScenarioFacts, type ScenarioOptions } from './scenario.js';
import { openWebhookSink, type WebhookEvent, type WebhookSink } from './webhook-sink.js';

export { countMails, generateMails, scenarioFacts } from './scenario.js';
export type { DemoMail, DemoMailKind, ScenarioFacts, ScenarioOptions } from './scenario.js';
export { openImapServer } from './imap-server.js';
export type { ImapServer, ImapServerOptions } from './imap-server.js';
export { openWebhookSink } from './webhook-sink.js';
export type { WebhookEvent, WebhookSink, WebhookSinkOptions } from './webhook-sink.js';

export interface DemoOptions extends Omit<ScenarioOptions, 'days'> {
  /** 90 when absent. */
  readonly days?: number;
  readonly onProgress?: (made: number, total: number) => void;
  readonly onWebhook?: (event: WebhookEvent) => void;
  /** Aborted while mails are made: rejects with a Failure, and nothing stays open. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/** A world to watch: a mailbox full of reports, and somewhere to post alerts. Everything is on the loopback interface. */
export interface Demo {
  /** Plain IMAP, no TLS. */
  readonly imap: { readonly host: string; readonly port: number; readonly user: string; readonly password: string };
  readonly webhook: { readonly url: string; readonly secret: string };
  /** In the INBOX when opened. */
  readonly mails: number;
  readonly facts: ScenarioFacts;
  close(): Promise<void>;
}

/** Resolves when every mail is in the mailbox; no mail is dated later than now. */
export async function openDemo(options: DemoOptions): Promise<Demo> {
  const clock = options.clock ?? systemClock;
  const scenario: ScenarioOptions = { ...options, days: options.days ?? 90 };
  const account = { user: 'demo', password: randomBytes(12).toString('base64url') };
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const imap = await openImapServer({ ...account, uidValidity: Math.max(1, Math.floor(clock.now() / 1000)) });
  const sink = await openSink(imap, { secret, onEvent: options.onWebhook ?? (() => undefined), clock });
  const close = async (): Promise<void> => void (await Promise.all([imap.close(), sink.close()]));
  try {
    const mails = await fill(imap, scenario, options, clock);
    return {
      imap: { host: imap.host, port: imap.port, ...account },
      webhook: { url: sink.url, secret },
      mails,
      facts: scenarioFacts(scenario),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openSink(imap: ImapServer, options: Parameters<typeof openWebhookSink>[0]): Promise<WebhookSink> {
  try {
    return await openWebhookSink(options);
  } catch (error) {
    await imap.close();
    throw error;
  }
}

/** Timers and signals get their turn this often. */
const turnMs = 8;

async function fill(imap: ImapServer, scenario: ScenarioOptions, options: DemoOptions, clock: Clock): Promise<number> {
  const total = countMails(scenario);
  let made = 0;
  let turnEnds = clock.now() + turnMs;
  for (const { raw, receivedAt } of generateMails(scenario)) {
    imap.append({ raw, receivedAt: Math.min(receivedAt, Math.floor(clock.now() / 1000)) });
    made += 1;
    if (clock.now() < turnEnds) continue;
    options.onProgress?.(made, total);
    await nextTurn();
    if (options.signal?.aborted) throw new Failure('the demo was stopped while its mails were made');
    turnEnds = clock.now() + turnMs;
  }
  options.onProgress?.(made, total);
  return made;
}
