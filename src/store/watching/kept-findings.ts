import { limits } from '../../config/limits.js';
import type { Evidence, Finding } from '../../model/finding.js';
import type { Connection } from '../database.js';
import { openEpoch } from '../epoch.js';
import { Kept } from './kept.js';

export type FindingRow = Omit<Finding, 'evidence' | 'sourceIds'> & { readonly id: number; readonly evidence: string };

const sql = `SELECT f.id, f.public_id AS publicId, f.fingerprint, f.rule, f.severity, f.status, coalesce(f.domain_id, 0) AS domainId,
    coalesce(d.name, '') AS domain, f.sender, f.summary, f.evidence, f.first_day AS firstDay, f.last_day AS lastDay,
    f.first_arrival AS firstArrival, f.opened_at AS openedAt, f.updated_at AS updatedAt, f.resolved_at AS resolvedAt,
    f.resolution, f.told_at AS toldAt, f.told_by AS toldBy
  FROM findings f LEFT JOIN domains d ON d.id = f.domain_id WHERE f.id = ?`;

/** What findings of before these fields existed meant. */
const unsaid = { class_step: 0, handled: '', mechanism: 'dmarc', whole: false } as const;

/** Findings read before, by store id. Those that are open are asked for after every mail, and few of them change. */
export class KeptFindings {
  readonly #row;
  readonly #sources;
  readonly #kept: Kept<{ readonly finding: Finding; readonly rows: readonly unknown[] }>;
  #round = 0;

  constructor(db: Connection, bound: number = limits.keptFindings) {
    this.#row = db.prepare<[number], FindingRow>(sql);
    this.#sources = db.prepare<[number], number>('SELECT source_id FROM finding_sources WHERE finding_id = ?').pluck();
    this.#kept = new Kept(openEpoch(db), bound);
  }

  /** Those of the ids that are there, in their order. */
  all(ids: readonly number[]): Finding[] {
    this.#kept.refresh(this.#round);
    return ids.flatMap((id) => this.#kept.get(String(id))?.finding ?? this.#read(id) ?? []);
  }

  /** To be called when a finding is written. */
  forget(id: number): void {
    this.#kept.drop(String(id));
  }

  /** To be called when an evaluation ends. */
  nextRound(): void {
    this.#round += 1;
  }

  /** To be called when what was written is taken back. */
  clear(): void {
    this.#kept.clear();
  }

  #read(id: number): Finding | null {
    const found = this.#row.get(id);
    if (found === undefined) return null;
    const { id: _, evidence, ...row } = found;
    const finding: Finding = {
      ...row,
      sourceIds: this.#sources.all(id),
      evidence: Object.assign({ ...unsaid, title: row.sender }, JSON.parse(evidence) as Evidence),
    };
    return this.#kept.set(String(id), { finding, rows: [] }).finding;
  }
}

const shared = new WeakMap<Connection, KeptFindings>();

/** One for all who read findings by a connection. */
export function keptFindings(db: Connection): KeptFindings {
  const known = shared.get(db) ?? new KeptFindings(db);
  shared.set(db, known);
  return known;
}
