import { systemClock } from '../base/clock.js';
import { plainText } from '../base/text.js';
import { storeMails } from '../intake.js';
import type { IntakeOptions } from '../intake.js';
import { senderCheckOf } from '../pipeline.js';
import type { SenderSettings } from '../pipeline.js';
import { settlementOf } from '../model/outcome.js';
import type { MailOutcome, MailOutcomeKind } from '../model/outcome.js';
import { sizeOf } from '../model/content.js';
import { lockStore, StoreWriter } from '../store/store.js';
import type { OriginalsPolicy } from '../store/store.js';
import { listFiles, mailsOf } from './paths.js';
import type { FoundMail } from './paths.js';
import { openProgress } from './progress.js';

/** Mails and bytes that share a transaction. */
const batchMails = 200;
const batchBytes = 16 * 1024 * 1024;

export interface IngestOptions {
  readonly db: string;
  readonly senders: SenderSettings;
  readonly originals: OriginalsPolicy;
  /** Our policy domains; empty: the store's domains stay as they are. */
  readonly domains: readonly string[];
  readonly json: boolean;
}

interface Tally {
  readonly outcomes: Partial<Record<MailOutcomeKind, number>>;
  readonly refused: { readonly name: string; readonly outcome: MailOutcomeKind; readonly reason: string }[];
  mails: number;
  /** Those with a line in the ledger from before. */
  known: number;
  reports: number;
}

/** `ruawatch ingest`: files, folders, mbox and Maildir into the store. Resolves with the exit code. */
export async function ingest(
  paths: readonly string[],
  options: IngestOptions,
  streams: { out: NodeJS.WriteStream; err: NodeJS.WriteStream },
): Promise<number> {
  const files = listFiles(paths);
  const tally: Tally = { outcomes: {}, refused: [], mails: 0, known: 0, reports: 0 };
  const started = systemClock.now();
  const lock = lockStore(options.db, 'ruawatch ingest');
  try {
    await storeFiles(files, options, tally, streams.err);
  } finally {
    lock.release();
  }
  const seconds = (systemClock.now() - started) / 1000;
  streams.out.write(options.json ? asJson(tally, seconds) : asText(tally, seconds));
  return tally.refused.length > 0 ? 1 : 0;
}

async function storeFiles(
  files: readonly string[],
  options: IngestOptions,
  tally: Tally,
  terminal: NodeJS.WriteStream,
): Promise<void> {
  const { db, originals, domains } = options;
  const store = new StoreWriter(db, { originals, ...(domains.length > 0 ? { ours: domains } : {}) });
  const progress = openProgress(terminal);
  const say = (_: string, sentence: string): void => void terminal.write(`ruawatch: ${sentence}\n`);
  const intake = { authservIds: options.senders.authserv_ids, senders: senderCheckOf(options.senders, say) };
  try {
    let done = 0;
    for await (const batch of batches(files, tally)) {
      await storeBatch(store, batch.mails, intake, tally);
      done = batch.filesDone;
      progress.show(done, files.length, `files, ${tally.reports} new reports`);
    }
  } finally {
    progress.end();
    await store.close();
  }
}

async function* batches(
  files: readonly string[],
  tally: Tally,
): AsyncGenerator<{ mails: FoundMail[]; filesDone: number }> {
  let mails: FoundMail[] = [];
  let bytes = 0;
  let filesDone = 0;
  for (const file of files) {
    for await (const found of mailsOf(file)) {
      if (!found.raw) {
        count(tally, found.name, { outcome: 'failed', reason: `it cannot be read: ${found.reason}`, reportIds: [] });
        continue;
      }
      mails.push(found);
      bytes += found.raw.content ? sizeOf(found.raw.content) : 0;
      if (mails.length < batchMails && bytes < batchBytes) continue;
      yield { mails, filesDone };
      mails = [];
      bytes = 0;
    }
    filesDone += 1;
  }
  if (mails.length > 0) yield { mails, filesDone };
}

async function storeBatch(
  store: StoreWriter,
  mails: readonly FoundMail[],
  options: IntakeOptions,
  tally: Tally,
): Promise<void> {
  const now = Math.floor(systemClock.now() / 1000);
  const outcomes = await storeMails(store, mails.map((each) => each.raw), now, options); // prettier-ignore
  outcomes.forEach((each, i) => count(tally, mails[i]?.name ?? '', each));
}

/** A known mail counts as known alone; one that could not be read is named each time, as it still is not stored. */
function count(tally: Tally, name: string, { outcome, reason, reportIds, known }: MailOutcome): void {
  tally.mails += 1;
  tally.reports += reportIds.length;
  if (known) tally.known += 1;
  else tally.outcomes[outcome] = (tally.outcomes[outcome] ?? 0) + 1;
  if (settlementOf(outcome) === 'failed') tally.refused.push({ name, outcome, reason });
}

function asJson({ mails, known, reports, outcomes, refused }: Tally, seconds: number): string {
  return `${JSON.stringify({ mails, known, reports, outcomes, refused, seconds })}\n`;
}

const shownRefusals = 20;

function asText({ mails, known, reports, outcomes, refused }: Tally, seconds: number): string {
  const counted = [...Object.entries(outcomes), ...(known > 0 ? [['known before', known] as const] : [])];
  const counts = counted.map(([what, count]) => `  ${what.padEnd(16)}${String(count).padStart(8)}`);
  const named = refused
    .slice(0, shownRefusals)
    .map(({ name, outcome, reason }) => `  ${plainText(name)}: ${outcome}: ${plainText(reason)}`);
  const more =
    refused.length > shownRefusals ? [`  … and ${refused.length - shownRefusals} more (all of them: --json)`] : [];
  const refusals = refused.length > 0 ? ['', 'Not accepted:', ...named, ...more] : [];
  return [
    `${mails} mails or files read in ${seconds.toFixed(1)} s: ${reports} new reports.`,
    ...counts,
    ...refusals,
    '',
  ].join('\n');
}
