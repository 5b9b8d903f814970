import type {
  DecisionChange,
  KeptSender,
  Senders,
  SourceOfDomain,
  SourceSender,
  StoredDecision,
} from '../../model/sender.js';
import { openGuest } from '../database.js';
import type { Connection } from '../database.js';
import { openDomainSums } from './domain-sums.js';
import { openEvidence } from './evidence.js';
import { openSenderSums } from './sender-sums.js';

/** The senders and what they are made from. Belongs to the thread that owns the connection. */
export function openSenders(db: Connection): Senders {
  const evidence = openEvidence(db);
  const sums = openSenderSums(db);
  const keep = openKeep(db);
  const due = db.prepare<[{ after: number; through: number; before: number; most: number }], SourceOfDomain>(
    `SELECT r.domain_id AS domainId, d.name AS domain, c.source_id AS sourceId
     FROM reports r CROSS JOIN records c ON c.report = r.id CROSS JOIN domains d ON d.id = r.domain_id
     LEFT JOIN source_senders s ON s.domain_id = r.domain_id AND s.source_id = c.source_id
     LEFT JOIN ptr_names p ON p.source_id = c.source_id AND p.name IS NOT NULL
     WHERE r.id > @after AND r.id <= @through AND r.authenticity <> 'failed' AND c.messages > 0 AND NOT d.is_foreign
       AND (s.updated_at IS NULL OR s.updated_at < @before OR s.updated_at <= p.looked_up_at)
     GROUP BY r.domain_id, c.source_id ORDER BY sum(c.messages) DESC, c.source_id LIMIT @most`,
  );
  const sourcesOf = db.prepare<[number, string, number], Omit<SourceSender, 'domainId' | 'sender'>>(
    `SELECT source_id AS sourceId, step, evidence, bounces FROM source_senders WHERE domain_id = ? AND sender = ?
     ORDER BY updated_at DESC, source_id LIMIT ?`,
  );
  const ofDomain = openDomainSums(db);
  const decision = db.prepare<[number, string], StoredDecision>(
    'SELECT decision, until, title, decided_by AS "by" FROM sender_decisions WHERE domain_id = ? AND sender = ?',
  );
  const redecided = db.prepare<[{ now: number; most: number }], { domainId: number; sender: string }>(
    `SELECT x.domain_id AS domainId, x.sender FROM sender_decisions x
     CROSS JOIN senders s ON s.domain_id = x.domain_id AND s.sender = x.sender
     WHERE x.decided_at >= s.updated_at OR (x.until <= @now AND x.until >= s.updated_at)
     ORDER BY x.decided_at, x.domain_id, x.sender LIMIT @most`,
  );
  return {
    due: async (span, before, most) => due.all({ ...span, before, most }),
    evidence: async (source, now) => evidence(source, now),
    sourcesOf: async (domainId, sender, most) => sourcesOf.all(domainId, sender, most),
    sums: async (domainId, sourceIds, from) => sums(domainId, sourceIds, from),
    ofDomain: async (domainId, from) => ofDomain(domainId, from),
    decision: async (domainId, sender) => decision.get(domainId, sender) ?? null,
    redecided: async (now, most) => redecided.all({ now, most }),
    keepSources: async (sources, now) => keep.sources(sources, now),
    keepSenders: async (senders, now) => keep.senders(senders, now),
  };
}

function openKeep(db: Connection) {
  const source = db.prepare(
    `INSERT INTO source_senders (domain_id, source_id, sender, step, evidence, bounces, updated_at)
     VALUES (@domainId, @sourceId, @sender, @step, @evidence, @bounces, @now)
     ON CONFLICT DO UPDATE SET sender = excluded.sender, step = excluded.step, evidence = excluded.evidence,
       bounces = excluded.bounces, updated_at = excluded.updated_at`,
  );
  const sender = db.prepare(
    `INSERT INTO senders (domain_id, sender, title, kind, known, class, class_step, class_evidence, updated_at)
     VALUES (@domainId, @name, @title, @kind, @known, @class, @step, @evidence, @now)
     ON CONFLICT DO UPDATE SET title = excluded.title, kind = excluded.kind, known = excluded.known,
       class = excluded.class, class_step = excluded.class_step, class_evidence = excluded.class_evidence,
       updated_at = excluded.updated_at`,
  );
  return {
    sources: db.transaction((sources: readonly SourceSender[], now: number) => {
      for (const each of sources) source.run({ ...each, now });
    }),
    senders: db.transaction((senders: readonly KeptSender[], now: number) => {
      for (const { domainId, sender: of, kind, classified } of senders)
        sender.run({ domainId, name: of.name, title: of.title, kind, known: of.known, ...classified, now });
    }),
  };
}

/** Writes a decision; false when the domain has no such sender. `now` in Unix seconds. */
export function openDecide(db: Connection): (change: DecisionChange, now: number) => boolean {
  const domainOf = db
    .prepare<[string, string], number>(
      'SELECT d.id FROM domains d JOIN senders s ON s.domain_id = d.id WHERE d.name = ? AND s.sender = ?',
    )
    .pluck();
  const write = db.prepare(
    `INSERT INTO sender_decisions (domain_id, sender, decision, until, title, decided_by, decided_at)
     VALUES (@domainId, @sender, @decision, @until, nullif(@title, ''), @by, @now)
     ON CONFLICT DO UPDATE SET decision = excluded.decision, until = excluded.until,
       title = iif(@title IS NULL, title, excluded.title), decided_by = excluded.decided_by, decided_at = excluded.decided_at`,
  );
  return ({ domain, ...change }, now) => {
    const domainId = domainOf.get(domain, change.sender);
    if (domainId === undefined) return false;
    write.run({ ...change, domainId, now });
    return true;
  };
}

/** Writes a decision into the file at `path`, which the service may have open. Throws a Failure when it cannot be opened. */
export function decideIn(path: string, change: DecisionChange, now: number): boolean {
  const db = openGuest(path);
  try {
    return openDecide(db)(change, now);
  } finally {
    db.close();
  }
}
