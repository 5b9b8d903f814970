import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { daySeconds, systemClock, utcDay } from '../base/clock.js';
import { Failure } from '../base/failure.js';
import { plainText } from '../base/text.js';
import { readConfig } from '../config/read.js';
import type { Config } from '../config/config.js';
import { openDemo } from '../demo/demo.js';
import type { WebhookEvent } from '../demo/demo.js';
import { openService } from '../service.js';
import type { CommandContext } from './context.js';
import { openProgress } from './progress.js';
import { aborted } from './serve.js';
import { version } from './version.js';

export interface DemoOptions {
  readonly days: string;
  readonly listen?: string;
  readonly json?: boolean;
}

const usualPort = 8080;

/** `ruawatch demo`: the real service on generated mail. Resolves with the exit code. */
export async function demo(options: DemoOptions, context: CommandContext): Promise<number> {
  const days = Number(options.days);
  if (!Number.isInteger(days) || days < 10 || days > 365) {
    throw new Failure(`--days ${options.days} is not a number of days from 10 to 365`, { exitCode: 2 });
  }
  const folder = await mkdtemp(join(tmpdir(), 'ruawatch-demo-'));
  try {
    const listen = options.listen ?? (await freeAddress());
    return await play({ days, folder, listen, json: options.json ?? false }, context);
  } catch (error) {
    if (context.signal.aborted) return 0;
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Stage {
  readonly days: number;
  readonly folder: string;
  readonly listen: string;
  readonly json: boolean;
}

async function play({ days, folder, listen, json }: Stage, { out, err, signal }: CommandContext): Promise<number> {
  const say = (text: string): void => void out.write(`${text}\n`);
  const progress = openProgress(err);
  say(
    `ruawatch demo: 12 policy domains, ${days} days of reports, one sender that breaks on the last day,\namong them what every such mailbox holds: duplicates, a bounce, a cut-off report, spoofers.`,
  );
  say('Writing report mails …');
  const until = utcDay(systemClock.now() / 1000) - daySeconds;
  const world = await openDemo({
    until,
    days,
    signal,
    onProgress: (made, total) => progress.show(made, total, 'mails written'),
    onWebhook: (event) => {
      progress.end();
      say(announce(event, json));
    },
  });
  progress.end();
  try {
    const config = settings(world, folder, listen);
    say(
      `${world.mails} mails wait in an IMAP mailbox on ${world.imap.host}:${world.imap.port}; the service now reads it as it would read yours.\nWhat a first start finds is told in one message, a digest, the gravest domain first. After it, what breaks is told at once.`,
    );
    const service = await openService(config, {
      version,
      onBacklog: (left) => (left > 0 ? progress.show(world.mails - left, world.mails, 'mails read') : progress.end()),
    });
    say(addresses(service.address));
    await aborted(signal);
    progress.end();
    await service.close();
    say('Stopped; the demo leaves nothing behind.');
    return 0;
  } finally {
    await world.close();
  }
}

function settings(world: Awaited<ReturnType<typeof openDemo>>, folder: string, listen: string): Config {
  const { imap, webhook, facts } = world;
  const mailbox = { name: 'demo', ...imap, tls: 'none', poll_seconds: 2 };
  return readConfig({
    env: {},
    overrides: {
      mailboxes: [mailbox as Config['mailboxes'][number]],
      webhook: webhook as Config['webhook'],
      db: join(folder, 'demo.db'),
      authserv_ids: [facts.mailbox.authservId],
      dkim_check: 'off',
      ptr_lookups: 'off',
      listen,
      log_level: 'error',
    },
  });
}

function addresses(base: string): string {
  return [
    '',
    `  page        ${base}/`,
    `  API docs    ${base}/api/docs`,
    `  alerts      ${base}/api/v1/alerts`,
    `  sources     ${base}/api/v1/stats/sources?result=fail`,
    `  metrics     ${base}/metrics`,
    '',
    '  Ctrl-C ends it.',
    '',
  ].join('\n');
}

/** The message as a person wants to read it. */
function announce({ type, verified, body }: WebhookEvent, whole: boolean): string {
  const { data } = body as { data: Told };
  const steps = (data.next_steps ?? []).map((step, i) => `  ${i === 0 ? 'do  ' : '    '}  ${i + 1}. ${step}`);
  const looks = (data.domains ?? []).flatMap(({ domain, look_at_first: first }) =>
    first === null ? [] : [`  look  ${domain}: ${first}`],
  );
  const lines = [
    '',
    `webhook received: ${type}, signature ${verified ? 'verified' : 'WRONG'}`,
    `  what  ${data.summary}`,
    ...(data.why ? [`  why   ${data.why}`] : []),
    ...steps,
    ...looks,
    `  see   ${data.links.alert ?? data.links.dashboard}`,
    whole ? JSON.stringify(body, null, 2) : '  (`ruawatch demo --json` prints the whole message)',
    '',
  ];
  return lines.map((line) => (line.startsWith('{') ? line : plainText(line, 600))).join('\n');
}

/** What alerts and digests have in common. */
interface Told {
  readonly summary: string;
  readonly why?: string;
  readonly next_steps?: readonly string[];
  readonly domains?: readonly { readonly domain: string; readonly look_at_first: string | null }[];
  readonly links: { readonly alert?: string; readonly dashboard: string };
}

/** 127.0.0.1:8080, or a free port when that one is taken: a demo must not fail for it. */
async function freeAddress(): Promise<string> {
  const port = (await portIfFree(usualPort)) ?? (await portIfFree(0)) ?? usualPort;
  return `127.0.0.1:${port}`;
}

function portIfFree(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : null));
    });
  });
}
