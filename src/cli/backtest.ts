import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Backtest } from '../backtest.js';
import { senderLines } from '../backtest-senders.js';
import type { ToldLine } from '../backtest.js';
import { systemClock } from '../base/clock.js';
import { Failure } from '../base/failure.js';
import { plainText } from '../base/text.js';
import { sizeOf } from '../model/content.js';
import type { SenderSetting } from '../model/sender.js';
import { settlementOf } from '../model/outcome.js';
import { arrivalsOf, batchesOf, readArrival } from './arrivals.js';
import type { Arrival, Batch } from './arrivals.js';
import type { CommandContext } from './context.js';
import { openOutput } from './output.js';
import type { Output } from './output.js';
import { listFiles } from './paths.js';
import type { FoundMail } from './paths.js';
import { openProgress } from './progress.js';
import type { Progress } from './progress.js';

/** Mails and bytes that share a transaction. */
const batchMails = 200;
const batchBytes = 16 * 1024 * 1024;
/** The service would still be there when the last digest is due. */
const runOnSeconds = 24 * 60 * 60;

export interface BacktestOptions {
  /** Such as `6h`: see `secondsOf`. */
  readonly delay: string;
  readonly domains: readonly string[];
  readonly authservIds: readonly string[];
  readonly namedSenders: readonly SenderSetting[];
  /** Print every sender in the end. */
  readonly senders: boolean;
}

interface Tally {
  readonly refused: { readonly name: string; readonly reason: string }[];
  mails: number;
  reports: number;
  readonly told: Record<string, number>;
}

/** `ruawatch backtest`: prints what would have been told of an archive, as JSON lines (docs/backtest.md). Resolves with the exit code. */
export async function backtest(
  paths: readonly string[],
  options: BacktestOptions,
  { out, err, signal }: CommandContext,
): Promise<number> {
  const delay = secondsOf(options.delay);
  if (paths.includes('-')) {
    const hint = 'save it to a file: the archive is read twice, first for the order of arrival';
    throw new Failure('backtest cannot read standard input', { hint, exitCode: 2 });
  }
  const files = listFiles(paths);
  const progress = openProgress(err);
  const tally: Tally = { refused: [], mails: 0, reports: 0, told: {} };
  const startedMs = systemClock.now();
  const folder = mkdtempSync(join(tmpdir(), 'ruawatch-backtest-'));
  try {
    const now = Math.floor(startedMs / 1000);
    const onFile = (done: number): void => progress.show(done, files.length, 'files looked at');
    const { arrivals, leftOut } = await arrivalsOf(files, { now, delay, signal, onFile });
    tally.refused.push(...leftOut);
    await replay(arrivals, {
      ...options,
      db: join(folder, 'scratch.db'),
      tally,
      signal,
      progress,
      output: openOutput(out),
    });
    progress.end();
    err.write(summary(arrivals, tally, (systemClock.now() - startedMs) / 1000));
  } finally {
    progress.end();
    rmSync(folder, { recursive: true, force: true });
  }
  if (signal.aborted) throw new Failure('the backtest was stopped before its end');
  return tally.refused.length > 0 ? 1 : 0;
}

interface Replay extends BacktestOptions {
  readonly db: string;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly output: Output;
}

async function replay(arrivals: readonly Arrival[], options: Replay): Promise<void> {
  const { signal, progress, output, tally } = options;
  const test = new Backtest({ ...options, bare: true }, (line) => {
    tally.told[line.route] = (tally.told[line.route] ?? 0) + 1;
    output.write(`${JSON.stringify(line satisfies ToldLine)}\n`);
  });
  try {
    let done = 0;
    for await (const judged of test.passThrough([...batchesOf(arrivals)], (batch) => deliver(test, batch))) {
      for (const { delivered } of judged) count(tally, delivered);
      await output.drained();
      done += judged.reduce((sum, { moment }) => sum + moment.mails, 0);
      progress.show(done, arrivals.length, `mails, up to ${dayOf(judged.at(-1)?.moment.at ?? 0)}`);
      // Nothing here waits for the machine: without a turn of its own no signal would be heard.
      await nextTurn();
      if (signal.aborted) return;
    }
    const last = arrivals.at(-1);
    if (last) await test.pass(last.at + runOnSeconds);
  } finally {
    await test.close();
  }
  if (options.senders) await printSenders(options.db, output);
}

async function printSenders(db: string, output: Output): Promise<void> {
  for await (const line of senderLines(db)) {
    output.write(`${JSON.stringify(line)}\n`);
    await output.drained();
  }
}

type Delivered = Pick<Tally, 'refused' | 'mails' | 'reports'>;

function count(tally: Tally, { refused, mails, reports }: Delivered): void {
  tally.refused.push(...refused);
  tally.mails += mails;
  tally.reports += reports;
}

async function deliver(test: Backtest, batch: Batch): Promise<Delivered> {
  const delivered: Delivered = { refused: [], mails: 0, reports: 0 };
  let mails: FoundMail[] = [];
  let bytes = 0;
  for (const arrival of batch.arrivals) {
    const found = await readArrival(arrival);
    if (!found.raw) {
      delivered.refused.push({ name: found.name, reason: `it cannot be read: ${found.reason}` });
      continue;
    }
    mails.push(found);
    bytes += found.raw.content ? sizeOf(found.raw.content) : 0;
    if (mails.length < batchMails && bytes < batchBytes) continue;
    await deliverSome(test, batch.at, mails, delivered);
    mails = [];
    bytes = 0;
  }
  if (mails.length > 0) await deliverSome(test, batch.at, mails, delivered);
  return delivered;
}

async function deliverSome(test: Backtest, at: number, mails: readonly FoundMail[], to: Delivered): Promise<void> {
  const outcomes = await test.deliver(at, mails.map((each) => each.raw)); // prettier-ignore
  to.mails += mails.length;
  outcomes.forEach(({ outcome, reason, reportIds }, i) => {
    to.reports += reportIds.length;
    if (settlementOf(outcome) === 'failed')
      to.refused.push({ name: mails[i]?.name ?? '', reason: `${outcome}: ${reason}` });
  });
}

const units: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 };
/** Reports of a day come within some days; more is a slip of the pen. */
const longestDelay = 30 * 86_400;

/** Seconds of `30m`, `6h` or `2d`. Throws a Failure for anything else. */
export function secondsOf(text: string): number {
  const [, amount, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const seconds = Number(amount) * (units[unit] ?? NaN);
  if (seconds <= longestDelay) return seconds;
  const hint = 'write minutes, hours or days, at most 30d: --delay 90m, --delay 6h, --delay 1d';
  throw new Failure(`--delay ${plainText(text, 40)} is no time that a report may take`, { hint, exitCode: 2 });
}

function dayOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}

const shownRefusals = 20;

function summary(arrivals: readonly Arrival[], { mails, reports, told, refused }: Tally, seconds: number): string {
  const [first, last] = [arrivals[0], arrivals.at(-1)];
  const range = first && last ? `, ${dayOf(first.at)} to ${dayOf(last.at)}` : '';
  const named = refused.slice(0, shownRefusals).map(({ name, reason }) => `  ${plainText(name)}: ${plainText(reason)}`);
  const more = refused.length > shownRefusals ? [`  … and ${refused.length - shownRefusals} more`] : [];
  return [
    `${mails} mails or files, ${reports} reports${range}, in ${seconds.toFixed(1)} s.`,
    `Would have been told: ${told['now'] ?? 0} at once, ${told['digest'] ?? 0} in digests.`,
    ...(refused.length > 0 ? ['Not accepted:', ...named, ...more] : []),
    '',
  ].join('\n');
}
