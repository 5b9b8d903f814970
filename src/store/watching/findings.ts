import { domainRuleNames } from '../../model/domain-facts.js';
import type { Finding } from '../../model/finding.js';
import type { EvaluationCommit, Findings, ReportSpan } from '../../model/history.js';
import type { Connection } from '../database.js';
import { keptFindings } from './kept-findings.js';
import type { FindingRow } from './kept-findings.js';
import { openEnqueue } from './outbox.js';
import { openTellingCommit } from './telling-commit.js';

/** Source IPs kept with a finding. A sender of more is a flood, and its newest day is kept with the finding itself. */
const keptSources = 1_000;

const domainRules = domainRuleNames.map((each) => `'${each}'`).join(', ');

const touchedSql = `SELECT f.id FROM findings f
  WHERE f.status = 'open' AND f.id IN (
    SELECT x.finding_id
    FROM (SELECT DISTINCT r.domain_id, c.source_id FROM reports r CROSS JOIN records c ON c.report = r.id
          WHERE r.id > @after AND r.id <= @through AND r.authenticity <> 'failed') t
    CROSS JOIN finding_sources x ON x.source_id = t.source_id
    CROSS JOIN findings g ON g.id = x.finding_id
    WHERE g.status = 'open' AND g.domain_id = t.domain_id)
  ORDER BY f.id`;

const lastTrafficSql = `SELECT f.public_id AS publicId, f.domain_id AS domainId, max(f.last_day, coalesce((
    SELECT max((SELECT max(t.day) FROM daily_totals t INDEXED BY daily_totals_by_source
                WHERE t.source_id = x.source_id AND t.domain_id = f.domain_id AND t.day <= @atMost))
    FROM finding_sources x WHERE x.finding_id = f.id), 0)) AS day
  FROM findings f INDEXED BY findings_open_by_day WHERE f.status = 'open' AND f.last_day <= @failedBy AND f.rule NOT IN (${domainRules}) ORDER BY f.id`;

/** The findings, and the transaction that ends an evaluation. Belongs to the thread that owns the connection. */
export function openFindings(db: Connection): Findings {
  const kept = keptFindings(db);
  const openOf = db.prepare<{ domainId: number; sourceId: number }, Pick<Finding, 'publicId' | 'rule'>>(
    `SELECT f.public_id AS publicId, f.rule FROM finding_sources x JOIN findings f ON f.id = x.finding_id
     WHERE x.source_id = @sourceId AND f.domain_id = @domainId AND f.status = 'open' ORDER BY f.id`,
  );
  const latest = db
    .prepare<[string], number>(
      `SELECT f.id FROM findings f WHERE f.fingerprint = ? ORDER BY f.status = 'open' DESC, f.id DESC LIMIT 1`,
    )
    .pluck();
  const touched = db.prepare<[ReportSpan], number>(touchedSql).pluck();
  const lastTraffic = db.prepare<
    { atMost: number; failedBy: number },
    { publicId: string; domainId: number; day: number }
  >(lastTrafficSql);
  const byId = db.prepare<[string], number>('SELECT id FROM findings WHERE public_id = ?').pluck();
  const counts = db.prepare<[string], { domain: number; open: number }>(
    `SELECT domain_id AS domain, count(*) AS open FROM findings INDEXED BY findings_open_by_rule
     WHERE status = 'open' AND rule = ? GROUP BY 1`,
  );
  const untold = db
    .prepare<[], number>('SELECT id FROM findings WHERE told_at IS NULL ORDER BY first_arrival, id')
    .pluck();
  const commit = openCommit(db);
  return {
    openOf: async ({ domainId, sourceId }) => openOf.all({ domainId, sourceId }),
    latest: async (fingerprint) => kept.all(latest.all(fingerprint))[0] ?? null,
    touched: async (span) => kept.all(touched.all(span)),
    lastTraffic: async (atMost, failedBy) => lastTraffic.all({ atMost, failedBy }),
    get: async (publicId) => kept.all(byId.all(publicId))[0] ?? null,
    countOpen: async (rule) => new Map(counts.all(rule).map((each) => [each.domain, each.open])),
    untold: async () => kept.all(untold.all()),
    commit: async (change) => commit(change),
  };
}

/** Open findings of the rules about domains and the service. */
export function openDomainFindings(db: Connection): () => Finding[] {
  const open = db
    .prepare<[], number>(
      `SELECT id FROM findings INDEXED BY findings_open_by_rule WHERE status = 'open' AND rule IN (${domainRules}) ORDER BY id`,
    )
    .pluck();
  const kept = keptFindings(db);
  return () => kept.all(open.all());
}

const saveSql = `INSERT INTO findings (public_id, fingerprint, rule, severity, status, domain_id, sender, summary, evidence,
    first_day, last_day, first_arrival, opened_at, updated_at, resolved_at, resolution, told_at, told_by)
  VALUES (@publicId, @fingerprint, @rule, @severity, @status, nullif(@domainId, 0), @sender, @summary, @evidence,
    @firstDay, @lastDay, @firstArrival, @openedAt, @updatedAt, @resolvedAt, @resolution, @toldAt, @toldBy)
  ON CONFLICT (public_id) DO UPDATE SET severity = excluded.severity, status = excluded.status,
    summary = excluded.summary, evidence = excluded.evidence, first_day = excluded.first_day,
    last_day = excluded.last_day, first_arrival = excluded.first_arrival, updated_at = excluded.updated_at,
    resolved_at = excluded.resolved_at, resolution = excluded.resolution, told_at = excluded.told_at,
    told_by = excluded.told_by
  RETURNING id`;

function openCommit(db: Connection): (change: EvaluationCommit) => void {
  const save = db.prepare<[Omit<FindingRow, 'id' | 'domain'>], number>(saveSql).pluck();
  const hold = db.prepare('INSERT OR IGNORE INTO finding_sources (finding_id, source_id) VALUES (?, ?)');
  const remember = db.prepare(
    'INSERT INTO state (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  const see = db.prepare('INSERT OR IGNORE INTO seen_names (domain_id, name) VALUES (?, ?)');
  const enqueue = openEnqueue(db);
  const tell = openTellingCommit(db);
  const kept = keptFindings(db);
  const keep = (finding: Finding) => {
    const { sourceIds, evidence, domain: _, ...row } = finding;
    const id = save.get({ ...row, evidence: JSON.stringify(evidence) });
    for (const source of sourceIds.slice(0, keptSources)) hold.run(id, source);
    if (id !== undefined) kept.forget(id);
  };
  const transaction = db.transaction((change: EvaluationCommit) => {
    // What ends comes first: a finding may end and another of its fingerprint begin in one evaluation.
    for (const finding of change.findings.filter((each) => each.status === 'resolved')) keep(finding);
    for (const finding of change.findings.filter((each) => each.status === 'open')) keep(finding);
    for (const { domainId, name } of change.names) see.run(domainId, name);
    tell(change.telling);
    for (const message of change.messages) enqueue(message, change.at);
    remember.run('evaluated_report_id', String(change.evaluatedReportId));
    if (change.firstCatchUpDoneAt !== null) remember.run('first_catch_up_done_at', String(change.firstCatchUpDoneAt));
  });
  return (change) => {
    kept.nextRound();
    transaction.immediate(change);
  };
}
