import type { Authenticity, ProofMeans } from '../../model/part.js';
import type { Problem } from '../../model/problem.js';
import type { Connection } from '../database.js';
import { pageByPlace, reportsInArrival, scopeParameters } from './scope.js';
import type { Page, Rows, Scope, ScopeParameters } from './scope.js';

/** A stored report as lists show it. Times in Unix seconds. */
export interface StoredReportRow {
  readonly id: number;
  readonly mail_id: number;
  readonly domain: string;
  readonly reporter: string;
  readonly report_id: string;
  readonly begin_at: number;
  readonly end_at: number;
  readonly state: 'complete' | 'partial';
  readonly records: number;
  readonly messages: number;
  readonly dkim_pass: number;
  readonly spf_pass: number;
  readonly pass: number;
  readonly authenticity: Authenticity;
  readonly proven_domain: string | null;
  readonly proven_by: ProofMeans | null;
  /** 1: the policy domain is none of ours, and the report is in no total. */
  readonly is_foreign: 0 | 1;
  readonly problem_count: number;
  readonly file: string;
  readonly arrived_at: number;
}

/** A stored report with everything its header said. */
export interface StoredReportDetail extends StoredReportRow {
  readonly digest: string;
  readonly generation: string | null;
  readonly namespace: string | null;
  readonly org_name: string | null;
  readonly email: string | null;
  readonly extra_contact_info: string | null;
  readonly generator: string | null;
  readonly errors: readonly string[];
  readonly p: string | null;
  readonly sp: string | null;
  readonly np: string | null;
  readonly pct: number | null;
  readonly adkim: string | null;
  readonly aspf: string | null;
  readonly fo: string | null;
  readonly testing: string | null;
  readonly discovery_method: string | null;
  readonly problems: readonly Problem[];
  /** Event days, Unix seconds at midnight UTC. */
  readonly first_day: number;
  readonly last_day: number;
}

type DetailRow = Omit<StoredReportDetail, 'digest' | 'errors' | 'problems'> & {
  readonly digest: Buffer;
  readonly errors: string;
  readonly problems: string;
};

const columns = `r.id, r.mail_id, d.name AS domain, o.name AS reporter, r.report_id, r.begin_at, r.end_at, r.state,
  r.records, r.messages, r.dkim_pass, r.spf_pass, r.pass, r.authenticity, r.proven_domain, r.proven_by, d.is_foreign, json_array_length(r.problems) AS problem_count,
  r.file, r.arrived_at`;
const tables = 'reports r JOIN domains d ON d.id = r.domain_id JOIN reporters o ON o.id = r.reporter_id';

const list = `SELECT ${columns} FROM ${tables}
WHERE ${reportsInArrival} AND (@id IS NULL OR (r.arrived_at, r.id) < (@arrived, @id))
ORDER BY r.arrived_at DESC, r.id DESC LIMIT @limit`;

const detail = `SELECT ${columns}, r.digest, r.generation, r.namespace, r.org_name, r.email, r.extra_contact_info, r.generator,
  r.errors, r.p, r.sp, r.np, r.pct, r.adkim, r.aspf, r.fo, r.testing, r.discovery_method, r.problems, r.first_day, r.last_day
FROM ${tables} WHERE r.id = ?`;

type Parameters = ScopeParameters & {
  readonly limit: number;
  readonly arrived: number | null;
  readonly id: number | null;
};

/** Newest arrival first. */
export function readReports(db: Connection): (scope: Scope, page: Page) => Rows<StoredReportRow> {
  const statement = db.prepare<Parameters, StoredReportRow>(list);
  return (scope, page) => {
    const [arrived = null, id = null] = page.after ?? [];
    const parameters = scopeParameters(scope);
    // A page further down begins at the last row's arrival: the index is entered there.
    const to = arrived === null ? parameters.to : Math.min(parameters.to, arrived);
    const found = statement.all({ ...parameters, to, limit: page.limit + 1, arrived, id });
    return pageByPlace(found, page, (row) => [row.arrived_at, row.id]);
  };
}

export function readReport(db: Connection): (id: number) => StoredReportDetail | null {
  const statement = db.prepare<[number], DetailRow>(detail);
  return (id) => {
    const row = statement.get(id);
    if (row === undefined) return null;
    return {
      ...row,
      digest: row.digest.toString('hex'),
      errors: JSON.parse(row.errors) as string[],
      problems: JSON.parse(row.problems) as Problem[],
    };
  };
}
