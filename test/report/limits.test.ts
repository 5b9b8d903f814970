import { describe, expect, it } from 'vitest';
import { limits, type Limits } from '../../src/config/limits.js';
import { readAll } from '../support/report-line.js';

const row = (count: string, inner = '') =>
  `<record><row><source_ip>198.51.100.1</source_ip><count>${count}</count><policy_evaluated><dkim>pass</dkim>${inner}</policy_evaluated></row>` +
  '<identifiers><header_from>example.org</header_from></identifiers></record>';
const wrap = (body: string) =>
  '<feedback><report_metadata><org_name>o</org_name><report_id>r</report_id><date_range><begin>1</begin><end>2</end></date_range></report_metadata>' +
  `<policy_published><domain>example.org</domain></policy_published>${body}</feedback>`;
const read = (body: string, lowered: Partial<Limits>, chunk = Number.MAX_SAFE_INTEGER) => {
  const xml = wrap(body);
  const chunks = Array.from({ length: Math.ceil(xml.length / chunk) }, (_, index) =>
    xml.slice(index * chunk, (index + 1) * chunk),
  );
  return readAll(chunks, { limits: { ...limits, ...lowered } });
};
const codes = (problems: readonly { readonly code: string }[]) => problems.map(({ code }) => code);

describe('bounds of a report', () => {
  it('reads as many records as the bound allows', () => {
    const { reading, records } = read(row('1') + row('2'), { records: 2 });
    expect(reading.outcome).toBe('report');
    expect(records.map(({ count }) => count)).toEqual([1, 2]);
  });

  it('is partial with one record more, and keeps those before', () => {
    const { reading, records } = read(row('1') + row('2') + row('3'), { records: 2 });
    expect(reading).toMatchObject({ outcome: 'partial', reason: 'there are more than 2 records' });
    expect(records.map(({ count }) => count)).toEqual([1, 2]);
  });

  it('keeps a text of the longest length whole', () => {
    const { reading, records } = read(row('1', `<reason><comment>${'é'.repeat(12)}</comment></reason>`), {
      textChars: 12,
    });
    expect(records[0]?.reasons[0]?.comment).toBe('éééééééééééé');
    expect(codes(reading.problems)).not.toContain('text-cut');
  });

  it.each(['x'.repeat(13), `${'x'.repeat(12)}<!-- -->y`, `${'x'.repeat(12)}${'y'.repeat(100_000)}`])(
    'cuts a longer text and notes it',
    (text) => {
      const { reading, records } = read(row('1', `<reason><comment>${text}</comment></reason>`), { textChars: 12 });
      expect(records[0]?.reasons[0]?.comment).toBe('xxxxxxxxxxxx');
      expect(reading.problems).toContainEqual(
        expect.objectContaining({ code: 'text-cut', where: 'record[1]/row/policy_evaluated/reason/comment' }),
      );
    },
  );

  it('keeps as many reasons, results and errors as the bound allows and notes the rest', () => {
    const auth =
      '<record><auth_results><dkim/><dkim/><spf/><spf/></auth_results><row><source_ip>198.51.100.1</source_ip><count>1</count></row></record>';
    const body = `<error>one</error><error>two</error>${row('1', '<reason/><reason/>')}${auth}`;
    const { reading, records } = read(body, { reasons: 1, authResults: 1, reportErrors: 1 });
    expect(reading.header?.errors).toEqual(['one']);
    expect(records[0]?.reasons).toHaveLength(1);
    expect(records[1]?.auth.dkim).toHaveLength(1);
    expect(records[1]?.auth.spf).toHaveLength(1);
    expect(codes(reading.problems).filter((code) => code === 'list-cut')).toHaveLength(4);
    const atBound = read(body, { reasons: 2, authResults: 2, reportErrors: 2 });
    expect(codes(atBound.reading.problems)).not.toContain('list-cut');
  });

  it('takes a count at the bound as it is and caps one above', () => {
    const { reading, records } = read(row('10') + row('11'), { count: 10 });
    expect(records.map(({ count }) => count)).toEqual([10, 10]);
    expect(reading.problems).toEqual([{ code: 'count-capped', where: 'record[2]/row/count', detail: '11' }]);
  });

  it('reads elements to the deepest depth and stops one deeper', () => {
    const nest = (depth: number) => '<a>'.repeat(depth) + '</a>'.repeat(depth) + row('1');
    expect(read(nest(9), { xmlDepth: 10 }).reading.outcome).toBe('report');
    const deeper = read(row('7') + nest(10), { xmlDepth: 10 });
    expect(deeper.reading).toMatchObject({ outcome: 'partial', reason: 'elements are nested more than 10 deep' });
    expect(deeper.records.map(({ count }) => count)).toEqual([7]);
  });

  it('waits for the end of a tag as long as it may be and no longer', () => {
    const tag = (length: number) => `<a b="${'x'.repeat(length - 8)}"/>`;
    expect(
      readAll([wrap(row('1') + tag(2000))], { limits: { ...limits, xmlTokenBytes: 2000 }, blockSize: 100 }).reading
        .outcome,
    ).toBe('report');
    const longer = readAll([wrap(row('1') + tag(2200))], {
      limits: { ...limits, xmlTokenBytes: 2000 },
      blockSize: 100,
    });
    expect(longer.reading).toMatchObject({ outcome: 'partial', reason: 'a tag is longer than 2000 bytes' });
  });

  it('keeps a few problems of each code, so that a flood does not hide the rest', () => {
    const { reading } = read(row('0').repeat(50) + row('-1'), { problems: 20 });
    expect(codes(reading.problems)).toEqual(['null-row', 'null-row', 'negative-count', 'more-problems']);
    expect(reading.problems.at(-1)).toEqual({ code: 'more-problems', where: '', detail: 'null-row 48' });
  });

  it('never keeps more problems than the bound', () => {
    const { reading } = read(row('0').repeat(9) + row('x') + row('-1') + row(''), { problems: 3 });
    expect(codes(reading.problems)).toEqual(['null-row', 'bad-count', 'more-problems']);
  });

  it('does not look for a report in a file for longer than a tag may be', () => {
    const lowered = { ...limits, xmlTokenBytes: 1000 };
    const late = (before: number) =>
      readAll(['<!--', ' '.repeat(before), '-->', wrap(row('1'))], { limits: lowered, blockSize: 100 });
    expect(late(900).reading.outcome).toBe('report');
    expect(late(2000).reading.outcome).toBe('malformed');
  });
});
