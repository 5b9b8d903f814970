import type { MailOutcome } from './model/outcome.js';
import { placeKey } from './model/raw-mail.js';
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

/** Deaths of the whole process over one mail before it is written off: one may be anybody's fault, three in a row are not. */
const processDeathsAllowed = 3;

type Deliver = (mails: readonly RawMail[]) => Promise<(MailOutcome | null)[]>;

/**
 * A batch in one transaction; when that fails, its mails one by one, so that a mail that does not fit the disk or stops the
 * thread does not hold the others. Null is a mail that stays unsettled. Rejects when none could be stored. `processDeaths`:
 * how often the process died over which mail; such a mail waits for the others of its batch and is then tried alone.
 */
export function carefulDelivery(store: Storing, processDeaths: ReadonlyMap<string, number> = new Map()): Deliver {
  const deaths = new Map<string, number>();
  const suspects = new Map(processDeaths);
  const together: Deliver = async (mails) => {
    try {
      return [...(await store.deliver(mails))];
    } catch (error) {
      return oneByOne(store, mails, deaths, error);
    }
  };
  return async (mails) => {
    const groups = suspects.size === 0 ? [mails] : apart(mails, suspects);
    if (groups.length === 1 && groups[0] === mails) return together(mails);
    const outcomes = new Map<RawMail, MailOutcome | null>();
    let last: unknown = null;
    for (const group of groups) {
      try {
        const ends = await tried(store, group, suspects, together);
        group.forEach((mail, i) => outcomes.set(mail, ends[i] ?? null));
      } catch (error) {
        last = error;
      }
    }
    if (outcomes.size === 0) throw last;
    return mails.map((mail) => outcomes.get(mail) ?? null);
  };
}

/** The mails without a death first, then each of the others by itself. */
function apart(mails: readonly RawMail[], suspects: ReadonlyMap<string, number>): (readonly RawMail[])[] {
  const doubtful = mails.filter(({ origin }) => suspects.has(placeKey(origin)));
  if (doubtful.length === 0) return [mails];
  const others = mails.filter((mail) => !doubtful.includes(mail));
  return [...(others.length > 0 ? [others] : []), ...doubtful.map((mail) => [mail])];
}

async function tried(
  store: Storing,
  group: readonly RawMail[],
  suspects: Map<string, number>,
  together: Deliver,
): Promise<(MailOutcome | null)[]> {
  const [mail] = group;
  const key = mail === undefined ? '' : placeKey(mail.origin);
  const count = group.length === 1 ? (suspects.get(key) ?? 0) : 0;
  if (mail === undefined || count < processDeathsAllowed) {
    const outcomes = await together(group);
    if (outcomes.every((outcome) => outcome !== null)) suspects.delete(key);
    return outcomes;
  }
  const outcome = await store.writeOff(mail, `the whole process ended ${count} times while reading it`);
  suspects.delete(key);
  return [outcome];
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
    deaths.delete(placeKey(mail.origin));
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
  const key = placeKey(mail.origin);
  const count = (deaths.get(key) ?? 0) + 1;
  deaths.set(key, count);
  if (count < deathsAllowed) throw error;
  deaths.delete(key);
  return store.writeOff(mail, `reading it stopped the writing thread ${count} times: ${error.message}`);
}
