import { limits } from '../../config/limits.js';
import type { SourceKindDay } from '../../model/history.js';
import type { Connection } from '../database.js';
import { openEpoch } from '../epoch.js';
import { kindSums } from './kind-sums.js';

/** What one report says of one source IP, on its only day. */
export interface SourceNews extends SourceKindDay {
  /** The store id of the report. */
  readonly report: number;
}

/**
 * Reads the reports up to `through`, the newest store id, and tells what those after store id `after` added to the daily totals of a
 * source IP of a domain; null when the totals themselves have to be read.
 */
export type NewsOfSources = (
  through: number,
) => (domain: number, source: number, after: number) => readonly SourceNews[] | null;

/** Reports since the last look that are read; past it the totals are read again anyway. */
const readTogether = 500;

const sql = `SELECT r.id AS report, r.domain_id AS domain, x.source_id AS sourceId, (SELECT ip FROM sources WHERE id = x.source_id) AS ip,
    r.reporter_id AS reporterId, r.first_day AS day, r.last_day AS last, ${kindSums}
  FROM reports r CROSS JOIN records x ON x.report = r.id
  WHERE r.id > ? AND r.id <= ? AND r.domain_id NOT IN (SELECT id FROM domains WHERE is_foreign)
  GROUP BY r.id, x.source_id HAVING sum(x.messages) > 0`;

interface Row extends SourceNews {
  readonly domain: number;
  readonly last: number;
}

interface Known {
  readonly rows: SourceNews[];
  /** The newest report of several days: its shares are in the totals alone. */
  spread: number;
}

const none: readonly SourceNews[] = [];
const shared = new WeakMap<Connection, NewsOfSources>();

/** One for all who ask of a connection: the rows of new reports are read once. */
export function openNewsOfSources(db: Connection): NewsOfSources {
  const known = shared.get(db) ?? newsOfSources(db, limits.keptNews);
  shared.set(db, known);
  return known;
}

/** `bound`: rows kept. */
export function newsOfSources(db: Connection, bound: number): NewsOfSources {
  const read = db.prepare<[number, number], Row>(sql);
  const epochOf = openEpoch(db);
  const kept = new Map<string, Known>();
  let epoch = epochOf();
  /** What came after `base`, up to `last`, is kept. */
  let [base, last, count] = [Infinity, Infinity, 0];
  const begin = (through: number): void => {
    kept.clear();
    [base, last, count] = [through, through, 0];
  };
  const catchUp = (through: number): void => {
    const now = epochOf();
    if (now !== epoch || through < last || through - last > readTogether) begin(through);
    epoch = now;
    if (through === last) return;
    for (const { domain, last: end, ...row } of read.iterate(last, through)) {
      const key = `${domain} ${row.sourceId}`;
      const known = kept.get(key) ?? { rows: [], spread: 0 };
      kept.set(key, known);
      if (end > row.day) known.spread = row.report;
      else known.rows.push(row);
      count += 1;
    }
    last = through;
    if (count > bound) begin(through);
  };
  const newsSince = (domain: number, source: number, after: number): readonly SourceNews[] | null => {
    if (after >= last) return none;
    if (after < base) return null;
    const known = kept.get(`${domain} ${source}`);
    if (known === undefined) return none;
    return known.spread > after ? null : known.rows.filter((each) => each.report > after);
  };
  return (through) => {
    catchUp(through);
    return newsSince;
  };
}
