import { setImmediate as nextTurn } from 'node:timers/promises';
import { daySeconds } from '../base/clock.js';
import { limits } from '../config/limits.js';
import { looksLikeMail, mailArrival } from '../mail/mail.js';
import type { Content } from '../model/content.js';
import { latestPeriodEnd } from '../pipeline.js';
import { headOf, mailAgain, mailsOf } from './paths.js';
import type { FoundMail, Unreadable } from './paths.js';

/** Where a mail or report file is, and when it arrived (Unix seconds). */
export interface Arrival extends Pick<FoundMail, 'name' | 'range'> {
  readonly at: number;
  readonly file: string;
}

/** Mails that arrived together, with the time of the last of them. */
export interface Batch {
  readonly at: number;
  readonly mails: number;
  readonly arrivals: readonly Arrival[];
}

/** A file that has no place in the order. */
export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

export interface ArrivalOptions {
  /** Unix seconds. */
  readonly now: number;
  /** Seconds from the end of a report's period to its arrival, where no mail says when. */
  readonly delay: number;
  readonly signal: AbortSignal;
  readonly onFile: (done: number) => void;
}

/**
 * When the mails and files arrived, the earliest first; alike ones stay in the order of the files. A mail by its own header, a
 * report file by the end of its period plus the delay. Keeps nothing of their content.
 */
export async function arrivalsOf(
  files: readonly string[],
  options: ArrivalOptions,
): Promise<{ arrivals: Arrival[]; leftOut: LeftOut[] }> {
  const arrivals: Arrival[] = [];
  const leftOut: LeftOut[] = [];
  for (const [done, file] of files.entries()) {
    for await (const found of mailsOf(file)) {
      if (options.signal.aborted) return { arrivals: [], leftOut };
      const at = await timeOf(found, options);
      if (typeof at === 'string') leftOut.push({ name: found.name, reason: at });
      else if (found.raw) arrivals.push({ at, file, name: found.name, range: found.range });
    }
    await nextTurn();
    options.onFile(done + 1);
  }
  arrivals.sort((one, other) => one.at - other.at);
  return { arrivals, leftOut };
}

/** Or why there is none. */
async function timeOf(found: FoundMail | Unreadable, { now, delay }: ArrivalOptions): Promise<number | string> {
  if (!found.raw) return `it cannot be read: ${found.reason}`;
  const latest = now + daySeconds;
  const own = found.raw.content && (await headerTime(found.raw.content, latest));
  if (own !== null) return own;
  const end = await latestPeriodEnd(found.raw);
  if (end === null) return 'it does not say when it was sent, and holds no report with a period';
  if (end + delay > latest) return 'it does not say when it was sent, and its report ends in the future';
  return end + delay;
}

async function headerTime(content: Content, latest: number): Promise<number | null> {
  return looksLikeMail(headOf(content, limits.mailHeaderBytes)) ? mailArrival(content, latest) : null;
}

const minuteSeconds = 60;

/** Those of a minute together: the service waits for more before it judges. */
export function* batchesOf(arrivals: readonly Arrival[]): Generator<Batch> {
  let batch: Arrival[] = [];
  for (const each of arrivals) {
    const [first] = batch;
    if (first && minuteOf(first) !== minuteOf(each)) {
      yield { at: batch.at(-1)?.at ?? first.at, mails: batch.length, arrivals: batch };
      batch = [];
    }
    batch.push(each);
  }
  const last = batch.at(-1);
  if (last) yield { at: last.at, mails: batch.length, arrivals: batch };
}

function minuteOf({ at }: Arrival): number {
  return Math.floor(at / minuteSeconds);
}

/** The mail or file itself, read once more. */
export function readArrival(arrival: Arrival): Promise<FoundMail | Unreadable> {
  return mailAgain(arrival, arrival.file);
}
