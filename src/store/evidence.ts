import { limits } from '../config/limits.js';
import type { SenderStep, SourceEvidence, SourceOfDomain } from '../model/sender.js';
import type { Connection } from './database.js';
import { openEpoch } from './epoch.js';
import { openResults } from './history-groups.js';
import { Kept } from './kept.js';

/** Rows of a source that name it, and how far back they are looked for: a shared address has most of its rows for other domains. */
const rowsOfEvidence = 100;
const rowsLookedThrough = 5_000;

type EvidenceRow = SourceEvidence['rows'][number];

/** The rows that name a source IP for a domain, the newest first, of reports up to store id `through`. */
interface Rows {
  readonly through: number;
  /** Rows of the source IP for whatever domain, up to there. */
  readonly seen: number;
  readonly rows: readonly EvidenceRow[];
}

interface RecordRow {
  readonly report: number;
  readonly messages: number;
  readonly setId: number;
}

/** Reads what names a source IP. */
export function openEvidence(db: Connection): (source: SourceOfDomain, now: number) => SourceEvidence {
  // A name that is too old still names: the lookup that replaces it runs in the background.
  const head = db.prepare<[number], { ip: string; ptr: string | null }>(
    `SELECT s.ip, p.name AS ptr FROM sources s
     LEFT JOIN ptr_names p ON p.source_id = s.id AND p.generic = 0 WHERE s.id = ?`,
  );
  type Stored = { readonly sender: string; readonly step: SenderStep; readonly decided: 0 | 1 };
  const stored = db.prepare<{ now: number; domain: number; source: number }, Stored>(
    `SELECT s.sender, s.step, x.title IS NOT NULL OR (x.decision IS NOT NULL AND coalesce(x.until > @now, 1)) AS decided
     FROM source_senders s LEFT JOIN sender_decisions x ON x.domain_id = s.domain_id AND x.sender = s.sender
     WHERE s.domain_id = @domain AND s.source_id = @source`,
  );
  const rows = openEvidenceRows(db);
  return ({ domainId, sourceId }, now) => {
    const before = stored.get({ now, domain: domainId, source: sourceId });
    return {
      ...(head.get(sourceId) ?? { ip: '', ptr: null }),
      stored: before === undefined ? null : { ...before, decided: before.decided === 1 },
      rows: rows(domainId, sourceId),
    };
  };
}

/** The newest rows of a source IP for a domain; those that were read before are kept, and newer ones put before them. */
export function openEvidenceRows(
  db: Connection,
  bound: number = limits.keptEvidence,
): (domainId: number, sourceId: number) => readonly EvidenceRow[] {
  type Of = { readonly source: number; readonly domain: number; readonly after: number };
  const rows = db.prepare<Of, RecordRow>(
    `SELECT c.report, c.messages, c.auth_set_id AS setId FROM (
       SELECT report, messages, auth_set_id FROM records WHERE source_id = @source AND report > @after ORDER BY report DESC
       LIMIT ${rowsLookedThrough}) c
     CROSS JOIN reports r ON r.id = c.report
     WHERE r.domain_id = @domain AND r.authenticity <> 'failed' AND c.messages > 0 LIMIT ${rowsOfEvidence}`,
  );
  const count = db
    .prepare<Omit<Of, 'domain'>, number>(
      `SELECT count(*) FROM (
         SELECT 1 FROM records WHERE source_id = @source AND report > @after LIMIT ${rowsLookedThrough + 1})`,
    )
    .pluck();
  const newest = db.prepare<[], number | null>('SELECT max(id) FROM reports').pluck();
  const results = openResults(db);
  const kept = new Kept<Rows>(openEpoch(db), bound);
  const read = (of: Of): readonly EvidenceRow[] => {
    const own = rows.all(of);
    const sets = results(own.map((each) => each.setId));
    return own.map(({ report, messages, setId }) => {
      const set = sets.get(setId) ?? { dkim: [], spf: [] };
      return {
        report,
        messages,
        dkim: set.dkim.filter((each) => each.result === 'pass'),
        spf: set.spf.filter((each) => each.result === 'pass').map((each) => each.domain),
      };
    });
  };
  return (domain, source) => {
    const through = newest.get() ?? 0;
    const key = `${domain} ${source}`;
    const known = kept.refresh(through).get(key);
    if (known?.through === through) return known.rows;
    const after = known?.through ?? 0;
    const seen = (known?.seen ?? 0) + (count.get({ source, after }) ?? 0);
    // Of so busy a source IP older rows drop out of sight as others come: what was seen of them is not kept.
    if (seen > rowsLookedThrough) return read({ source, domain, after: 0 });
    const all = [...read({ source, domain, after }), ...(known?.rows ?? [])].slice(0, rowsOfEvidence);
    return kept.set(key, { through, seen, rows: all }).rows;
  };
}
