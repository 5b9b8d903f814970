import type { Mechanism } from '../model/finding.js';
import type { History, Scope, SourceKindDay } from '../model/history.js';
import type { RecordGroup } from '../model/record-group.js';
import type { KindDay } from '../model/sender.js';
import { isOurs } from './cause.js';
import { surprise } from './statistics.js';

/** What passes looks passed on, and a lesser part fails with a signature of ours that is there: a forwarder's picture. */
export function looksRelayed(all: readonly KindDay[], mechanism: Mechanism): boolean {
  const sum = (kind: keyof KindDay) => all.reduce((total, day) => total + day[kind], 0);
  const own = sum('both') + sum('dkim') + sum('spf') + sum('elsewhere') + sum('error') + sum('nothing');
  return mechanism === 'dmarc' && own === 0 && sum('signed') > 0 && sum('signed') < sum('relayed');
}

const leastOfBreak = 3;
/** As sure as a single day has to be. */
const sureBreak = 3e-4;

/**
 * Since some day nothing passes any more, beyond what the days before it make likely. Judged by reporters that fail it since:
 * the first report of a day may be of one that never saw the mail that passes.
 */
export function passesNoMore(since: readonly SourceKindDay[]): boolean {
  const lastPass = since.reduce((last, each) => (passed(each) > 0 ? Math.max(last, each.day) : last), 0);
  const run = since.filter((each) => each.day > lastPass && failed(each) > 0);
  const heard = new Set(run.map((each) => each.reporterId));
  const before = since.filter((each) => each.day <= lastPass && heard.has(each.reporterId));
  const failing = total(run, failed);
  if (failing < leastOfBreak) return false;
  const past = { messages: total(before, passed) + total(before, failed), failed: total(before, failed) };
  return surprise({ messages: failing, failed: failing }, past) < sureBreak;
}

function passed({ both, dkim, relayed, spf }: KindDay): number {
  return both + dkim + relayed + spf;
}

function failed({ signed, elsewhere, error, nothing }: KindDay): number {
  return signed + elsewhere + error + nothing;
}

function total(rows: readonly SourceKindDay[], value: (row: KindDay) => number): number {
  return rows.reduce((sum, each) => sum + value(each), 0);
}

/** A forwarder carries a part of what its sender sends: of that much more another one is the sender. */
const muchMore = 2;

/**
 * Whether the mail signed by the keys of these rows begins elsewhere: another sender sends it itself, or passes on much more of
 * it. A forwarder has no key of ours.
 */
export async function beginsElsewhere(
  history: Pick<History, 'signedElsewhere'>,
  scope: Scope,
  { domain, rows, messages }: { domain: string; rows: readonly RecordGroup[]; messages: number },
): Promise<boolean> {
  const own = rows.flatMap((each) => each.dkim).filter((each) => isOurs(each.domain, domain));
  const keys = new Map(own.map(({ domain: of, selector }) => [`${selector} ${of}`, { domain: of, selector }]));
  const { direct, relayed } = await history.signedElsewhere(scope, [...keys.values()]);
  return direct || relayed >= muchMore * messages;
}
