import { limits } from '../../config/limits.js';
import type { DomainReport } from '../../model/domain-facts.js';
import type { Connection } from '../database.js';
import { openEpoch } from '../epoch.js';
import { Kept } from './kept.js';

const columns = `r.id, r.reporter_id AS reporterId, o.name AS reporter, r.begin_at AS begin, r.first_day AS firstDay,
    r.last_day AS lastDay, r.messages, r.pass, r.arrived_at AS arrivedAt, r.authenticity, r.p, r.sp, r.np, r.pct, r.adkim,
    r.aspf, r.testing`;

/** Reports of all domains since the last look that are searched for those of one; past it the domain is read as a whole. */
const searched = 500;

interface Row extends DomainReport {
  readonly id: number;
}

/** The reports of a domain that end on `from` or later, by begin and store id, of those up to store id `through`. */
interface Reports {
  readonly from: number;
  readonly through: number;
  readonly rows: readonly Row[];
}

/**
 * Reads the reports of a domain that end on a day or later, by begin. What was read before is kept, and only reports that came
 * since are read: the rules ask for six weeks of them after every mail.
 */
export function openDomainReports(
  db: Connection,
  bound: number = limits.keptReports,
): (domainId: number, from: number) => readonly DomainReport[] {
  const all = db.prepare<[number, number], Row>(
    `SELECT ${columns} FROM reports r JOIN reporters o ON o.id = r.reporter_id
     WHERE r.domain_id = ? AND r.last_day >= ? AND r.authenticity <> 'failed' ORDER BY r.begin_at, r.id`,
  );
  const since = db.prepare<{ after: number; domain: number; from: number }, Row>(
    `SELECT ${columns} FROM reports r NOT INDEXED CROSS JOIN reporters o ON o.id = r.reporter_id
     WHERE r.id > @after AND r.domain_id = @domain AND r.last_day >= @from AND r.authenticity <> 'failed'`,
  );
  const newest = db.prepare<[], number | null>('SELECT max(id) FROM reports').pluck();
  const kept = new Kept<Reports>(openEpoch(db), bound);
  return (domain, from) => {
    const through = newest.get() ?? 0;
    const key = String(domain);
    const known = kept.refresh(through).get(key);
    if (known === null || known.from > from || through - known.through > searched)
      return kept.set(key, { from, through, rows: all.all(domain, from) }).rows;
    if (known.from === from && known.through === through) return known.rows;
    const added = known.through === through ? [] : since.all({ after: known.through, domain, from });
    const rows = [...known.rows, ...added].filter((each) => each.lastDay >= from).sort(byBegin);
    return kept.set(key, { from, through, rows }).rows;
  };
}

function byBegin(one: Row, other: Row): number {
  return one.begin - other.begin || one.id - other.id;
}
