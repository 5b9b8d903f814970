import { describe, expect, it } from 'vitest';
import { limits } from '../../src/config/limits.js';
import type { Reading, ReportRecord } from '../../src/model/report.js';
import { readAll } from '../support/report-line.js';
import { checkLine, checkReading, documentedCodes } from '../support/report-invariants.js';

const xml =
  '<feedback><report_metadata><org_name>mx.example</org_name><report_id>1</report_id><date_range><begin>1704067200</begin>' +
  '<end>1704153599</end></date_range></report_metadata><policy_published><domain>example.org</domain></policy_published>' +
  '<record><row><source_ip>2001:db8::1</source_ip><count>3</count><policy_evaluated><dkim>pass</dkim></policy_evaluated></row>' +
  '<identifiers><header_from>example.org</header_from></identifiers></record></feedback>';
const { reading, records } = readAll([xml]);

const withRecord = (change: Partial<ReportRecord>) => records.map((record) => ({ ...record, ...change }));
const withReading = (change: Partial<Reading>) => ({ ...reading, ...change });
const totals = { records: 1, messages: 3, dkimPass: 3, spfPass: 0, pass: 3 };

describe('what holds of every reading', () => {
  it('holds of a plain report', () => {
    checkReading(reading, records, limits);
    expect(reading.totals).toEqual(totals);
  });

  it.each([
    ['an address that is not in its one form', { sourceIp: '2001:DB8::1' }, /source IP/],
    ['no address', { sourceIp: '198.51.100.256' }, /source IP/],
    ['a count of 0', { count: 0 }, /count/],
    ['a count over the bound', { count: limits.count + 1 }, /count/],
    ['a word in capitals', { dkim: 'Pass' }, /word Pass/],
    ['a domain in capitals', { headerFrom: 'Example.org' }, /Example/],
    ['a text with blanks around it', { envelopeTo: ' example.org' }, /example/],
    [
      'a text that is too long',
      { reasons: [{ type: null, comment: 'x'.repeat(limits.textChars + 1) }] },
      /1025 characters/,
    ],
  ])('is broken by a record with %s', (_, change, message) => {
    expect(() => checkReading(reading, withRecord(change), limits)).toThrow(message);
  });

  it.each([
    ['totals that are not the sum of the records', withReading({ totals: { ...totals, messages: 4 } })],
    ['a report without a header', withReading({ header: null })],
    ['half a report without a reason', withReading({ outcome: 'partial' })],
    ['a code that no page explains', withReading({ problems: [{ code: 'odd', where: '', detail: '' }] })],
    ['a line end in a detail', withReading({ problems: [{ code: 'repeated', where: '', detail: 'a\nb' }] })],
  ])('is broken by %s', (_, changed) => {
    expect(() => checkReading(changed, records, limits)).toThrow();
  });

  it('is broken by a line that says something else', () => {
    const line = (count: number) =>
      `${JSON.stringify({ outcome: 'report', report: { records: withRecord({ count }) }, problems: reading.problems })}\n`;
    checkLine(line(3), reading, records);
    expect(() => checkLine(line(4), reading, records)).toThrow();
    expect(() => checkLine(`${line(3)}\n`, reading, records)).toThrow();
  });

  it('knows the codes of the page', () => {
    for (const code of ['encoding', 'bare-less-than', 'truncated', 'bad-base64'])
      expect(documentedCodes).toContain(code);
    expect(documentedCodes).not.toContain('identities');
  });
});
