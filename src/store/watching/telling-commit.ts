import type { Telling, TellingCommit } from '../../model/telling.js';
import type { Connection } from '../database.js';

/** Keeps what an evaluation told, inside the caller's transaction. */
export function openTellingCommit(db: Connection): (change: TellingCommit) => void {
  const keep = openKeep(db);
  const domain = db.prepare(
    `INSERT INTO domain_tellings (domain, told_at, introduced_at) VALUES (@domain, @toldAt, @introducedAt)
     ON CONFLICT (domain) DO UPDATE SET told_at = coalesce(excluded.told_at, told_at),
       introduced_at = coalesce(excluded.introduced_at, introduced_at)`,
  );
  const remember = db.prepare(
    'INSERT INTO state (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  return ({ tellings, domains, stormAt, weeklyAt }) => {
    for (const each of tellings) keep(each);
    for (const each of domains) domain.run(each);
    if (stormAt !== null) remember.run('storm_told_at', String(stormAt));
    if (weeklyAt !== null) remember.run('weekly_told_at', String(weeklyAt));
  };
}

function openKeep(db: Connection): (telling: Telling) => void {
  const statement = db.prepare<[Telling]>(
    `INSERT INTO tellings (finding_id, severity, failed, owed, owed_since, remind_at, alerted_at, acked_at)
     SELECT id, @severity, @failed, @owed, @owedSince, @remindAt, @alertedAt, @ackedAt FROM findings WHERE public_id = @publicId
     ON CONFLICT (finding_id) DO UPDATE SET severity = excluded.severity, failed = excluded.failed, owed = excluded.owed,
       owed_since = excluded.owed_since, remind_at = excluded.remind_at, alerted_at = excluded.alerted_at,
       acked_at = excluded.acked_at`,
  );
  return (telling) => void statement.run(telling);
}
