import type { Connection } from '../database.js';
import { pageByPlace } from './scope.js';
import type { Page, Rows } from './scope.js';

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
  /** When somebody took it in hand. */
  readonly acked_at: number | null;
  /** Nobody is told of it before then; may be over. */
  readonly ignored_until: number | null;
  readonly evidence: string;
}

type ListedRow = AlertRow & { readonly gravity: number };

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

const columns = `f.id, f.public_id AS alert_id, f.rule, f.severity, f.status, coalesce(d.name, '') AS domain, f.sender, f.summary,
  f.first_day, f.last_day, f.opened_at, f.updated_at, f.resolved_at, f.resolution, f.told_at, t.acked_at,
  i.until AS ignored_until, f.evidence
FROM findings f LEFT JOIN domains d ON d.id = f.domain_id
LEFT JOIN tellings t ON t.finding_id = f.id LEFT JOIN ignored i ON i.fingerprint = f.fingerprint`;

const gravity = "CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END";

/** Picks by id first, so that no evidence is sorted. */
const list = `WITH matching AS (
  SELECT id, ${gravity} AS gravity FROM findings
  WHERE (@status IS NULL OR status = @status)
    AND (@domains IS NULL OR domain_id IN (SELECT id FROM domains WHERE name IN (SELECT value FROM json_each(@domains))))
    AND opened_at <= @to AND (resolved_at IS NULL OR resolved_at >= @from)
), picked AS (
  SELECT id, gravity FROM matching
  WHERE gravity > @gravity OR (gravity = @gravity AND id < @before)
  ORDER BY gravity, id DESC LIMIT @limit
)
SELECT k.gravity, ${columns} JOIN picked k ON k.id = f.id
ORDER BY k.gravity, f.id DESC`;

/** Critical first, then warning, then info; of each the last opened first. */
export function readAlerts(db: Connection): AlertsReader {
  const listed = db.prepare<Readonly<Record<string, string | number | null>>, ListedRow>(list);
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
      const [gravity = -1, before = 0] = page.after ?? [];
      const names = domains && JSON.stringify(domains);
      const found = listed.all({ from, to, status, domains: names, gravity, before, limit: page.limit + 1 });
      const { rows, next } = pageByPlace(found, page, (row) => [row.gravity, row.id]);
      return { rows: rows.map(({ gravity: _, ...row }) => whole(row)), next };
    },
    get: (alertId) => {
      const row = one.get(alertId);
      return row === undefined ? null : whole(row);
    },
  };
}
