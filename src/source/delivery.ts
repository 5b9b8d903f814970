import { Failure, messageOf } from '../base/failure.js';
import type { MailOutcome } from '../model/outcome.js';
import type { RawMail } from '../model/raw-mail.js';
import { PollFailure } from './poll-failure.js';
import type { Intake } from './port.js';

/** Delivers a batch. When the store fails nothing of the batch is settled, and the next poll finds it again. */
export async function deliver(
  intake: Intake,
  source: string,
  mails: readonly RawMail[],
): Promise<readonly (MailOutcome | null)[]> {
  try {
    return await intake.deliver(mails);
  } catch (error) {
    throw storeFailure(`${mails.length} mails of ${source} could not be stored and stay unsettled`, error);
  }
}

/** How many of a batch stay unsettled. */
export function unsettledIn(outcomes: readonly (MailOutcome | null)[]): number {
  return outcomes.filter((outcome) => outcome === null).length;
}

/** Told once the others of a poll are through. Does nothing when all were settled. */
export function tellUnsettled(source: string, mails: number): void {
  if (mails === 0) return;
  const message = `${mails} mails of ${source} could not be stored and stay unsettled; all others were`;
  throw new PollFailure('store', message, 'look at the log, at the disk and at the rights of the database file');
}

/** Asks the ledger. */
export function asking<T>(source: string, question: () => T): T {
  try {
    return question();
  } catch (error) {
    throw storeFailure(`the store could not say which mails of ${source} are new`, error);
  }
}

function storeFailure(what: string, error: unknown): PollFailure {
  const hint = error instanceof Failure ? error.hint : 'look at the disk and the rights of the database file';
  return new PollFailure('store', `${what}: ${messageOf(error)}`, hint, error);
}
