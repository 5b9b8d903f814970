import { limits } from '../../config/limits.js';
import type { Connection } from '../database.js';
import { openEpoch } from '../epoch.js';
import { Kept } from './kept.js';

/** What the reports of a domain that end on `from` or later sum up to, of those up to store id `through`. */
interface Sums {
  readonly from: number;
  readonly through: number;
  readonly passing: number;
  /** Reporters that saw any mail. */
  readonly rows: readonly number[];
}

interface Row {
  readonly reporter: number;
  readonly passing: number;
}

/** Reports of all domains since the last look that are searched for those of one; past it the domain is read as a whole. */
const searched = 500;

const seen = "domain_id = @domain AND last_day >= @from AND authenticity <> 'failed' AND messages > 0";

/** Sums up a domain since a day. Within a day only the reports that came since the last look are added. */
export function openDomainSums(
  db: Connection,
  bound: number = limits.keptReporters,
): (domainId: number, from: number) => { readonly passing: number; readonly reporters: number } {
  const all = db.prepare<{ domain: number; from: number }, Row>(
    `SELECT reporter_id AS reporter, sum(pass) AS passing FROM reports WHERE ${seen} GROUP BY 1`,
  );
  const since = db.prepare<{ domain: number; from: number; after: number }, Row>(
    `SELECT reporter_id AS reporter, pass AS passing FROM reports NOT INDEXED WHERE id > @after AND ${seen}`,
  );
  const newest = db.prepare<[], number | null>('SELECT max(id) FROM reports').pluck();
  const kept = new Kept<Sums>(openEpoch(db), bound);
  return (domain, from) => {
    const through = newest.get() ?? 0;
    const key = String(domain);
    const known = kept.refresh(through).get(key);
    const isUsable = known?.from === from && through - known.through <= searched;
    const before: Sums = isUsable ? known : { from, through: 0, passing: 0, rows: [] };
    const after = before.through;
    const added = isUsable ? since.all({ domain, from, after }) : all.all({ domain, from });
    const passing = added.reduce((sum, each) => sum + each.passing, before.passing);
    const rows =
      added.length === 0 ? before.rows : [...new Set([...before.rows, ...added.map((each) => each.reporter)])];
    kept.set(key, { from, through, passing, rows });
    return { passing, reporters: rows.length };
  };
}
