import type { ReportHeader, ReportRecord } from '../../src/model/report.js';
import { localName, type XmlElement } from './xml-trees.js';

/** What a plain walk of the tree finds in a well-formed report of clean values: an independent reading to compare ours with. */
export function oracle(root: XmlElement): { readonly header: ReportHeader; readonly records: readonly ReportRecord[] } {
  const metadata = child(root, 'report_metadata');
  const range = child(metadata, 'date_range');
  const policy = child(root, 'policy_published');
  const pct = text(policy, 'pct');
  return {
    header: {
      orgName: text(metadata, 'org_name'),
      email: text(metadata, 'email'),
      extraContactInfo: text(metadata, 'extra_contact_info'),
      reportId: text(metadata, 'report_id'),
      begin: Number(text(range, 'begin')),
      end: Number(text(range, 'end')),
      generator: text(metadata, 'generator'),
      errors: all(metadata, 'error').map(textOf),
      policy: {
        domain: text(policy, 'domain'),
        adkim: text(policy, 'adkim'),
        aspf: text(policy, 'aspf'),
        p: text(policy, 'p'),
        sp: text(policy, 'sp'),
        np: text(policy, 'np'),
        pct: pct === null ? null : Number(pct),
        fo: text(policy, 'fo'),
        testing: text(policy, 'testing'),
        discoveryMethod: text(policy, 'discovery_method'),
      },
    },
    records: all(root, 'record').map(recordOf),
  };
}

function recordOf(record: XmlElement): ReportRecord {
  const row = child(record, 'row');
  const evaluated = child(row, 'policy_evaluated');
  const identifiers = child(record, 'identifiers');
  const auth = child(record, 'auth_results');
  const result = (entry: XmlElement) => ({
    domain: text(entry, 'domain'),
    result: text(entry, 'result'),
    humanResult: text(entry, 'human_result'),
  });
  return {
    sourceIp: text(row, 'source_ip') ?? '',
    count: Number(text(row, 'count')),
    disposition: text(evaluated, 'disposition'),
    dkim: text(evaluated, 'dkim'),
    spf: text(evaluated, 'spf'),
    reasons: all(evaluated, 'reason').map((reason) => ({
      type: text(reason, 'type'),
      comment: text(reason, 'comment'),
    })),
    headerFrom: text(identifiers, 'header_from'),
    envelopeFrom: text(identifiers, 'envelope_from'),
    envelopeTo: text(identifiers, 'envelope_to'),
    auth: {
      dkim: all(auth, 'dkim').map((entry) => ({ ...result(entry), selector: text(entry, 'selector') })),
      spf: all(auth, 'spf').map((entry) => ({ ...result(entry), scope: text(entry, 'scope') })),
    },
  };
}

/** The namespace that the root puts itself in. */
export function namespaceOf({ name, attributes }: XmlElement): string | null {
  const prefix = name.slice(0, -localName(name).length);
  return attributes[prefix === '' ? 'xmlns' : `xmlns:${prefix.slice(0, -1)}`] ?? null;
}

function all(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return (
    element?.content.filter((piece) => typeof piece !== 'string').filter((piece) => localName(piece.name) === name) ??
    []
  );
}

function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return all(element, name)[0];
}

function textOf(element: XmlElement): string {
  return element.content
    .filter((piece) => typeof piece === 'string')
    .join('')
    .trim();
}

function text(element: XmlElement | undefined, name: string): string | null {
  const found = child(element, name);
  return found === undefined ? null : textOf(found);
}
