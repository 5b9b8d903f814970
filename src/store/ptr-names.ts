import { daySeconds, utcDay } from '../base/clock.js';
import type { SourceAddress, SourceName } from '../model/ptr.js';
import type { Connection } from './database.js';

/** Seconds that an answer is believed. Names of servers rarely change; who could not say may know soon. */
const keptSeconds = { confirmed: 7 * daySeconds, none: 3 * daySeconds, failed: 3_600 } as const;

/** Source IPs that an evaluation looked at in these days matter if their mail of these event days failed, or was more than a few. */
const lookedAtSeconds = 2 * daySeconds;
const countedSeconds = 7 * daySeconds;
const busyMessages = 20;

/** Source IPs whose name is not known or too old: those that fail first, then the busiest. `now` in Unix seconds. */
export function readDueNames(db: Connection): (now: number, most: number) => readonly SourceAddress[] {
  const statement = db.prepare<[Readonly<Record<string, number>>], SourceAddress>(
    `SELECT i.id AS sourceId, i.ip FROM source_senders o
     CROSS JOIN sources i ON i.id = o.source_id
     LEFT JOIN ptr_names p ON p.source_id = o.source_id
     CROSS JOIN daily_totals t INDEXED BY daily_totals_by_source
       ON t.source_id = o.source_id AND t.domain_id = o.domain_id AND t.day >= @from
     WHERE o.updated_at >= @lookedAt AND (p.source_id IS NULL OR p.expires_at <= @now)
     GROUP BY i.id
     HAVING sum(iif(t.verdict = 'fail', t.messages, 0)) > 0 OR sum(t.messages) >= ${busyMessages}
     ORDER BY sum(iif(t.verdict = 'fail', t.messages, 0)) DESC, sum(t.messages) DESC, i.id LIMIT @most`,
  );
  return (now, most) =>
    statement.all({ now, most, lookedAt: now - lookedAtSeconds, from: utcDay(now) - countedSeconds });
}

/** The confirmed names of source IPs, those of address pools among them. */
export function readPtrNames(db: Connection): (ips: readonly string[]) => ReadonlyMap<string, string> {
  const statement = db
    .prepare<[string], readonly [string, string]>(
      `SELECT s.ip, p.name FROM json_each(?) i CROSS JOIN sources s ON s.ip = i.value
       CROSS JOIN ptr_names p ON p.source_id = s.id WHERE p.name IS NOT NULL`,
    )
    .raw();
  return (ips) => new Map(statement.all(JSON.stringify(ips)));
}

/** Writes what lookups found. Who could not say leaves the name that is there. `now` in Unix seconds. */
export function openKeepNames(db: Connection): (names: readonly SourceName[], now: number) => void {
  const write = db.prepare(
    `INSERT INTO ptr_names (source_id, name, generic, looked_up_at, expires_at)
     VALUES (@sourceId, @name, @generic, @now, @expires)
     ON CONFLICT DO UPDATE SET looked_up_at = @now, expires_at = @expires,
       name = iif(@failed, name, @name), generic = iif(@failed, generic, @generic)`,
  );
  return db.transaction((names: readonly SourceName[], now: number) => {
    for (const each of names) {
      const found = each.outcome === 'confirmed' ? each : { name: null, generic: false };
      write.run({
        sourceId: each.sourceId,
        name: found.name,
        generic: found.generic ? 1 : 0,
        failed: each.outcome === 'failed' ? 1 : 0,
        now,
        expires: now + keptSeconds[each.outcome],
      });
    }
  });
}
