import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { codeOf, Failure, messageOf } from '../base/failure.js';
import { plainText } from '../base/text.js';
import { limits } from '../config/limits.js';
import { originalsOf } from '../config/originals.js';
import type { StoreSettings } from '../config/store-settings.js';
import { rereadMail } from '../intake.js';
import type { Content } from '../model/content.js';
import type { MailOutcomeKind } from '../model/outcome.js';
import { smtpName } from '../source/source.js';
import { lockStore, openStoreReader, StoreWriter } from '../store/store.js';
import type { StoredMail } from '../store/store.js';
import { mailChoice, mailsIn, noneFits, placeOf } from './mail-choice.js';
import type { MailOptions } from './mail-choice.js';
import { openProgress } from './progress.js';

export interface ReplayOptions extends MailOptions {
  readonly all?: boolean;
  readonly alerts?: boolean;
  readonly json?: boolean;
}

interface Tally {
  read: number;
  /** Outcomes that differ from before, by `before -> now`. */
  readonly changed: Record<string, number>;
  readonly notRead: { readonly id: number; readonly name: string; readonly reason: string }[];
}

/** `ruawatch replay`: reads mails of the ledger again, each in a transaction of its own. Resolves with the exit code. */
export async function replay(
  paths: readonly string[],
  options: ReplayOptions,
  settings: StoreSettings,
  streams: { readonly out: NodeJS.WriteStream; readonly err: NodeJS.WriteStream },
): Promise<number> {
  const lines = await chosen(paths, options, settings.db);
  const lock = lockStore(settings.db, 'ruawatch replay');
  const tally: Tally = { read: 0, changed: {}, notRead: [] };
  const progress = openProgress(streams.err);
  try {
    const { db, domains } = settings;
    const ours = domains.length > 0 ? { ours: domains } : {};
    const store = new StoreWriter(db, { originals: originalsOf(settings), ...ours });
    try {
      for (const [index, line] of lines.entries()) {
        await again(store, line, { authservIds: settings.authserv_ids, judge: options.alerts ?? false }, tally);
        progress.show(index + 1, lines.length, 'mails');
      }
    } finally {
      await store.close();
    }
  } finally {
    progress.end();
    lock.release();
  }
  if (lines.length === 0) streams.err.write(noneFits(settings.db));
  streams.out.write(options.json ? `${JSON.stringify(tally)}\n` : asText(tally));
  return tally.notRead.length > 0 ? 1 : 0;
}

type Line = Pick<
  StoredMail,
  'id' | 'source' | 'folder' | 'uid_validity' | 'uid' | 'path' | 'size' | 'received_at' | 'processed_at' | 'outcome'
>;

/** Oldest first: a report that came twice stays with the mail that brought it first. */
async function chosen(paths: readonly string[], options: ReplayOptions, db: string): Promise<readonly Line[]> {
  const { outcome, since, until, id, all } = options;
  if (!all && paths.length === 0 && [outcome, since, until, id].every((each) => each === undefined)) {
    const hint = 'give --outcome, --since, --until, --id or the path it came from; --all for every mail';
    throw new Failure('replay needs to know which mails', { hint, exitCode: 2 });
  }
  const choice = mailChoice(options, paths);
  const reader = openStoreReader(db);
  const lines: Line[] = [];
  try {
    for await (const { subject: _, reason: _reason, problems: _problems, ...line } of mailsIn(reader, choice))
      lines.push(line);
  } finally {
    reader.close();
  }
  return lines.reverse();
}

async function again(
  store: StoreWriter,
  line: Line,
  options: { readonly authservIds: readonly string[]; readonly judge: boolean },
  tally: Tally,
): Promise<void> {
  const { id, source, folder, uid_validity: uidValidity, uid, path, size, received_at: receivedAt, outcome } = line;
  const refuse = (reason: string): void => void tally.notRead.push({ id, name: nameOf(line), reason });
  const content = contentOf(store, line);
  if (!content) return refuse('its original is not kept');
  // Whether it came by LMTP is not known any more; what was shown of its sender then stands.
  const fromStranger = source === smtpName;
  const raw = { origin: { source, folder, uidValidity, uid, path }, content, size, receivedAt, fromStranger };
  try {
    const now = await rereadMail(store, { id, source, outcome, processedAt: line.processed_at }, raw, options);
    tally.read += 1;
    if (now.outcome !== outcome) changed(tally, outcome, now.outcome);
  } catch (error) {
    const code = codeOf(error);
    if (error instanceof Failure || code.startsWith('SQLITE_') || /^E[A-Z]+$/.test(code)) throw error;
    refuse(`ruawatch could not read it, so it stays as it was: ${messageOf(error)}`);
  }
}

/** The original, else the file where it was found if it is still as large. */
function contentOf(store: StoreWriter, { id, folder, path, size }: Line): Content | null {
  const bytes = store.original(id);
  if (bytes) return { kind: 'bytes', bytes };
  if (path === null || size > limits.packedBytes) return null;
  const file = resolve(folder, path);
  return existsSync(file) && statSync(file).size === size ? { kind: 'file', path: file, size } : null;
}

function nameOf(line: Line): string {
  return plainText(placeOf(line));
}

function changed(tally: Tally, before: MailOutcomeKind, now: MailOutcomeKind): void {
  const key = `${before} -> ${now}`;
  tally.changed[key] = (tally.changed[key] ?? 0) + 1;
}

const shownRefusals = 20;

function asText({ read, changed, notRead }: Tally): string {
  const changes = Object.entries(changed).map(([key, count]) => `  ${key}: ${count}`);
  const refused = notRead
    .slice(0, shownRefusals)
    .map(({ id, name, reason }) => `  mail ${id} (${name}): ${plainText(reason)}`);
  const more =
    notRead.length > shownRefusals ? [`  … and ${notRead.length - shownRefusals} more (all of them: --json)`] : [];
  return [
    `${read} mails read again; ${changes.length === 0 ? 'no outcome changed.' : 'outcomes that changed:'}`,
    ...changes,
    ...(notRead.length > 0 ? ['', `${notRead.length} not read again:`, ...refused, ...more] : []),
    '',
  ].join('\n');
}
