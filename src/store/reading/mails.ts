import type { MailOutcomeKind } from '../../model/outcome.js';
import type { Problem } from '../../model/problem.js';
import type { Connection } from '../database.js';
import { pageByPlace } from './scope.js';
import type { Page, Rows } from './scope.js';

/** A line of the ledger. Times in Unix seconds. */
export interface StoredMail {
  readonly id: number;
  readonly source: string;
  readonly folder: string;
  readonly uid_validity: number | null;
  readonly uid: number | null;
  readonly path: string | null;
  readonly message_id: string | null;
  readonly subject: string | null;
  readonly mail_from: string | null;
  readonly size: number;
  /** SHA-256 of the bytes as they came, in hexadecimal; null when they were not read whole. */
  readonly digest: string | null;
  /** Whether those bytes are kept. */
  readonly original: boolean;
  readonly received_at: number | null;
  readonly processed_at: number;
  readonly outcome: MailOutcomeKind;
  readonly reason: string;
  readonly problems: readonly Problem[];
  readonly report_ids: readonly number[];
}

/** Which lines: processed in the time asked for (Unix seconds, both ends included). Null: all. */
export interface MailChoice {
  readonly from: number;
  readonly to: number;
  readonly outcomes: readonly string[] | null;
  readonly sources: readonly string[] | null;
  /** Of these only; absent: all. */
  readonly ids?: readonly number[];
  /** Found in these files or folders only (whole paths), mails of an mbox included; absent: all. */
  readonly paths?: readonly string[];
}

type MailRow = Omit<StoredMail, 'problems' | 'report_ids' | 'original'> & {
  readonly problems: string;
  readonly original: number;
};

interface Parameters {
  readonly from: number;
  readonly to: number;
  readonly outcomes: string | null;
  readonly sources: string | null;
  readonly ids: string | null;
  readonly paths: string | null;
  readonly after: number;
  readonly limit: number;
}

const sql = `SELECT id, source, folder, uid_validity, uid, path, message_id, subject, mail_from, size,
  lower(hex(digest)) AS digest, EXISTS (SELECT 1 FROM originals o WHERE o.mail_id = mails.id) AS original,
  received_at, processed_at, outcome, reason, problems
FROM mails
WHERE id < @after AND processed_at BETWEEN @from AND @to
  AND (@outcomes IS NULL OR outcome IN (SELECT value FROM json_each(@outcomes)))
  AND (@sources IS NULL OR source IN (SELECT value FROM json_each(@sources)))
  AND (@ids IS NULL OR id IN (SELECT value FROM json_each(@ids)))
  AND (@paths IS NULL OR EXISTS (SELECT 1 FROM json_each(@paths) AS p
    WHERE iif(mails.folder = '', mails.path, mails.folder || '/' || mails.path) = p.value
       OR substr(iif(mails.folder = '', mails.path, mails.folder || '/' || mails.path), 1, length(p.value) + 1) IN (p.value || '/', p.value || '#')))
ORDER BY id DESC LIMIT @limit`;

/** Last processed first. */
export function readMails(db: Connection): (choice: MailChoice, page: Page) => Rows<StoredMail> {
  const statement = db.prepare<Parameters, MailRow>(sql);
  const reportsOf = readReportIds(db);
  return (choice, page) => {
    const found = statement.all({
      from: choice.from,
      to: choice.to,
      outcomes: choice.outcomes && JSON.stringify(choice.outcomes),
      sources: choice.sources && JSON.stringify(choice.sources),
      ids: choice.ids ? JSON.stringify(choice.ids) : null,
      paths: choice.paths ? JSON.stringify(choice.paths) : null,
      after: page.after?.[0] ?? Number.MAX_SAFE_INTEGER,
      limit: page.limit + 1,
    });
    const { rows, next } = pageByPlace(found, page, (row) => [row.id]);
    const reports = reportsOf(rows.map((row) => row.id));
    return {
      rows: rows.map((row) => ({
        ...row,
        digest: row.digest === '' ? null : row.digest,
        original: row.original === 1,
        problems: JSON.parse(row.problems) as Problem[],
        report_ids: reports.get(row.id) ?? [],
      })),
      next,
    };
  };
}

function readReportIds(db: Connection): (mails: readonly number[]) => ReadonlyMap<number, readonly number[]> {
  const statement = db.prepare<[string], { readonly id: number; readonly mail_id: number }>(
    'SELECT id, mail_id FROM reports WHERE mail_id IN (SELECT value FROM json_each(?)) ORDER BY id',
  );
  return (mails) => {
    const found = new Map<number, number[]>();
    if (mails.length === 0) return found;
    for (const { id, mail_id } of statement.all(JSON.stringify(mails))) {
      found.set(mail_id, [...(found.get(mail_id) ?? []), id]);
    }
    return found;
  };
}
