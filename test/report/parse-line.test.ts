import { describe, expect, it } from 'vitest';
import { ParseLine } from '../../src/cli/parse-line.js';
import { ReportReader } from '../../src/report/report.js';

const head =
  '<feedback><version>1.0</version><report_metadata><org_name>o</org_name><report_id>r-1</report_id>' +
  '<date_range><begin>1704067200</begin><end>1704153599</end></date_range></report_metadata>' +
  '<policy_published><domain>example.org</domain></policy_published>';
const record =
  '<record><row><source_ip>198.51.100.1</source_ip><count>2</count><policy_evaluated><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>' +
  '<identifiers><header_from>example.org</header_from></identifiers></record>';

function pieces(text: string): string[] {
  const written: string[] = [];
  const line = new ParseLine('a "file".xml', 'member.xml', (piece) => written.push(piece));
  const reader = new ReportReader(line);
  for (let at = 0; at < text.length; at += 10_000) reader.write(Buffer.from(text.slice(at, at + 10_000)));
  line.finish(reader.end());
  return written;
}

describe('the line of parse', () => {
  it('has its keys in the documented order when the report is small', () => {
    const [line = '', ...rest] = pieces(`${head}${record}</feedback>`);
    expect(rest).toEqual([]);
    expect(line.endsWith('}\n')).toBe(true);
    const value = JSON.parse(line) as { readonly report: object };
    expect(Object.keys(value)).toEqual([
      'file',
      'member',
      'outcome',
      'generation',
      'namespace',
      'report',
      'totals',
      'problems',
    ]);
    expect(Object.keys(value.report)).toEqual([
      'orgName',
      'email',
      'extraContactInfo',
      'reportId',
      'begin',
      'end',
      'generator',
      'errors',
      'policy',
      'records',
    ]);
  });

  it('is written as it is read when the report is large, and says the same', () => {
    const count = 2000;
    const written = pieces(`${head}${record.repeat(count)}</feedback>`);
    expect(written.length).toBeGreaterThan(3);
    expect(Math.max(...written.map((piece) => piece.length))).toBeLessThan(70 * 1024);
    const text = written.join('');
    expect(text.indexOf('\n')).toBe(text.length - 1);
    const value = JSON.parse(text) as { readonly report: { readonly records: readonly unknown[] } };
    expect(value).toMatchObject({
      file: 'a "file".xml',
      member: 'member.xml',
      outcome: 'report',
      generation: 'rfc7489',
      namespace: null,
      report: { reportId: 'r-1', policy: { domain: 'example.org' } },
      totals: { records: count, messages: 4000, dkimPass: 4000, spfPass: 0, pass: 4000 },
      problems: [],
    });
    expect(value.report.records).toHaveLength(count);
    expect(value.report.records.at(-1)).toMatchObject({ sourceIp: '198.51.100.1', count: 2 });
  });

  it.each([1, 2000])('says why a report of %i records is partial', (count) => {
    const value: unknown = JSON.parse(pieces(head + record.repeat(count)).join(''));
    expect(value).toMatchObject({
      outcome: 'partial',
      reason: 'the XML ends before the report does',
      totals: { records: count },
    });
  });

  it('has a reason and no report when there is none', () => {
    const value: unknown = JSON.parse(pieces('unused').join(''));
    expect(value).toEqual({
      file: 'a "file".xml',
      member: 'member.xml',
      outcome: 'not-a-report',
      reason: 'it is not XML',
      problems: [],
    });
  });
});
