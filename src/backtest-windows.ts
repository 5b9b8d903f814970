import type { Finding } from './model/finding.js';

/** Mails that arrived at one moment. */
export interface Moment {
  /** Unix seconds. */
  readonly at: number;
  readonly mails: number;
}

/** What lies further apart is not judged together: a finding that opens and ends in between would not be seen. */
export const windowSeconds = 6 * 60 * 60;
/** What has to be taken back is to be little, and a signal is heard between windows. */
export const windowMails = 200;

/**
 * The moments, from the one of index `from` on, that may be judged together: one at least, and of the others none at `due` (Unix
 * seconds) or later.
 */
export function nextRun<M extends Moment>(moments: readonly M[], from: number, due: number): readonly M[] {
  const latest = Math.min((moments[from]?.at ?? 0) + windowSeconds, due - 1);
  let mails = 0;
  let end = from;
  for (; end < moments.length; end++) {
    const moment = moments[end];
    mails += moment?.mails ?? 0;
    if (end > from && (moment === undefined || moment.at > latest || mails > windowMails)) break;
  }
  return moments.slice(from, end);
}

/** What of a look decides whether it may stand for the looks of several moments. */
export interface Seen {
  readonly messages: readonly unknown[];
  readonly findings: readonly Pick<Finding, 'severity' | 'openedAt' | 'resolvedAt'>[];
}

/**
 * Whether one look at `now` (Unix seconds) may stand for those that the service would have had: it tells nothing, and nothing
 * graver than `info` begins or ends by it, as when that was decides what is told later. `seen` is null when nothing changed.
 */
export function mayStand(seen: Seen | null, now: number): boolean {
  if (seen === null) return true;
  const isGrave = ({ severity, openedAt, resolvedAt }: Seen['findings'][number]) =>
    severity !== 'info' && (openedAt === now || resolvedAt === now);
  return seen.messages.length === 0 && !seen.findings.some(isGrave);
}

/** Who stores and judges moments. */
export interface Judge<M extends Moment, R> {
  /** Stores and judges one moment, as the service would. */
  one(moment: M): Promise<R>;
  /** Stores several and judges them in the end; null, and nothing was done, when that could change when something is told. */
  together(run: readonly M[]): Promise<R[] | null>;
}

/**
 * Judges as few times as it can while what is told at once keeps its second: a run together where one look may stand for all, else its
 * halves, down to the single moment. What may differ from the service is in docs/backtest.md.
 */
export async function judgeRun<M extends Moment, R>(run: readonly M[], judge: Judge<M, R>): Promise<R[]> {
  const [only] = run;
  if (only === undefined) return [];
  if (run.length === 1) return [await judge.one(only)];
  const done = await judge.together(run);
  if (done !== null) return done;
  const half = Math.ceil(run.length / 2);
  return [...(await judgeRun(run.slice(0, half), judge)), ...(await judgeRun(run.slice(half), judge))];
}
