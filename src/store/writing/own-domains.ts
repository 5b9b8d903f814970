import { isAmong } from '../../base/domains.js';
import type { Connection } from '../database.js';
import { beginEpoch } from '../epoch.js';
import type { BookedReport, Totals } from './totals.js';

interface DomainRow {
  readonly id: number;
  readonly name: string;
  readonly is_foreign: 0 | 1;
}

/**
 * Brings the stored policy domains in line with those that are ours, in one transaction: reports of a domain that has
 * become ours are booked, the totals of one that is ours no more are dropped. Its reports stay.
 */
export function settleDomains(db: Connection, totals: Totals, ours: readonly string[]): void {
  const isOurs = isAmong(ours);
  const mark = db.prepare<[number, number]>('UPDATE domains SET is_foreign = ? WHERE id = ?');
  const reports = db.prepare<[number], Omit<BookedReport, 'estimated'>>(
    'SELECT id, reporter_id, domain_id, first_day, last_day FROM reports WHERE domain_id = ?',
  );
  const settle = db.transaction(() => {
    for (const { id, name, is_foreign } of db
      .prepare<[], DomainRow>('SELECT id, name, is_foreign FROM domains')
      .all()) {
      const foreign = isOurs(name) ? 0 : 1;
      if (foreign === is_foreign) continue;
      mark.run(foreign, id);
      if (foreign) totals.drop(id);
      else for (const row of reports.all(id)) totals.add({ ...row, estimated: row.last_day > row.first_day });
    }
  });
  settle.immediate();
  beginEpoch(db);
}
