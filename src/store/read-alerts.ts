import type { Connection } from './database.js';
import { pageByPlace } from './read-scope.js';
import type { Page, Rows } from './read-scope.js';

/** Source IPs told with a finding; under a spoofing wave there are thousands. */
const listedSources = 100;

interface AlertRow {
  readonly id: number;
  readonly alert_id: string;
  readonly rule: string;
  readonly severity: 'critical' | 'warning' | 'info';
  readonly status: 'open' | 'resolved';
  readonly domain: string;
  readonly sender: string;
  readonly summary: string;
  readonly first_day: number;
  readonly last_day: number;
  readonly opened_at: number;
  readonly updated_at: number;
  readonly resolved_at: number | null;
  readonly resolution: string | null;
  readonly told_at: number | null;
  readonly evidence: string;
}

/** A finding as people are told it. Times in Unix seconds; days at midnight UTC. */
export type StoredAlert = Omit<AlertRow, 'id' | 'evidence'> & {
  readonly source_ips: readonly string[];
  readonly evidence: unknown;
};

/** Which findings: open at any moment between `from` and `to` (Unix seconds). Null: all. */
export interface AlertChoice {
  readonly from: number;
  readonly to: number;
  readonly status: 'open' | 'resolved' | null;
  readonly domains: readonly string[] | null;
}

export interface AlertsReader {
  list(choice: AlertChoice, page: Page): Rows<StoredAlert>;
  get(alertId: string): StoredAlert | null;
}

const columns = `f.id, f.public_id AS alert_id, f.rule, f.severity, f.status, d.name AS domain, f.sender, f.summary,
  f.first_day, f.last_day, f.opened_at, f.updated_at, f.resolved_at, f.resolution, f.told_at, f.evidence
FROM findings f JOIN domains d ON d.id = f.domain_id`;

const list = `SELECT ${columns}
WHERE f.id < @after AND f.opened_at <= @to AND (f.resolved_at IS NULL OR f.resolved_at >= @from)
  AND (@status IS NULL OR f.status = @status)
  AND (@domains IS NULL OR d.name IN (SELECT value FROM json_each(@domains)))
ORDER BY f.id DESC LIMIT @limit`;

/** Last opened first. */
export function readAlerts(db: Connection): AlertsReader {
  const listed = db.prepare<Readonly<Record<string, string | number | null>>, AlertRow>(list);
  const one = db.prepare<[string], AlertRow>(`SELECT ${columns} WHERE f.public_id = ?`);
  const sources = db
    .prepare<[number], string>(
      `SELECT s.ip FROM finding_sources x JOIN sources s ON s.id = x.source_id
       WHERE x.finding_id = ? ORDER BY s.id LIMIT ${listedSources}`,
    )
    .pluck();
  const whole = ({ id, evidence, ...row }: AlertRow): StoredAlert => ({
    ...row,
    source_ips: sources.all(id),
    evidence: JSON.parse(evidence) as unknown,
  });
  return {
    list: ({ from, to, status, domains }, page) => {
      const after = page.after?.[0] ?? Number.MAX_SAFE_INTEGER;
      const names = domains && JSON.stringify(domains);
      const found = listed.all({ from, to, status, domains: names, after, limit: page.limit + 1 });
      const { rows, next } = pageByPlace(found, page, (row) => [row.id]);
      return { rows: rows.map(whole), next };
    },
    get: (alertId) => {
      const row = one.get(alertId);
      return row === undefined ? null : whole(row);
    },
  };
}
