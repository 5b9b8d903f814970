import type { Scope, StoredRecord, StoredReportDetail, StoreReader } from '../store/store.js';
import { csvLine, isoTime, recordsOf, reportsOf } from './export-reports.js';

/** The columns of parsedmarc's aggregate CSV (version 10), in its order. */
const columns = [
  'xml_schema', 'org_name', 'org_email', 'org_extra_contact_info', 'report_id', 'begin_date', 'end_date', 'normalized_timespan',
  'errors', 'domain', 'adkim', 'aspf', 'p', 'sp', 'np', 'pct', 'fo', 'testing', 'discovery_method', 'source_ip_address',
  'source_country', 'source_reverse_dns', 'source_base_domain', 'source_name', 'source_type', 'source_asn', 'source_as_name',
  'source_as_domain', 'count', 'spf_aligned', 'dkim_aligned', 'dmarc_aligned', 'disposition', 'policy_override_reasons',
  'policy_override_comments', 'envelope_from', 'header_from', 'envelope_to', 'dkim_domains', 'dkim_selectors', 'dkim_results',
  'spf_domains', 'spf_scopes', 'spf_results',
] as const; // prettier-ignore

type Names = ReadonlyMap<string, string>;

/** A line a record. Times are UTC; a report of several days is not spread; what parsedmarc looks up elsewhere is empty. */
export async function* parsedmarcCsv(reader: StoreReader, scope: Scope): AsyncGenerator<string> {
  yield csvLine(columns);
  for await (const report of reportsOf(reader, scope)) {
    for await (const records of recordsOf(reader, report.id)) {
      const names = await namesOf(reader, records);
      yield records.map((record) => csvOf(report, record, names)).join('');
    }
  }
}

function namesOf(reader: StoreReader, records: readonly StoredRecord[]): Promise<Names> {
  return reader.ptrNames([...new Set(records.map(({ source_ip }) => source_ip))]);
}

function csvOf(report: StoredReportDetail, record: StoredRecord, names: Names): string {
  const { auth, reasons } = record;
  const aligned = alignmentOf(record);
  const python = (value: boolean) => (value ? 'True' : 'False');
  return csvLine([
    report.generation, report.org_name, report.email, report.extra_contact_info, report.report_id,
    dateOf(report.begin_at), dateOf(report.end_at), 'False', report.errors.join('|'),
    report.domain, report.adkim, report.aspf, report.p, report.sp, report.np, report.pct, report.fo, report.testing, report.discovery_method,
    record.source_ip, null, names.get(record.source_ip) ?? null, null, null, null, null, null, null,
    record.messages, python(aligned.spf), python(aligned.dkim), python(aligned.dmarc), record.disposition,
    listed(reasons.map(({ type }) => type)), reasons.map(({ comment }) => comment ?? '').join('|'),
    record.envelope_from, record.header_from, record.envelope_to,
    listed(auth.dkim.map(({ domain }) => domain)), listed(auth.dkim.map(({ selector }) => selector)), listed(auth.dkim.map(({ result }) => result)),
    listed(auth.spf.map(({ domain }) => domain)), listed(auth.spf.map(({ scope }) => scope)), listed(auth.spf.map(({ result }) => result)),
  ]); // prettier-ignore
}

function listed(values: readonly (string | null)[]): string {
  return values.map((value) => (value ?? '').toLowerCase()).join(',');
}

/** One JSON array of reports, each with its records; written as it is read. */
export async function* parsedmarcJson(reader: StoreReader, scope: Scope): AsyncGenerator<string> {
  let before = '[';
  for await (const report of reportsOf(reader, scope)) {
    yield `${before}\n${JSON.stringify(headOf(report)).slice(0, -1)},"records":[`;
    let separator = '';
    for await (const records of recordsOf(reader, report.id)) {
      const names = await namesOf(reader, records);
      for (const record of records) {
        yield `${separator}\n${JSON.stringify(recordOf(report, record, names))}`;
        separator = ',';
      }
    }
    yield ']}';
    before = ',';
  }
  yield before === '[' ? '[]\n' : '\n]\n';
}

function headOf(report: StoredReportDetail) {
  const { domain, adkim, aspf, p, sp, pct, fo, np, testing, discovery_method } = report;
  return {
    xml_schema: report.generation,
    xml_namespace: report.namespace,
    report_metadata: {
      org_name: report.org_name,
      org_email: report.email,
      org_extra_contact_info: report.extra_contact_info,
      report_id: report.report_id,
      begin_date: dateOf(report.begin_at),
      end_date: dateOf(report.end_at),
      timespan_requires_normalization: false,
      original_timespan_seconds: report.end_at - report.begin_at,
      errors: report.errors,
      generator: report.generator,
    },
    policy_published: { domain, adkim, aspf, p, sp, pct, fo, np, testing, discovery_method },
  };
}

function recordOf(report: StoredReportDetail, record: StoredRecord, names: Names) {
  const { header_from, envelope_from, envelope_to, disposition, dkim, spf, reasons, auth } = record;
  const nobody = { base_domain: null, name: null, type: null, asn: null, as_name: null, as_domain: null };
  return {
    source: {
      ip_address: record.source_ip,
      country: null,
      reverse_dns: names.get(record.source_ip) ?? null,
      ...nobody,
    },
    count: record.messages,
    alignment: alignmentOf(record),
    policy_evaluated: { disposition, dkim, spf, policy_override_reasons: reasons },
    identifiers: { header_from, envelope_from, envelope_to },
    auth_results: auth,
    normalized_timespan: false,
    interval_begin: dateOf(report.begin_at),
    interval_end: dateOf(report.end_at),
  };
}

function alignmentOf({ result }: StoredRecord) {
  const spf = result === 'pass_both' || result === 'pass_spf';
  const dkim = result === 'pass_both' || result === 'pass_dkim';
  return { spf, dkim, dmarc: spf || dkim };
}

/** `2026-03-01 00:00:00`, in UTC; null when no date can say it. */
function dateOf(seconds: number): string | null {
  return isoTime(seconds)?.replace('T', ' ').replace('Z', '') ?? null;
}
