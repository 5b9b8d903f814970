import type { MailOutcome } from './model/outcome.js';
import type { RawMail } from './model/raw-mail.js';
import { ThreadStopped } from './worker-client.js';

/** What stores mails: the writing thread. */
export interface Storing {
  deliver(mails: readonly RawMail[]): Promise<readonly MailOutcome[]>;
  /** Writes a ledger line for a mail that cannot be read, so that it is not tried for ever. */
  writeOff(mail: RawMail, reason: string): Promise<MailOutcome>;
}

/** Deaths of the thread over one mail alone before it is written off. */
const deathsAllowed = 2;
/** Failures of single mails in a row after which the machine, not the mails, is to blame. */
const failuresInRow = 3;

/**
 * A batch in one transaction; when that fails, its mails one by one, so that a mail that does not fit the disk or stops the
 * thread does not hold the others. Null is a mail that stays unsettled. Rejects when none could be stored.
 */
export function carefulDelivery(store: Storing): (mails: readonly RawMail[]) => Promise<(MailOutcome | null)[]> {
  const deaths = new Map<string, number>();
  return async (mails) => {
    try {
      return [...(await store.deliver(mails))];
    } catch (error) {
      return oneByOne(store, mails, deaths, error);
    }
  };
}

async function oneByOne(
  store: Storing,
  mails: readonly RawMail[],
  deaths: Map<string, number>,
  first: unknown,
): Promise<(MailOutcome | null)[]> {
  const outcomes: (MailOutcome | null)[] = mails.map(() => null);
  let inRow = 0;
  let last = first;
  for (const [index, mail] of mails.entries()) {
    if (inRow >= failuresInRow) break;
    try {
      outcomes[index] =
        mails.length === 1 ? await afterDeath(store, mail, deaths, first) : await alone(store, mail, deaths);
      inRow = 0;
    } catch (error) {
      inRow += 1;
      last = error;
    }
  }
  if (outcomes.every((outcome) => outcome === null)) throw last;
  return outcomes;
}

async function alone(store: Storing, mail: RawMail, deaths: Map<string, number>): Promise<MailOutcome> {
  try {
    const [outcome] = await store.deliver([mail]);
    deaths.delete(keyOf(mail));
    return outcome ?? unheard;
  } catch (error) {
    return afterDeath(store, mail, deaths, error);
  }
}

const unheard: MailOutcome = { outcome: 'failed', reason: 'the store gave no answer', reportIds: [] };

/** Counts a death of the thread over this mail alone; any other failure is the machine's and goes on up. */
async function afterDeath(
  store: Storing,
  mail: RawMail,
  deaths: Map<string, number>,
  error: unknown,
): Promise<MailOutcome> {
  if (!(error instanceof ThreadStopped)) throw error;
  const key = keyOf(mail);
  const count = (deaths.get(key) ?? 0) + 1;
  deaths.set(key, count);
  if (count < deathsAllowed) throw error;
  deaths.delete(key);
  return store.writeOff(mail, `reading it stopped the writing thread ${count} times: ${error.message}`);
}

function keyOf({ origin: { source, folder, uidValidity, uid, path } }: RawMail): string {
  return JSON.stringify([source, folder, uidValidity, uid, path]);
}
