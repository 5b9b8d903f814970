import type { MailOutcomeKind } from '../../model/outcome.js';
import type { Connection } from '../database.js';

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
  storedMails(
    source: string,
    before: number,
    alike: readonly Alike[],
  ): readonly (Alike & { readonly digest: string })[];
  seenFile(source: string, path: string, size: number, modifiedAt: number): boolean;
}

/** Size in bytes and INTERNALDATE in Unix seconds. */
interface Alike {
  readonly size: number | null;
  readonly receivedAt: number | null;
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
  const stored = db.prepare<[string, number, string, string], Alike & { readonly digest: string }>(
    `SELECT size, received_at AS receivedAt, lower(hex(digest)) AS digest FROM mails
     WHERE outcome IN ('report', 'duplicate') AND source = ? AND processed_at < ? AND uid IS NOT NULL AND digest IS NOT NULL
       AND size IN (SELECT value FROM json_each(?)) AND received_at IN (SELECT value FROM json_each(?))`,
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
    storedMails: (source, before, alike) => {
      if (alike.length === 0) return [];
      const of = (key: keyof Alike) => JSON.stringify([...new Set(alike.map((each) => each[key]))]);
      return stored.all(source, before, of('size'), of('receivedAt'));
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
