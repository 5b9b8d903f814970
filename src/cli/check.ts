import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { systemClock } from '../base/clock.js';
import { Failure, messageOf } from '../base/failure.js';
import { plainText } from '../base/text.js';
import { isAmong } from '../base/domains.js';
import type { ChannelConfig, Config } from '../config/config.js';
import { noWayIn } from '../config/read.js';
import { alteredRemedy, mostlyAltered, senderCheckOf, silence } from '../mail/mail.js';
import { channelsOf, channelTitle, sendTest } from '../notify/notify.js';
import { quietEvents } from '../observe/observe.js';
import { openSources, smtpName } from '../source/source.js';
import type { StoreReader } from '../store/store.js';
import { hasTokenIn, inspectStore, openStoreReader } from '../store/store.js';
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
  const waysIn = configuration(config);
  show(waysIn);
  show(await attempt(`store ${config.db}`, () => store(config.db)));
  for (const source of probes(config, context.signal)) show(await attempt(source.name, source.probe));
  for (const each of await signatures(config)) show(each);
  for (const each of await channels(config, options.send ?? false, context.signal)) show(each);
  const ok = checks.every((each) => each.ok);
  if (options.json) context.out.write(`${JSON.stringify({ ok, checks })}\n`);
  if (!waysIn.ok) return 2;
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
  const { mailboxes, directories, smtp, push_token: pushToken, domains } = config;
  const ways = [
    ...[...mailboxes, ...directories].map(({ name }) => name),
    ...(smtp ? [smtpName] : []),
    ...(pushToken === null && !mayPost(config.db) ? [] : ['POST /api/v1/mails']),
  ];
  const from = ways.length === 0 ? noWayIn.message : `mails from ${ways.join(', ')}`;
  const detail = `${from}; domains ${domains.length === 0 ? 'learnt from the reports' : domains.join(', ')}`;
  return { name: 'configuration', ok: ways.length > 0, detail, hint: noWayIn.hint };
}

function mayPost(db: string): boolean {
  try {
    return hasTokenIn(db, 'push', systemClock.now() / 1000);
  } catch {
    // The line about the store tells.
    return false;
  }
}

async function store(path: string): Promise<string> {
  const { state, folder } = inspectStore(path);
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free < lowDiskBytes) {
    throw new Failure(`only ${Math.floor(free / 1024 / 1024)} MiB are free on its disk`, {
      hint: 'make room, or set db (RUAWATCH_DB) to a path on another disk',
    });
  }
  return `${storeStates[state]}; ${(free / 1024 ** 3).toFixed(1)} GiB free`;
}

const storeStates = {
  absent: 'not there yet, and can be made',
  older: 'can be written; the service brings its tables up to date when it starts',
  current: 'opens and can be written',
} as const;

function probes(config: Config, signal: AbortSignal): { name: string; probe: () => Promise<string> }[] {
  const intake = {
    unseenUids: () => [],
    settledMails: () => [],
    storedMails: () => [],
    seenFile: () => true,
    deliver: () => Promise.resolve([]),
  };
  return openSources(config, { intake, events: quietEvents, clock: systemClock }).map((source) => ({
    name: source.name,
    probe: async () => {
      const folders = await source.probe(signal);
      if (source.name === smtpName)
        return 'its settings are good; its address is not tried, as the service may hold it';
      return folders.map(({ folder, messages }) => `${folder} holds ${messages}`).join(', ');
    },
  }));
}

/** Whether signatures can be checked, and whether those that were checked agree with their mails. */
async function signatures(config: Config): Promise<Check[]> {
  const name = 'signatures';
  if (config.dkim_check === 'off') return [{ name, ok: true, detail: 'not checked: dkim_check is off', hint: '' }];
  // `on` takes for granted that there is one.
  const senders = senderCheckOf({ ...config, dkim_check: 'auto' }, () => undefined);
  const answers = (await senders?.answering()) ?? false;
  const hint = 'set dns_servers (RUAWATCH_DNS_SERVERS), or dkim_check: off';
  const detail = answers ? 'a name server answers, for DKIM keys' : silence;
  return [{ name, ok: answers || config.dkim_check === 'auto', detail, hint }, ...(await altered(config))];
}

async function altered({ db, authserv_ids: authservIds }: Config): Promise<Check[]> {
  // Where a server of ours judges, a failure says nothing of signatures.
  if (authservIds.length > 0 || !existsSync(db)) return [];
  let reader: StoreReader;
  try {
    reader = openStoreReader(db);
  } catch {
    // The store was told of already.
    return [];
  }
  try {
    const mailboxes = [...(await reader.signed())].filter(([, newest]) => mostlyAltered(newest));
    const detail = 'most of its newest signed mails do not match their signatures';
    return mailboxes.map(([name]) => ({ name: `signatures ${name}`, ok: false, detail, hint: alteredRemedy }));
  } finally {
    reader.close();
  }
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
