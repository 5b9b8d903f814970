import type { MailOutcomeKind } from '../model/outcome.js';
import type { Connection } from './database.js';

/** Up to this many UIDs are looked up one by one; more are merged with the whole stretch of the index. */
const fewUids = 500;

/** What sources ask of the ledger. Synchronous: every answer comes from an index. */
export interface LedgerReader {
  unseenUids(source: string, folder: string, uidValidity: number, uids: readonly number[]): readonly number[];
  settledMails(
    source: string,
    folder: string,
    uidValidity: number,
    uids: readonly number[],
  ): readonly { readonly uid: number; readonly outcome: MailOutcomeKind }[];
  seenFile(source: string, path: string, size: number, modifiedAt: number): boolean;
}

export function readLedger(db: Connection): LedgerReader {
  const one = db
    .prepare<[string, string, number, number], number>(
      'SELECT 1 FROM mails WHERE source = ? AND folder = ? AND uid_validity = ? AND uid = ?',
    )
    .pluck();
  const stretch = db
    .prepare<[string, string, number, number, number], number>(
      'SELECT uid FROM mails WHERE source = ? AND folder = ? AND uid_validity = ? AND uid BETWEEN ? AND ? ORDER BY uid',
    )
    .pluck();
  const settled = db.prepare<[string, string, number, number, number], { uid: number; outcome: MailOutcomeKind }>(
    'SELECT uid, outcome FROM mails WHERE source = ? AND folder = ? AND uid_validity = ? AND uid BETWEEN ? AND ? ORDER BY uid',
  );
  const file = db
    .prepare<[string, string, number, number], number>(
      'SELECT 1 FROM mails WHERE source = ? AND path = ? AND size = ? AND modified_at = ? LIMIT 1',
    )
    .pluck();
  return {
    unseenUids: (source, folder, uidValidity, uids) => {
      const first = uids[0];
      const last = uids.at(-1);
      if (first === undefined || last === undefined) return [];
      if (uids.length <= fewUids) return uids.filter((uid) => one.get(source, folder, uidValidity, uid) === undefined);
      return without(uids, stretch.all(source, folder, uidValidity, first, last));
    },
    settledMails: (source, folder, uidValidity, uids) => {
      const asked = new Set(uids);
      const lines = settled.all(source, folder, uidValidity, uids[0] ?? 0, uids.at(-1) ?? 0);
      return lines.filter(({ uid }) => asked.has(uid));
    },
    seenFile: (source, path, size, modifiedAt) => file.get(source, path, size, modifiedAt) !== undefined,
  };
}

/** Both lists ascend. */
function without(uids: readonly number[], seen: readonly number[]): number[] {
  let next = 0;
  return uids.filter((uid) => {
    while ((seen[next] ?? Infinity) < uid) next++;
    return seen[next] !== uid;
  });
}
