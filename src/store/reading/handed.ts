import type { MailOutcomeKind } from '../../model/outcome.js';
import type { Connection } from '../database.js';

/** The ledger line of a mail that was handed to the service. */
export interface HandedMail {
  readonly id: number;
  readonly outcome: MailOutcomeKind;
  readonly reason: string;
  readonly report_ids: readonly number[];
}

/** By source and digest path; null when no such bytes have come that way. */
export function readHanded(db: Connection): (source: string, path: string, size: number) => HandedMail | null {
  const line = db.prepare<[string, string, number], Omit<HandedMail, 'report_ids'>>(
    'SELECT id, outcome, reason FROM mails WHERE source = ? AND path = ? AND size = ?',
  );
  const reports = db.prepare<[number], number>('SELECT id FROM reports WHERE mail_id = ? ORDER BY id').pluck();
  return (source, path, size) => {
    const found = line.get(source, path, size);
    return found ? { ...found, report_ids: reports.all(found.id) } : null;
  };
}
