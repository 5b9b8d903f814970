import type { Connection } from '../database.js';

/** A source IP of a sender of a policy domain, with its messages over all days. */
export interface SenderSource {
  readonly ip: string;
  readonly messages: number;
}

const sql = `
SELECT i.ip, coalesce((SELECT sum(t.messages) FROM daily_totals t INDEXED BY daily_totals_by_source
                       WHERE t.source_id = o.source_id AND t.domain_id = o.domain_id), 0) AS messages
FROM source_senders o JOIN domains d ON d.id = o.domain_id JOIN sources i ON i.id = o.source_id
WHERE d.name = ? AND o.sender = ? ORDER BY messages DESC, i.ip`;

/** Those of one sender, the one with the most messages first. */
export function readSenderSources(db: Connection): (domain: string, sender: string) => readonly SenderSource[] {
  const statement = db.prepare<[string, string], SenderSource>(sql);
  return (domain, sender) => statement.all(domain, sender);
}
