import type { Scope, StoredRecord, StoredReportDetail, StoreReader } from '../store/store.js';
import { csvLine, isoTime, recordsOf, reportsOf } from './export-reports.js';

const columns = [
  'domain', 'reporter', 'report_id', 'begin', 'end', 'arrived', 'authenticity', 'source_ip', 'messages', 'result', 'dkim',
  'spf', 'disposition', 'header_from', 'envelope_from', 'envelope_to', 'reasons', 'dkim_results', 'spf_results',
] as const; // prettier-ignore

/** A line a record, behind a line of names. */
export async function* csvExport(reader: StoreReader, scope: Scope): AsyncGenerator<string> {
  yield csvLine(columns);
  for await (const report of reportsOf(reader, scope))
    for await (const records of recordsOf(reader, report.id)) yield records.map((each) => csvOf(report, each)).join('');
}

function csvOf(report: StoredReportDetail, record: StoredRecord): string {
  const { auth, reasons, source_ip, messages, result, dkim, spf, disposition } = record;
  return csvLine([
    ...contextOf(report), source_ip, messages, result, dkim, spf, disposition,
    record.header_from, record.envelope_from, record.envelope_to,
    reasons.map(({ type }) => type ?? '').join(' '),
    auth.dkim.map((each) => `${each.domain ?? ''}/${each.selector ?? ''}=${each.result ?? ''}`).join(' '),
    auth.spf.map((each) => `${each.domain ?? ''}=${each.result ?? ''}`).join(' '),
  ]); // prettier-ignore
}

function contextOf({ domain, reporter, report_id, begin_at, end_at, arrived_at, authenticity }: StoredReportDetail) {
  return [domain, reporter, report_id, isoTime(begin_at), isoTime(end_at), isoTime(arrived_at), authenticity];
}

/** A JSON object a record, with what its report says. */
export async function* jsonLines(reader: StoreReader, scope: Scope): AsyncGenerator<string> {
  for await (const report of reportsOf(reader, scope)) {
    const [domain, reporter, report_id, begin, end, arrived, authenticity] = contextOf(report);
    const context = { domain, reporter, report_id, begin, end, arrived, authenticity };
    for await (const records of recordsOf(reader, report.id))
      yield records.map(({ id: _, ...record }) => `${JSON.stringify({ ...context, ...record })}\n`).join('');
  }
}
