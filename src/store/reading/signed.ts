import type { Authenticity } from '../../model/part.js';
import type { Connection } from '../database.js';

/** Newest reports that are looked at, over all mailboxes. */
const looked = 2_000;

/** Whether the newest reports of each mailbox were verified or failed, newest last; those of which nothing was shown are left out. */
export function readSigned(db: Connection): () => ReadonlyMap<string, readonly Authenticity[]> {
  const newest = db.prepare<[number], { readonly source: string; readonly authenticity: Authenticity }>(
    `SELECT m.source, r.authenticity FROM (SELECT id, mail_id, authenticity FROM reports ORDER BY id DESC LIMIT ?) r
     JOIN mails m ON m.id = r.mail_id WHERE r.authenticity <> 'unverified' ORDER BY r.id`,
  );
  return () => {
    const byMailbox = new Map<string, Authenticity[]>();
    for (const { source, authenticity } of newest.iterate(looked)) {
      const all = byMailbox.get(source);
      if (all) all.push(authenticity);
      else byMailbox.set(source, [authenticity]);
    }
    return byMailbox;
  };
}
