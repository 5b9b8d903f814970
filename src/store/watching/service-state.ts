import type { Domains, MailboxPolls, PollOutcome, Readings } from '../../model/domain-facts.js';
import type { Connection } from '../database.js';

/** Evaluations come at least hourly; with more than this between two of them nobody looked. */
const pauseSeconds = 3 * 3600;
/** Mails of the ledger that are looked at. */
const newestMails = 2_000;
const listedAddresses = 10;

const unreadable: ReadonlySet<string> = new Set(['malformed', 'oversized', 'unsupported', 'failed']);
const readable: ReadonlySet<string> = new Set(['report', 'duplicate', 'conflict', 'partial']);

/** What the service knows of its own doing; in the store, so that a restart forgets nothing. */
export function openServiceState(db: Connection): Pick<Domains, 'watchedSince' | 'polls' | 'readings'> {
  const polls = db.prepare<[], MailboxPolls>(
    'SELECT mailbox, failures, failing_since AS failingSince, error FROM mailbox_polls ORDER BY mailbox',
  );
  const readings = openReadings(db);
  const watchedSince = openWatchedSince(db);
  return {
    polls: async () => polls.all(),
    readings: async (since, leastFailed) => readings(since, leastFailed),
    watchedSince: async (now) => watchedSince(now),
  };
}

function openWatchedSince(db: Connection): (now: number) => number {
  const read = db.prepare<[string], string>('SELECT value FROM state WHERE key = ?').pluck();
  const write = db.prepare<[string, string]>(
    'INSERT INTO state VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  return (now) => {
    const looked = Number(read.get('looked_at') ?? 0);
    const since = Number(read.get('watched_since') ?? now);
    const pause = now - looked > pauseSeconds || looked > now;
    if (pause) write.run('watched_since', String(now));
    // Often enough to know a pause by, and no write for each evaluation.
    if (pause || now - looked > pauseSeconds / 6) write.run('looked_at', String(now));
    return pause ? now : since;
  };
}

function openReadings(db: Connection): (since: number, leastFailed: number) => Readings | null {
  // Asked after every mail, and most of the time the answer is none: out of the index of outcomes.
  const failures = db
    .prepare<{ since: number; most: number; outcomes: string }, number>(
      `SELECT count(*) FROM (
         SELECT 1 FROM json_each(@outcomes) o CROSS JOIN mails m INDEXED BY mails_by_outcome
           ON m.outcome = o.value AND m.id > (SELECT max(id) FROM mails) - ${newestMails}
         WHERE m.processed_at > @since LIMIT @most)`,
    )
    .pluck();
  const outcomes = JSON.stringify([...unreadable]);
  const rows = db.prepare<[number], { mail_from: string | null; outcome: string; fresh: 0 | 1; mails: number }>(
    `SELECT mail_from, outcome, processed_at > ? AS fresh, count(*) AS mails
     FROM (SELECT mail_from, outcome, processed_at FROM mails ORDER BY id DESC LIMIT ${newestMails})
     GROUP BY 1, 2, 3`,
  );
  return (since, leastFailed) => {
    if ((failures.get({ since, most: leastFailed, outcomes }) ?? 0) < leastFailed) return null;
    const all = rows.all(since);
    const known = new Set(all.filter((each) => readable.has(each.outcome)).map((each) => each.mail_from));
    const fresh = all.filter((each) => each.fresh === 1);
    const failed = fresh.filter((each) => unreadable.has(each.outcome));
    const ofKnown = failed.filter((each) => each.mail_from !== null && known.has(each.mail_from));
    return {
      read: sum(fresh.filter((each) => readable.has(each.outcome))),
      failed: sum(failed),
      failedOfKnown: sum(ofKnown),
      outcomes: mostFrequent(failed, (each) => each.outcome).map(([outcome, mails]) => ({ outcome, mails })),
      from: mostFrequent(failed, (each) => each.mail_from ?? '')
        .map(([from]) => from)
        .filter((from) => from !== '')
        .slice(0, listedAddresses),
    };
  };
}

function sum(rows: readonly { readonly mails: number }[]): number {
  return rows.reduce((total, each) => total + each.mails, 0);
}

function mostFrequent<T extends { readonly mails: number }>(
  rows: readonly T[],
  key: (row: T) => string,
): [string, number][] {
  const counts = new Map<string, number>();
  for (const each of rows) counts.set(key(each), (counts.get(key(each)) ?? 0) + each.mails);
  return [...counts].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1));
}

/** Remembers how polls went, and forgets mailboxes that are configured no more. */
export function openPollRecord(db: Connection): {
  polled(outcome: PollOutcome): void;
  keepOnly(mailboxes: readonly string[]): void;
} {
  const failed = db.prepare<[string, number, string]>(
    `INSERT INTO mailbox_polls VALUES (?, 1, ?, ?) ON CONFLICT (mailbox) DO UPDATE SET
       failures = failures + 1, failing_since = coalesce(failing_since, excluded.failing_since), error = excluded.error`,
  );
  const well = db.prepare<[string]>(
    `INSERT INTO mailbox_polls VALUES (?, 0, NULL, '') ON CONFLICT (mailbox) DO UPDATE SET
       failures = 0, failing_since = NULL, error = '' WHERE failures > 0`,
  );
  const forget = db.prepare<[string]>(
    'DELETE FROM mailbox_polls WHERE mailbox NOT IN (SELECT value FROM json_each(?))',
  );
  return {
    polled: ({ mailbox, at, error }) => {
      if (error === null) well.run(mailbox);
      else failed.run(mailbox, at, error);
    },
    keepOnly: (mailboxes) => void forget.run(JSON.stringify(mailboxes)),
  };
}
