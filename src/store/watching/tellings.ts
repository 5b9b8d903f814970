import type { Finding } from '../../model/finding.js';
import type { DomainTelling, Pace, SendersOfClass, Telling, Tellings } from '../../model/telling.js';
import type { Connection } from '../database.js';
import { openFindings } from './findings.js';
import { openWeek } from './week.js';

const hourSeconds = 3_600;
/** Senders of a class that a summary names. */
const namedSenders = 3;

const columns = `SELECT f.public_id AS publicId, t.severity, t.failed, t.owed, t.owed_since AS owedSince,
    t.remind_at AS remindAt, t.alerted_at AS alertedAt, t.acked_at AS ackedAt
  FROM tellings t JOIN findings f ON f.id = t.finding_id`;

const owedSql = `${columns} WHERE t.owed = 'resolved' OR (t.owed = 'updated' AND f.status = 'open')
  UNION SELECT f.public_id, t.severity, t.failed, t.owed, t.owed_since, t.remind_at, t.alerted_at, t.acked_at
  FROM tellings t JOIN findings f ON f.id = t.finding_id
  WHERE t.remind_at <= ? AND f.status = 'open' AND t.acked_at IS NULL`;

const domainsSql = `SELECT n.value AS domain, t.told_at AS toldAt, t.introduced_at AS introducedAt,
    (SELECT r.first_day FROM reports r
     WHERE r.domain_id = (SELECT id FROM domains WHERE name = n.value) AND r.authenticity <> 'failed'
     ORDER BY r.last_day LIMIT 1) AS firstDay
  FROM json_each(?) n LEFT JOIN domain_tellings t ON t.domain = n.value`;

/** The senders that the last evaluations named, those of most source IPs first; those of which too little is known left out. */
const sendersSql = `SELECT domain, class, json_group_array(title) FILTER (WHERE place <= ${namedSenders}) AS names, count(*) AS count
  FROM (SELECT d.name AS domain, s.class, s.title, row_number() OVER (PARTITION BY s.domain_id, s.class ORDER BY (
      SELECT count(*) FROM source_senders o WHERE o.domain_id = s.domain_id AND o.sender = s.sender) DESC, s.sender) AS place
    FROM senders s JOIN domains d ON d.id = s.domain_id
    WHERE d.name IN (SELECT value FROM json_each(?)) AND s.class <> 'unknown')
  GROUP BY domain, class ORDER BY domain, class`;

const paceSql = `SELECT (SELECT count(*) FROM tellings WHERE alerted_at > @since AND alerted_at <= @now) AS recent,
    (SELECT count(*) FROM tellings WHERE alerted_at > @since AND alerted_at <= @now AND severity = 'critical') AS recentCritical,
    (SELECT cast(value AS INTEGER) FROM state WHERE key = 'storm_told_at') AS stormAt,
    (SELECT cast(value AS INTEGER) FROM state WHERE key = 'weekly_told_at') AS weeklyAt`;

const calm: Pace = { recent: 0, recentCritical: 0, stormAt: null, weeklyAt: null };

/** What was told so far. Belongs to the thread that owns the connection. */
export function openTellings(db: Connection): Tellings {
  const findings = openFindings(db);
  const some = db.prepare<[string], Telling>(`${columns} WHERE f.public_id IN (SELECT value FROM json_each(?))`);
  const owed = db.prepare<[number], Telling>(owedSql);
  const ignored = db.prepare<[number], { fingerprint: string; until: number }>('SELECT * FROM ignored WHERE until > ?');
  const domains = db.prepare<[string], DomainTelling>(domainsSql);
  const senders = db.prepare<[string], Omit<SendersOfClass, 'names'> & { readonly names: string }>(sendersSql);
  const pace = db.prepare<[{ now: number; since: number }], Pace>(paceSql);
  const week = openWeek(db);
  return {
    of: async (ids) => new Map(some.all(JSON.stringify(ids)).map((each) => [each.publicId, each])),
    owed: async (now) => {
      const found: { finding: Finding; telling: Telling }[] = [];
      for (const telling of owed.all(now)) {
        const finding = await findings.get(telling.publicId);
        if (finding !== null) found.push({ finding, telling });
      }
      return found;
    },
    ignored: async (now) => new Map(ignored.all(now).map(({ fingerprint, until }) => [fingerprint, until])),
    domains: async (names) => new Map(domains.all(JSON.stringify(names)).map((each) => [each.domain, each])),
    pace: async (now) => pace.get({ now, since: now - hourSeconds }) ?? calm,
    senders: async (names) =>
      senders.all(JSON.stringify(names)).map((each) => ({ ...each, names: JSON.parse(each.names) as string[] })),
    week,
  };
}
