import { resolve } from 'node:path';
import { Failure } from '../base/failure.js';
import { mailOutcomes } from '../model/outcome.js';
import type { MailChoice, StoredMail, StoreReader } from '../store/store.js';

/** Options of a command that picks lines of the ledger. */
export interface MailOptions {
  /** Outcomes, comma separated. */
  readonly outcome?: string;
  readonly since?: string;
  readonly until?: string;
  readonly id?: readonly string[];
}

/** Throws a Failure with exit code 2 that names the option at fault. */
export function mailChoice({ outcome, since, until, id }: MailOptions, paths: readonly string[] = []): MailChoice {
  const from = since === undefined ? 0 : secondsOf('--since', since, 0);
  const to = until === undefined ? Number.MAX_SAFE_INTEGER : secondsOf('--until', until, 86_399);
  if (from > to) throw wrong('--since is after --until', 'exchange them');
  return {
    from,
    to,
    outcomes: outcome === undefined ? null : outcomesOf(outcome),
    sources: null,
    ...(id && { ids: id.map(idOf) }),
    ...(paths.length > 0 && { paths: paths.map((path) => resolve(path)) }),
  };
}

/** Unix seconds of a day or a time; `endOfDay` is added to a day. */
function secondsOf(option: string, text: string, endOfDay: number): number {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const ms = isDay || /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(ms)) return Math.floor(ms / 1000) + (isDay ? endOfDay : 0);
  throw wrong(`${option} ${text} is no day or time`, 'write YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ, in UTC');
}

function outcomesOf(text: string): readonly string[] {
  const outcomes = text.split(',').map((each) => each.trim());
  const known: readonly string[] = mailOutcomes;
  const odd = outcomes.find((each) => !known.includes(each));
  if (odd === undefined) return outcomes;
  throw wrong(`--outcome ${odd} is no outcome`, `it is one or more of ${mailOutcomes.join(', ')}, comma separated`);
}

function idOf(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw wrong(`--id ${text} is no number`, '`ruawatch mails` shows the number of each mail');
}

function wrong(message: string, hint: string): Failure {
  return new Failure(message, { hint, exitCode: 2 });
}

const pageRows = 500;

/** Every line of the choice, last first. */
export async function* mailsIn(reader: StoreReader, choice: MailChoice): AsyncGenerator<StoredMail> {
  let after = null;
  do {
    const { rows, next }: Awaited<ReturnType<StoreReader['mails']>> = await reader.mails(choice, {
      limit: pageRows,
      after,
    });
    yield* rows;
    after = next;
  } while (after !== null);
}

/** A line for people who wonder why nothing is shown. */
export function noneFits(db: string): string {
  return `ruawatch: no mail in the ledger of ${db} fits\n`;
}

/** Where a mail was found, for people. */
export function placeOf({ source, folder, uid, path }: Pick<StoredMail, 'source' | 'folder' | 'uid' | 'path'>): string {
  if (path === null) return `${source} ${folder}/${uid ?? '?'}`;
  return `${source} ${folder === '' ? path : `${folder}/${path}`}`;
}
