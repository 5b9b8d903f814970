import type { Authenticity, ProofMeans, Provenance } from '../../model/part.js';
import type { Problem } from '../../model/problem.js';
import type { Reading, Verdict } from '../../model/report.js';
import type { Connection } from '../database.js';
import { beginEpoch } from '../epoch.js';
import type { EventDays } from './event-days.js';
import type { Candidate, Identity } from './identity.js';
import type { BookedReport } from './totals.js';

/** Where a report came from. Times in Unix seconds. */
export interface ReportOrigin {
  readonly mailId: number;
  readonly file: string;
  readonly arrivedAt: number;
}

/** A stored report of the same identity. */
export interface StoredIdentity extends Candidate {
  readonly id: number;
  readonly mailId: number;
  /** Messages by verdict. */
  readonly verdicts: Readonly<Record<Verdict, number>>;
  readonly digest: Buffer;
  readonly booked: BookedReport;
}

export interface NewReport {
  readonly id: number;
  readonly origin: ReportOrigin;
  readonly provenance: Provenance;
  readonly identity: Identity;
  readonly reading: Reading;
  readonly days: EventDays;
  /** Stored reports that it takes the place of. */
  readonly replaced: readonly StoredIdentity[];
  readonly reporterId: number;
  readonly domainId: number;
}

interface IdentityRow {
  readonly id: number;
  readonly mail_id: number;
  readonly records: number;
  readonly dkim_pass: number;
  readonly spf_pass: number;
  readonly pass: number;
  readonly state: 'complete' | 'partial';
  readonly digest: Buffer;
  readonly messages: number;
  readonly authenticity: Authenticity;
  readonly proven_domain: string | null;
  readonly proven_by: ProofMeans | null;
  readonly reporter_id: number;
  readonly domain_id: number;
  readonly first_day: number;
  readonly last_day: number;
}

const identityColumns =
  'r.id, r.mail_id, r.records, r.dkim_pass, r.spf_pass, r.pass, r.state, r.digest, r.messages, r.authenticity, r.proven_domain, r.proven_by, r.reporter_id, r.domain_id, r.first_day, r.last_day';

const columns = [
  'id', 'mail_id', 'reporter_id', 'domain_id', 'report_id', 'begin_at', 'end_at', 'state', 'digest', 'file',
  'generation', 'namespace', 'org_name', 'email', 'extra_contact_info', 'generator', 'errors',
  'p', 'sp', 'np', 'pct', 'adkim', 'aspf', 'fo', 'testing', 'discovery_method',
  'records', 'messages', 'dkim_pass', 'spf_pass', 'pass', 'problems', 'authenticity', 'proven_domain', 'proven_by',
  'first_day', 'last_day', 'arrived_at',
] as const; // prettier-ignore

type Row = Record<(typeof columns)[number], string | number | Buffer | null>;

/** The `reports` table, seen from the writer. */
export class ReportRows {
  readonly #insert;
  readonly #remove;
  readonly #identity;
  readonly #highest;
  readonly #ofMail;
  readonly #has;

  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
    this.#insert = db.prepare<Row>(
      `INSERT INTO reports (${columns.join(', ')}) VALUES (${columns.map((name) => `@${name}`).join(', ')})`,
    );
    this.#remove = db.prepare<[number]>('DELETE FROM reports WHERE id = ?');
    this.#highest = db.prepare<[], { id: number }>("SELECT seq AS id FROM sqlite_sequence WHERE name = 'reports'");
    this.#identity = db.prepare<Pick<Identity, 'reporterKey' | 'domain' | 'reportId' | 'begin' | 'end'>, IdentityRow>(
      `SELECT ${identityColumns}
       FROM reports r
       JOIN reporters o ON o.id = r.reporter_id AND o.key = @reporterKey
       JOIN domains d ON d.id = r.domain_id AND d.name = @domain
       WHERE r.report_id = @reportId AND r.begin_at = @begin AND r.end_at = @end
       ORDER BY r.id`,
    );
    this.#ofMail = db.prepare<[number], IdentityRow & { readonly domain: string }>(
      `SELECT ${identityColumns}, d.name AS domain FROM reports r JOIN domains d ON d.id = r.domain_id
       WHERE r.mail_id = ? ORDER BY r.id`,
    );
    this.#has = db.prepare<[number], object>('SELECT 1 FROM reports WHERE id = ?');
  }

  nextId(): number {
    return (this.#highest.get()?.id ?? 0) + 1;
  }

  has(id: number): boolean {
    return this.#has.get(id) !== undefined;
  }

  sameIdentity(identity: Identity): StoredIdentity[] {
    const { reporterKey, domain, reportId, begin, end } = identity;
    return this.#identity.all({ reporterKey, domain, reportId, begin, end }).map(storedIdentity);
  }

  /** The reports that a mail brought, and the policy domain of each. */
  ofMail(mailId: number): { readonly report: StoredIdentity; readonly domain: string }[] {
    return this.#ofMail.all(mailId).map((row) => ({ report: storedIdentity(row), domain: row.domain }));
  }

  insert(report: NewReport): BookedReport {
    const row = rowOf(report);
    this.#insert.run(row);
    return booked({
      id: report.id,
      reporter_id: report.reporterId,
      domain_id: report.domainId,
      first_day: report.days.first,
      last_day: report.days.last,
    });
  }

  remove(id: number): void {
    this.#remove.run(id);
    beginEpoch(this.#db);
  }
}

function storedIdentity(row: IdentityRow): StoredIdentity {
  return {
    id: row.id,
    mailId: row.mail_id,
    records: row.records,
    verdicts: verdictsOf(row),
    state: row.state,
    digest: row.digest,
    messages: row.messages,
    provenance: provenanceOf(row),
    booked: booked(row),
  };
}

/** The four verdicts from the three sums that overlap. */
function verdictsOf({ messages, pass, dkim_pass, spf_pass }: IdentityRow): Record<Verdict, number> {
  const both = dkim_pass + spf_pass - pass;
  return { pass_both: both, pass_dkim: dkim_pass - both, pass_spf: spf_pass - both, fail: messages - pass };
}

function provenanceOf({ authenticity, proven_domain, proven_by }: IdentityRow): Provenance {
  const proof = proven_domain === null || proven_by === null ? null : { domain: proven_domain, by: proven_by };
  return { authenticity, proof };
}

function booked(row: Omit<BookedReport, 'estimated'>): BookedReport {
  const { id, reporter_id, domain_id, first_day, last_day } = row;
  return { id, reporter_id, domain_id, first_day, last_day, estimated: last_day > first_day };
}

function rowOf(report: NewReport): Row {
  const { id, origin, provenance, identity, reading, days, reporterId, domainId } = report;
  const { header, totals } = reading;
  return {
    id,
    mail_id: origin.mailId,
    reporter_id: reporterId,
    domain_id: domainId,
    report_id: identity.reportId,
    begin_at: identity.begin,
    end_at: identity.end,
    state: reading.outcome === 'partial' ? 'partial' : 'complete',
    digest: Buffer.from(reading.digest, 'hex'),
    file: origin.file,
    generation: reading.generation,
    namespace: reading.namespace,
    org_name: header?.orgName ?? null,
    email: header?.email ?? null,
    extra_contact_info: header?.extraContactInfo ?? null,
    generator: header?.generator ?? null,
    errors: JSON.stringify(header?.errors ?? []),
    ...policyColumns(reading),
    records: totals.records,
    messages: totals.messages,
    dkim_pass: totals.dkimPass,
    spf_pass: totals.spfPass,
    pass: totals.pass,
    problems: JSON.stringify(problemsOf(report)),
    authenticity: provenance.authenticity,
    proven_domain: provenance.proof?.domain ?? null,
    proven_by: provenance.proof?.by ?? null,
    first_day: days.first,
    last_day: days.last,
    arrived_at: origin.arrivedAt,
  };
}

function policyColumns({ header }: Reading) {
  const policy = header?.policy;
  return {
    p: policy?.p ?? null,
    sp: policy?.sp ?? null,
    np: policy?.np ?? null,
    pct: policy?.pct ?? null,
    adkim: policy?.adkim ?? null,
    aspf: policy?.aspf ?? null,
    fo: policy?.fo ?? null,
    testing: policy?.testing ?? null,
    discovery_method: policy?.discoveryMethod ?? null,
  };
}

function problemsOf({ reading, days, replaced }: NewReport): readonly Problem[] {
  const stated = `${reading.header?.begin ?? 'none'} to ${reading.header?.end ?? 'none'}`;
  const detail = `${stated}: booked on the day of arrival`;
  const implausible = { code: 'period-implausible', where: 'report_metadata/date_range', detail };
  return [...reading.problems, ...(days.implausible ? [implausible] : []), ...replaced.map(replacement)];
}

/** What was displaced leaves a trace: its mail is in the ledger. */
function replacement({ mailId, records, messages, state }: StoredIdentity): Problem {
  const detail = `${state} report of mail ${mailId} with ${records} rows and ${messages} messages`;
  return { code: 'replaced-other', where: 'report', detail };
}
