import { limits } from '../config/limits.js';
import type { Connection } from './database.js';
import { openEpoch } from './epoch.js';

/** Reports since the last look that are searched one by one; past it every source IP may be among them. */
const searched = 500;

/**
 * Reads the reports up to `through`, the newest store id, and tells whether one after store id `after` may name the source IP for the
 * domain. False is sure, true may be mistaken.
 */
export type NamedSince = (through: number) => (domain: number, source: number, after: number) => boolean;

const shared = new WeakMap<Connection, NamedSince>();

/** One for all who ask of a connection: the rows of new reports are read once. */
export function openNamedSince(db: Connection): NamedSince {
  const known = shared.get(db) ?? namedSince(db, limits.keptNames);
  shared.set(db, known);
  return known;
}

export function namedSince(db: Connection, bound: number): NamedSince {
  const named = db.prepare<[number, number], { domain: number; source: number; report: number }>(
    `SELECT r.domain_id AS domain, c.source_id AS source, max(r.id) AS report
     FROM reports r CROSS JOIN records c ON c.report = r.id WHERE r.id > ? AND r.id <= ? GROUP BY 1, 2`,
  );
  const epochOf = openEpoch(db);
  /** The newest report that names a pair, of those after `base` up to `last`. */
  const newest = new Map<string, number>();
  let epoch = epochOf();
  let [base, last] = [Infinity, Infinity];
  const begin = (through: number): void => {
    newest.clear();
    [base, last] = [through, through];
  };
  const catchUp = (through: number): void => {
    const now = epochOf();
    if (now !== epoch || through < last || through - last > searched) begin(through);
    epoch = now;
    if (through === last) return;
    for (const { domain, source, report } of named.iterate(last, through)) newest.set(`${domain} ${source}`, report);
    last = through;
    if (newest.size > bound) begin(through);
  };
  const isNamed = (domain: number, source: number, after: number): boolean =>
    after < last && (after < base || (newest.get(`${domain} ${source}`) ?? 0) > after);
  return (through) => {
    catchUp(through);
    return isNamed;
  };
}
