import { XMLBuilder } from 'fast-xml-parser';
import type { ReportRecord } from '../model/report.js';
import type { PolicyDomain } from './policy-domains.js';
import type { Reporter, ReportSpan, XmlHabits } from './reporter.js';

/** An aggregate report as `reporter` writes it (RFC 7489 appendix C, RFC 9990 appendix A). */
export function reportXml(
  reporter: Reporter,
  domain: PolicyDomain,
  header: ReportSpan,
  records: readonly ReportRecord[],
): string {
  const habits = reporter.xml;
  const feedback = {
    ...rootAttributes(habits),
    ...given('version', habits.version),
    report_metadata: metadata(reporter, header),
    policy_published: habits.published(domain),
    record: records.map((record) => recordElement(record, habits)),
  };
  const body = builderFor(habits.indent).build({ feedback }).trimEnd();
  const lines = habits.declaration === null ? body : `${habits.declaration}\n${body}`;
  return (habits.crlf ? lines.replaceAll('\n', '\r\n') : lines) + (habits.crlf ? '\r\n' : '\n');
}

const builders = new Map<string | null, XMLBuilder>();

function builderFor(indent: string | null): XMLBuilder {
  const known = builders.get(indent);
  if (known) return known;
  const builder = new XMLBuilder({ ignoreAttributes: false, format: indent !== null, indentBy: indent ?? '' });
  builders.set(indent, builder);
  return builder;
}

function rootAttributes(habits: XmlHabits): Record<string, string> {
  const attributes = { ...(habits.namespace === null ? {} : { xmlns: habits.namespace }), ...habits.attributes };
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`@_${name}`, value]));
}

function metadata(reporter: Reporter, header: ReportSpan): object {
  return {
    org_name: reporter.name,
    email: reporter.email,
    ...given('extra_contact_info', reporter.extraContactInfo),
    report_id: header.reportId,
    date_range: { begin: header.begin, end: header.end },
    ...given('generator', reporter.xml.generator),
  };
}

function recordElement(record: ReportRecord, habits: XmlHabits): object {
  const dkim = record.auth.dkim.map((result) => ({
    domain: result.domain,
    ...given('selector', result.selector),
    result: result.result,
    ...given('human_result', result.humanResult),
  }));
  const spf = record.auth.spf.map((result) => ({
    domain: result.domain,
    ...given('scope', result.scope),
    result: result.result,
  }));
  return {
    row: { source_ip: record.sourceIp, count: record.count, policy_evaluated: evaluated(record) },
    identifiers: {
      ...given('envelope_to', record.envelopeTo),
      ...given('envelope_from', record.envelopeFrom),
      header_from: record.headerFrom,
    },
    auth_results: habits.spfFirst ? { spf, dkim } : { dkim, spf },
  };
}

function evaluated(record: ReportRecord): object {
  const reason = record.reasons.map(({ type, comment }) => ({ type, ...given('comment', comment) }));
  const verdicts = { disposition: record.disposition, dkim: record.dkim, spf: record.spf };
  return reason.length > 0 ? { ...verdicts, reason } : verdicts;
}

/** Absent elements are left out, empty ones are written empty. */
function given(name: string, value: string | null): Record<string, string> {
  return value === null ? {} : { [name]: value };
}
