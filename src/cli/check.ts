import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { systemClock } from '../base/clock.js';
import { Failure, messageOf } from '../base/failure.js';
import { plainText } from '../base/text.js';
import { isAmong } from '../base/domains.js';
import type { ChannelConfig, Config } from '../config/config.js';
import { hasSource } from '../config/read.js';
import { channelsOf, channelTitle, sendTest } from '../notify/notify.js';
import { quietEvents } from '../observe/observe.js';
import { openSources } from '../source/source.js';
import { openWriter } from '../store/store.js';
import type { CommandContext } from './context.js';

/** One thing looked at. */
interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly hint: string;
}

export interface CheckOptions {
  readonly json?: boolean;
  readonly send?: boolean;
}

/** Free space below which the store is at risk. */
const lowDiskBytes = 500 * 1024 * 1024;

/** `ruawatch check`: everything that `serve` will need, one line each. Resolves with the exit code. */
export async function check(
  read: () => Promise<Config>,
  options: CheckOptions,
  context: CommandContext,
): Promise<number> {
  const checks: Check[] = [];
  const show = (each: Check): void => {
    checks.push(each);
    if (!options.json) context.out.write(lineOf(each));
  };
  let config: Config;
  try {
    config = await read();
    channelsOf(config);
  } catch (error) {
    show(failed('configuration', error));
    if (options.json) context.out.write(`${JSON.stringify({ ok: false, checks })}\n`);
    return 2;
  }
  show(configuration(config));
  show(await attempt(`store ${config.db}`, () => store(config.db)));
  for (const source of probes(config, context.signal)) show(await attempt(source.name, source.probe));
  for (const each of await channels(config, options.send ?? false, context.signal)) show(each);
  const ok = checks.every((each) => each.ok);
  if (options.json) context.out.write(`${JSON.stringify({ ok, checks })}\n`);
  return ok ? 0 : 1;
}

function lineOf({ name, ok, detail, hint }: Check): string {
  const line = `${ok ? '✓' : '✗'} ${plainText(name)}: ${plainText(detail, 400)}\n`;
  return ok || hint === '' ? line : `${line}    ${plainText(hint, 400)}\n`;
}

function failed(name: string, error: unknown): Check {
  return { name, ok: false, detail: messageOf(error), hint: error instanceof Failure ? error.hint : '' };
}

async function attempt(name: string, work: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, detail: await work(), hint: '' };
  } catch (error) {
    return failed(name, error);
  }
}

function configuration(config: Config): Check {
  const detail = `${config.mailboxes.length} mailboxes, ${config.directories.length} directories, ${config.domains.length === 0 ? 'domains learnt from the reports' : config.domains.join(', ')}`;
  const hint =
    'set RUAWATCH_IMAP_HOST, RUAWATCH_IMAP_USER and RUAWATCH_IMAP_PASSWORD_FILE, or mailboxes in the YAML file';
  return { name: 'configuration', ok: hasSource(config), detail, hint };
}

async function store(path: string): Promise<string> {
  openWriter(path).close();
  const { bavail, bsize } = await statfs(dirname(resolve(path)));
  const free = bavail * bsize;
  if (free < lowDiskBytes) {
    throw new Failure(`only ${Math.floor(free / 1024 / 1024)} MiB are free on its disk`, {
      hint: 'make room, or set db (RUAWATCH_DB) to a path on another disk',
    });
  }
  return `opens and can be written; ${(free / 1024 ** 3).toFixed(1)} GiB free`;
}

function probes(config: Config, signal: AbortSignal): { name: string; probe: () => Promise<string> }[] {
  const intake = {
    unseenUids: () => [],
    settledMails: () => [],
    seenFile: () => true,
    deliver: () => Promise.resolve([]),
  };
  return openSources(config, { intake, events: quietEvents, clock: systemClock }).map((source) => ({
    name: source.name,
    probe: async () => {
      const folders = await source.probe(signal);
      if (folders.length === 0) return 'nothing to fetch; its files can be read';
      return folders.map(({ folder, messages }) => `${folder} holds ${messages}`).join(', ');
    },
  }));
}

async function channels(config: Config, send: boolean, signal: AbortSignal): Promise<readonly Check[]> {
  const configured = channelsOf(config);
  if (configured.length === 0) {
    const hint =
      'set channels in the YAML file (docs/channels.md), or RUAWATCH_WEBHOOK_URL and RUAWATCH_WEBHOOK_SECRET';
    return [{ name: 'channels', ok: true, detail: `none: alerts are in the API and the metrics only; ${hint}`, hint }];
  }
  const checks: Check[] = [];
  for (const channel of configured) {
    const name = `channel ${channelTitle(channel)}`;
    const idle = { name, ok: true, detail: 'configured; --send sends a test message', hint: '' };
    const found = send ? await attempt(name, () => sendTest(channel, { clock: systemClock, signal })) : idle;
    const advice = adviceOn(channel, config);
    checks.push(advice === null ? found : { ...found, detail: `${found.detail}; ${advice}` });
  }
  if (configured.some((each) => each.digest)) return checks;
  const detail = 'no channel takes the digest: what is not told at once is told to nobody';
  return [...checks, { name: 'digest', ok: false, detail, hint: 'set digest: true on one of the channels' }];
}

/** A mail about a domain whose mail is broken may be lost with it. */
function adviceOn({ from }: ChannelConfig, { domains }: Config): string | null {
  const domain = from?.slice(from.lastIndexOf('@') + 1).toLowerCase();
  if (domain === undefined || domains.length === 0 || !isAmong(domains)(domain)) return null;
  return `from is in ${domain}, which is watched: when its mail fails, this mail may fail too`;
}
