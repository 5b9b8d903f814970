import { messageOf, Failure, codeOf } from './base/failure.js';
import type { MailOutcome } from './model/outcome.js';
import type { RawMail } from './model/raw-mail.js';
import { walkMail } from './pipeline.js';
import type { FileHandler, FileOrigin, FileSink, SenderCheck, WalkOptions } from './pipeline.js';
import type { MailEntry, MailFacts, RereadLine, StoreWriter } from './store/store.js';

export interface IntakeOptions extends WalkOptions {
  /** Null: signatures are not checked. */
  readonly senders?: SenderCheck | null;
  /** Told of each mail before it is read, and when none is being read any more. */
  readonly hand?: { begin(mail: RawMail): void; end(): void };
}

/** Reads a batch of mails into the store in one transaction. `now` in Unix seconds. Rejects only when a machine failed; then nothing of the batch is stored. */
export async function storeMails(
  store: StoreWriter,
  mails: readonly RawMail[],
  now: number,
  options: IntakeOptions,
): Promise<MailOutcome[]> {
  // Name servers may take their time; nothing may wait for them while the database is locked.
  const signed = await options.senders?.check(mails);
  return store.batch(async () => {
    const outcomes: MailOutcome[] = [];
    try {
      for (const [i, raw] of mails.entries()) {
        options.hand?.begin(raw);
        const own = { ...options, signed: signed?.[i] ?? null };
        outcomes.push(await store.mail(raw, now, (entry) => read(raw, entry, own), survivable));
      }
    } finally {
      options.hand?.end();
    }
    return outcomes;
  });
}

/**
 * Reads a mail of the ledger again, in a transaction of its own, in place of what the earlier reading stored. `judge`: the watch
 * takes its reports for news. No signature is checked: the key may be gone by now. Rejects, and leaves everything as it was, when it cannot be read.
 */
export function rereadMail(
  store: StoreWriter,
  line: RereadLine,
  raw: RawMail,
  options: WalkOptions & { readonly judge: boolean },
): Promise<MailOutcome> {
  return store.batch(() => store.reread(line, options.judge, (entry) => read(raw, entry, options)));
}

/** A ledger line for a mail that cannot be read at all. */
export function writeOff(store: StoreWriter, raw: RawMail, reason: string, now: number): Promise<MailOutcome> {
  const outcome: MailOutcome = { outcome: 'failed', reason, reportIds: [] };
  const facts: MailFacts = { mail: null, outcome, problems: [] };
  return store.batch(() => store.mail(raw, now, () => Promise.resolve(facts), () => null)); // prettier-ignore
}

async function read(raw: RawMail, entry: MailEntry, options: WalkOptions): Promise<MailFacts> {
  return walkMail(raw, storing(entry), { ...options, earlier: entry.earlier });
}

function storing(entry: MailEntry): FileHandler {
  return { open: (file) => storeFile(entry, file) };
}

function storeFile(entry: MailEntry, { label }: FileOrigin): FileSink {
  const report = entry.report(label);
  return {
    record: (record) => report.record(record),
    abandon: () => report.abandon(),
    finish: (reading, provenance) => {
      if (reading.outcome !== 'report' && reading.outcome !== 'partial') {
        report.abandon();
        return { outcome: reading.outcome, reason: reading.reason, reportId: null };
      }
      const { outcome, reason, id } = report.finish(reading, provenance);
      return { outcome, reason, reportId: id };
    },
  };
}

/** A file that cannot be opened is that file's trouble, not the machine's. */
const fileCodes: readonly string[] = ['ENOENT', 'EACCES', 'EPERM', 'EISDIR'];

/** A fault of ours in reading one mail must not stop the next; a fault of the machine must, or mails would be settled unread. */
function survivable(error: unknown): MailFacts | null {
  const code = codeOf(error);
  const machine = code.startsWith('SQLITE_') || (/^E[A-Z]+$/.test(code) && !fileCodes.includes(code));
  if (error instanceof Failure || machine) return null;
  const reason = `ruawatch could not read it: ${messageOf(error)}`;
  return { mail: null, outcome: { outcome: 'failed', reason, reportIds: [] }, problems: [] };
}
