import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openImapServer, openWebhookSink } from '../../src/demo/demo.js';
import { openMetrics, playDemo } from './demo-history.js';
import type { HistoryOptions } from './demo-history.js';
import { startPrometheus } from './prometheus.js';
import type { Prometheus } from './prometheus.js';
import { startRuawatch } from './ruawatch.js';
import type { Running } from './ruawatch.js';
import { findProgram } from './servers.js';
import { tempDir } from './temp.js';

/** The built service on the demo's data, and a Prometheus that scraped it all along. */
export interface DemoWorld {
  readonly service: Running;
  readonly prometheus: Prometheus;
  /** Where something breaks. */
  readonly breaking: { readonly domain: string };
  close(): Promise<void>;
}

const account = { user: 'demo', password: 'demo' };
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/**
 * History is played into the store and written into Prometheus; the service then reads the mails of today from a mailbox, judges
 * them and posts its alerts. Resolves when all that has been scraped.
 */
export async function startDemoWorld(options: Omit<HistoryOptions, 'db'>): Promise<DemoWorld> {
  const dir = await tempDir();
  const open: (() => Promise<unknown>)[] = [() => dir.remove()];
  const close = async (): Promise<void> => {
    for (const each of open.toReversed()) await each();
  };
  try {
    const db = join(dir.path, 'demo.db');
    const { scrapes, rest, facts } = await playDemo({ ...options, db });
    const imap = await openImapServer(account);
    open.push(() => imap.close());
    const sink = await openWebhookSink({ secret, onEvent: () => undefined });
    open.push(() => sink.close());
    const service = await startRuawatch({
      RUAWATCH_DB: db,
      RUAWATCH_IMAP_HOST: imap.host,
      RUAWATCH_IMAP_PORT: String(imap.port),
      RUAWATCH_IMAP_TLS: 'none',
      RUAWATCH_IMAP_USER: account.user,
      RUAWATCH_IMAP_PASSWORD: account.password,
      RUAWATCH_IMAP_POLL_SECONDS: '2',
      RUAWATCH_AUTHSERV_IDS: facts.mailbox.authservId,
      RUAWATCH_DKIM_CHECK: 'off',
      RUAWATCH_WEBHOOK_URL: sink.url,
      RUAWATCH_WEBHOOK_SECRET: secret,
    });
    open.push(() => service.stop());
    const scrape = new URL(service.base).host;
    const data = join(dir.path, 'prometheus');
    await writeBlocks(openMetrics(scrapes, scrape), dir.path, data);
    const prometheus = await startPrometheus({ scrape, data, lookbackHours: options.stepHours + 1 });
    open.push(() => prometheus.stop());
    await prometheus.waitFor('dmarc_mailbox_last_success_timestamp_seconds > 0');
    for (const { raw, receivedAt } of rest) imap.append({ raw, receivedAt: Math.min(receivedAt, Date.now() / 1000) });
    const domain = facts.breaking?.domain ?? '';
    await prometheus.waitFor('sum(dmarc_alert_detection_delay_seconds_count) > 0');
    await prometheus.waitFor(`dmarc_alerts_firing{rule="known_sender_failing",domain="${domain}"} > 0`);
    await prometheus.waitFor('sum(dmarc_notification_queue_length) == 0');
    return { service, prometheus, breaking: { domain }, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function writeBlocks(samples: string, dir: string, data: string): Promise<void> {
  const file = join(dir, 'history.om');
  await writeFile(file, samples);
  await promisify(execFile)(findProgram('promtool') ?? 'promtool', [
    ...['tsdb', 'create-blocks-from', '--max-block-duration=1440h', 'openmetrics', file, data],
  ]);
}
