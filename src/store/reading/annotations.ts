import type { Connection } from '../database.js';
import type { StoredAlert } from './alerts.js';
import { pageByPlace } from './scope.js';
import type { Page, Rows } from './scope.js';

/** Findings as marks on a chart of event days. Days are Unix seconds at midnight UTC. */
export type Annotation = Pick<
  StoredAlert,
  'alert_id' | 'rule' | 'severity' | 'status' | 'domain' | 'sender' | 'summary' | 'first_day' | 'last_day'
>;

/** Whose event days touch the range, both ends in Unix seconds. Null: all. */
export interface AnnotationChoice {
  readonly from: number;
  readonly to: number;
  readonly domains: readonly string[] | null;
  readonly severity: Annotation['severity'] | null;
}

const sql = `
SELECT f.id, f.public_id AS alert_id, f.rule, f.severity, f.status, coalesce(d.name, '') AS domain, f.sender, f.summary,
       f.first_day, f.last_day
FROM findings f LEFT JOIN domains d ON d.id = f.domain_id
WHERE f.first_day <= @to AND f.last_day + 86399 >= @from AND (@severity IS NULL OR f.severity = @severity)
  AND (@domains IS NULL OR d.name IN (SELECT value FROM json_each(@domains)))
  AND (f.first_day, f.id) > (@day, @id)
ORDER BY f.first_day, f.id LIMIT @limit`;

/** Oldest first. */
export function readAnnotations(db: Connection): (choice: AnnotationChoice, page: Page) => Rows<Annotation> {
  const statement = db.prepare<Readonly<Record<string, string | number | null>>, Annotation & { readonly id: number }>(
    sql,
  );
  return ({ from, to, domains, severity }, page) => {
    const [day = -1, id = 0] = page.after ?? [];
    const names = domains && JSON.stringify(domains);
    const found = statement.all({ from, to, severity, domains: names, day, id, limit: page.limit + 1 });
    const { rows, next } = pageByPlace(found, page, (row) => [row.first_day, row.id]);
    return { rows: rows.map(({ id: _, ...row }) => row), next };
  };
}
