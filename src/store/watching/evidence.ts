import { limits } from '../../config/limits.js';
import type { SenderStep, SourceEvidence, SourceOfDomain } from '../../model/sender.js';
import type { Connection } from '../database.js';
import { openEpoch } from '../epoch.js';
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
  /** Of each row: it is the nth row of the source IP. */
  readonly places: readonly number[];
}

interface RecordRow {
  /** 1 is the newest. */
  readonly place: number;
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
    `SELECT c.place, c.report, c.messages, c.auth_set_id AS setId FROM (
       SELECT report, messages, auth_set_id, row_number() OVER (ORDER BY report DESC, id DESC) AS place
       FROM records WHERE source_id = @source AND report > @after ORDER BY report DESC, id DESC LIMIT ${rowsLookedThrough}) c
     CROSS JOIN reports r ON r.id = c.report
     WHERE r.domain_id = @domain AND r.authenticity <> 'failed' AND c.messages > 0 LIMIT ${rowsOfEvidence}`,
  );
  const count = db
    .prepare<Omit<Of, 'domain'>, number>(
      `SELECT count(*) FROM (
         SELECT 1 FROM records WHERE source_id = @source AND report > @after LIMIT ${rowsLookedThrough})`,
    )
    .pluck();
  const newest = db.prepare<[], number | null>('SELECT max(id) FROM reports').pluck();
  const passed = openPassed(db);
  const kept = new Kept<Rows>(openEpoch(db), bound);
  const renewed = (of: Of, through: number, known: Rows | null): Rows => {
    const own = rows.all(of);
    const seen = (known?.seen ?? 0) + (count.get(of) ?? 0);
    const places = [...own.map((each) => seen - each.place + 1), ...(known?.places ?? [])];
    // Of a busy source IP older rows drop out of sight as others come, of whatever domain.
    const inSight = places.slice(0, rowsOfEvidence).filter((place) => seen - place < rowsLookedThrough);
    const sets = passed(
      own.map((each) => each.setId),
      through,
    );
    const read = own.map(({ report, messages, setId }) => ({ report, messages, ...(sets.get(setId) ?? nothing) }));
    const all = [...read, ...(known?.rows ?? [])].slice(0, inSight.length);
    return { through, seen, rows: all, places: inSight };
  };
  return (domain, source) => {
    const through = newest.get() ?? 0;
    const key = `${domain} ${source}`;
    const known = kept.refresh(through).get(key);
    if (known?.through === through) return known.rows;
    const of = { source, domain, after: known?.through ?? 0 };
    return kept.set(key, renewed(of, through, known)).rows;
  };
}

type Passed = Pick<EvidenceRow, 'dkim' | 'spf'>;
const nothing: Passed = { dkim: [], spf: [] };

/** What passed of sets of raw results, by set id; sets do not change. */
function openPassed(db: Connection): (ids: readonly number[], through: number) => ReadonlyMap<number, Passed> {
  const results = openResults(db);
  const kept = new Kept<Passed & { readonly rows: readonly unknown[] }>(openEpoch(db), limits.keptSets);
  return (ids, through) => {
    kept.refresh(through);
    const sets = new Map<number, Passed>();
    const missing = ids.filter((id) => !known(sets, id, kept.get(String(id))));
    if (missing.length === 0) return sets;
    for (const [id, { dkim, spf }] of results(missing)) {
      const passing = <T extends { readonly result: string }>(all: readonly T[]) => all.filter(isPass);
      sets.set(
        id,
        kept.set(String(id), { dkim: passing(dkim), spf: passing(spf).map((each) => each.domain), rows: [] }),
      );
    }
    return sets;
  };
}

function known(sets: Map<number, Passed>, id: number, set: Passed | null): boolean {
  if (set !== null) sets.set(id, set);
  return set !== null;
}

function isPass({ result }: { readonly result: string }): boolean {
  return result === 'pass';
}
