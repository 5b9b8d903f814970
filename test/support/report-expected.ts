/** One report of the corpus's `expected.ndjson`. */
export interface ExpectedReport {
  readonly xmlns: string | null;
  readonly org_name: string | null;
  readonly email: string | null;
  readonly extra_contact_info: string | null;
  readonly report_id: string | null;
  readonly begin: number | null;
  readonly end: number | null;
  readonly generator: string | null;
  readonly errors: readonly string[];
  readonly policy_published: Readonly<Record<string, string | null>>;
  readonly records: readonly ExpectedRecord[];
  readonly schema: string;
  readonly summary: Readonly<Record<'records' | 'messages' | 'dkim_pass' | 'spf_pass' | 'dmarc_pass', number>>;
  readonly strict: boolean;
}

export interface ExpectedRecord {
  readonly source_ip: string;
  readonly count: number | null;
  readonly disposition: string | null;
  readonly dkim: string | null;
  readonly spf: string | null;
  readonly header_from: string | null;
  readonly envelope_from: string | null;
  readonly envelope_to: string | null;
  readonly reasons: readonly Readonly<Record<string, string | null>>[];
  readonly auth_dkim: readonly Readonly<Record<string, string | null>>[];
  readonly auth_spf: readonly Readonly<Record<string, string | null>>[];
}

/** One line of `expected.ndjson`. */
export interface ExpectedFile {
  readonly path: string;
  readonly kind: string;
  readonly container: string;
  readonly reports: readonly ExpectedReport[];
}

type Json = Readonly<Record<string, unknown>>;

/** Where a line of `parse` says something else than is expected of the report; empty when it says the same. Words are compared without regard to case. */
export function differences(expected: ExpectedReport, line: string | Json): string[] {
  const got: unknown = typeof line === 'string' ? JSON.parse(line) : line;
  const found: string[] = [];
  compare(expectedLine(expected), pick(got), '', found);
  return found;
}

function expectedLine(report: ExpectedReport): Json {
  const policy = report.policy_published;
  return {
    outcome: 'report',
    generation: generationOf(report.schema),
    namespace: report.xmlns,
    report: {
      orgName: report.org_name,
      email: report.email,
      extraContactInfo: report.extra_contact_info,
      reportId: report.report_id,
      begin: report.begin,
      end: report.end,
      generator: report.generator,
      errors: report.errors,
      policy: {
        domain: policy['domain'],
        adkim: policy['adkim'],
        aspf: policy['aspf'],
        p: policy['p'],
        sp: policy['sp'],
        np: policy['np'],
        pct: typeof policy['pct'] === 'string' ? Number(policy['pct']) : null,
        fo: policy['fo'],
        testing: policy['testing'],
        discoveryMethod: policy['discovery_method'],
      },
      records: report.records.map(expectedRecord),
    },
    totals: {
      records: report.summary.records,
      messages: report.summary.messages,
      dkimPass: report.summary.dkim_pass,
      spfPass: report.summary.spf_pass,
      pass: report.summary.dmarc_pass,
    },
  };
}

function expectedRecord(record: ExpectedRecord): Json {
  return {
    sourceIp: record.source_ip,
    count: record.count,
    disposition: record.disposition,
    dkim: record.dkim,
    spf: record.spf,
    reasons: record.reasons.map(({ type, comment }) => ({ type, comment })),
    headerFrom: record.header_from,
    envelopeFrom: record.envelope_from,
    envelopeTo: record.envelope_to,
    auth: {
      dkim: record.auth_dkim.map((entry) => ({
        domain: entry['domain'],
        selector: entry['selector'],
        result: entry['result'],
        humanResult: entry['human_result'],
      })),
      spf: record.auth_spf.map((entry) => ({
        domain: entry['domain'],
        scope: entry['scope'],
        result: entry['result'],
        humanResult: entry['human_result'],
      })),
    },
  };
}

function generationOf(schema: string): string {
  if (schema.startsWith('rfc9990')) return 'rfc9990';
  return schema.startsWith('draft') ? 'draft' : 'rfc7489';
}

/** Only what the corpus speaks of. */
function pick(line: unknown): Json {
  const { outcome, generation, namespace, report, totals } = line as Json;
  return { outcome, generation, namespace, report, totals };
}

/** Texts that are not free: case is no difference. */
const foldedFields =
  /(?:adkim|aspf|\.p|\.sp|\.np|testing|discoveryMethod|disposition|dkim|spf|type|result|scope|domain|headerFrom|envelopeFrom|envelopeTo)$/;

function compare(expected: unknown, got: unknown, path: string, found: string[]): void {
  if (expected !== null && typeof expected === 'object' && got !== null && typeof got === 'object') {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(got)])) {
      compare((expected as Json)[key], (got as Json)[key], `${path}.${key}`, found);
    }
  } else if (folded(expected, path) !== folded(got, path)) {
    found.push(`${path.slice(1)}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`);
  }
}

function folded(value: unknown, path: string): unknown {
  return typeof value === 'string' && foldedFields.test(path) ? value.toLowerCase() : value;
}
