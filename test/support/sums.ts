import type { Connection } from '../../src/store/database.js';
import { fillSums } from '../../src/store/writing/sums.js';

/** Makes every sum anew of the daily totals and reports, for tests that write these by themselves. */
export function sumUp(db: Connection): void {
  for (const table of ['domain_days', 'reporter_days', 'source_days', 'class_days', 'received_days', 'late_days'])
    db.exec(`DELETE FROM ${table}`);
  const sums = 'verdict, disposition, sum(messages), sum(estimated) FROM daily_totals';
  db.exec(`
    INSERT INTO domain_days SELECT domain_id, day, ${sums} GROUP BY 1, 2, 3, 4;
    INSERT INTO reporter_days SELECT domain_id, day, reporter_id, ${sums} GROUP BY 1, 2, 3, 4, 5;
    INSERT INTO source_days SELECT domain_id, day, source_id, ${sums} GROUP BY 1, 2, 3, 4, 5;`);
  fillSums(db);
}
