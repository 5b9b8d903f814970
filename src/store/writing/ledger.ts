import type { MailOutcome, MailOutcomeKind } from '../../model/outcome.js';
import type { ParsedMail, Provenance } from '../../model/part.js';
import type { Problem } from '../../model/problem.js';
import type { RawMail } from '../../model/raw-mail.js';
import type { Connection } from '../database.js';

/** What is known of a mail once it is read. */
export interface MailFacts {
  readonly mail: (Pick<ParsedMail, 'messageId' | 'subject' | 'from'> & Provenance) | null;
  readonly outcome: MailOutcome;
  readonly problems: readonly Problem[];
}

/** A ledger line that is there already. */
export interface LedgerLine {
  readonly id: number;
  readonly outcome: MailOutcomeKind;
  readonly reason: string;
}

/** One line for every mail ever seen, and the checkpoint of every folder. */
export class Ledger {
  readonly #byUid;
  readonly #byPath;
  readonly #open;
  readonly #settle;
  readonly #digest;
  readonly #checkpoint;

  constructor(db: Connection) {
    this.#byUid = db.prepare<[string, string, number, number], LedgerLine>(
      'SELECT id, outcome, reason FROM mails WHERE source = ? AND folder = ? AND uid_validity = ? AND uid = ?',
    );
    this.#byPath = db.prepare<[string, string, number, number | null], LedgerLine>(
      'SELECT id, outcome, reason FROM mails WHERE source = ? AND path = ? AND size = ? AND modified_at IS ?',
    );
    this.#open = db.prepare<(string | number | null)[]>(
      `INSERT INTO mails (source, folder, uid_validity, uid, path, modified_at, size, received_at, processed_at, outcome, reason)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'failed', 'not finished')`,
    );
    this.#settle = db.prepare<(string | number | null)[]>(
      `UPDATE mails SET message_id = ?, subject = ?, mail_from = ?, outcome = ?, reason = ?, problems = ?,
       authenticity = coalesce(?, authenticity), proven_domain = coalesce(?, proven_domain), proven_by = coalesce(?, proven_by)
       WHERE id = ?`,
    );
    this.#digest = db.prepare<[Buffer, number]>('UPDATE mails SET digest = ? WHERE id = ?');
    this.#checkpoint = db.prepare<(string | number)[]>(
      `INSERT INTO checkpoints (source, folder, uid_validity, uid, updated_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (source, folder) DO UPDATE SET
         uid = iif(uid_validity = excluded.uid_validity, max(uid, excluded.uid), excluded.uid),
         uid_validity = excluded.uid_validity, updated_at = excluded.updated_at`,
    );
  }

  find({ origin, size, receivedAt }: RawMail): LedgerLine | null {
    const { source, folder, uidValidity, uid, path } = origin;
    if (uidValidity !== null && uid !== null) return this.#byUid.get(source, folder, uidValidity, uid) ?? null;
    return path === null ? null : (this.#byPath.get(source, path, size, receivedAt) ?? null);
  }

  /** Begins a line; it says `failed` until it is settled. */
  open(raw: RawMail, now: number): number {
    const { source, folder, uidValidity, uid, path } = raw.origin;
    const modifiedAt = path === null ? null : raw.receivedAt;
    const row = this.#open.run(source, folder, uidValidity, uid, path, modifiedAt, raw.size, raw.receivedAt, now);
    if (uidValidity !== null && uid !== null) this.#checkpoint.run(source, folder, uidValidity, uid, now);
    return Number(row.lastInsertRowid);
  }

  /** SHA-256 of the bytes as they came. */
  identify(id: number, digest: Buffer): void {
    this.#digest.run(digest, id);
  }

  settle(id: number, { mail, outcome, problems }: MailFacts): void {
    this.#settle.run(
      mail?.messageId ?? null,
      mail?.subject ?? null,
      mail?.from ?? null,
      outcome.outcome,
      outcome.reason,
      JSON.stringify(problems),
      mail === null || mail.authenticity === 'unverified' ? null : mail.authenticity,
      mail?.proof?.domain ?? null,
      mail?.proof?.by ?? null,
      id,
    );
  }
}
