import { SaxesParser } from 'saxes';
import type { ReportHeader, ReportRecord } from '../../src/model/report.js';

interface Element {
  readonly name: string;
  text: string;
  readonly children: Element[];
}

/** What a plain tree walk finds in a well-formed report of clean values: an independent reading to compare ours with. */
export function oracle(xml: string): { readonly header: ReportHeader; readonly records: readonly ReportRecord[] } {
  const root = treeOf(xml);
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
      errors: all(metadata, 'error').map((error) => error.text.trim()),
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

function recordOf(record: Element): ReportRecord {
  const row = child(record, 'row');
  const evaluated = child(row, 'policy_evaluated');
  const identifiers = child(record, 'identifiers');
  const auth = child(record, 'auth_results');
  const result = (entry: Element) => ({
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

function treeOf(xml: string): Element {
  const top: Element = { name: '', text: '', children: [] };
  const open: Element[] = [top];
  const addText = (piece: string): void => {
    const element = open.at(-1);
    if (element !== undefined) element.text += piece;
  };
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', (tag) => {
    const element: Element = { name: tag.name.replace(/^.*:/, ''), text: '', children: [] };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => open.pop());
  parser.write(xml).close();
  return child(top, 'feedback') ?? top;
}

function all(element: Element | undefined, name: string): readonly Element[] {
  return element?.children.filter((candidate) => candidate.name === name) ?? [];
}

function child(element: Element | undefined, name: string): Element | undefined {
  return all(element, name)[0];
}

function text(element: Element | undefined, name: string): string | null {
  return child(element, name)?.text.trim() ?? null;
}
