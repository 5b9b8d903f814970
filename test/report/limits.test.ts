import { describe, expect, it } from 'vitest';
import { limits, type Limits } from '../../src/config/limits.js';
import { readAll, readBlocks, type WholeReading } from '../support/report-line.js';

const address = '<source_ip>198.51.100.1</source_ip>';
const row = (count: string, inner = '') =>
  `<record><row>${address}<count>${count}</count><policy_evaluated><dkim>pass</dkim>${inner}</policy_evaluated></row>` +
  '<identifiers><header_from>example.org</header_from></identifiers></record>';
const comment = (text: string) => row('1', `<reason><comment>${text}</comment></reason>`);
const verdict = (text: string) =>
  `<record><row>${address}<count>1</count><policy_evaluated><dkim>${text}</dkim><spf>fail</spf></policy_evaluated></row>` +
  '<identifiers><header_from>example.org</header_from></identifiers></record>';
const from = (domain: string) =>
  `<record><row>${address}<count>1</count><policy_evaluated><dkim>pass</dkim></policy_evaluated></row>` +
  `<identifiers><header_from>${domain}</header_from></identifiers></record>`;
const wrap = (body: string, policy = '<domain>example.org</domain>') =>
  '<feedback><report_metadata><org_name>o</org_name><report_id>r</report_id><date_range><begin>1</begin><end>2</end></date_range></report_metadata>' +
  `<policy_published>${policy}</policy_published>${body}</feedback>`;
const codes = ({ reading }: WholeReading) => reading.problems.map(({ code }) => code);
const countsOf = ({ records }: WholeReading) => records.map(({ count }) => count);

/** With blocks of five bytes every tag, text and character stands on a border. */
describe.each([
  ['in one block', undefined],
  ['in blocks of five bytes', 5],
])('bounds of a report that comes %s', (_name, blockSize) => {
  const readXml = (xml: string, lowered: Partial<Limits> = {}) =>
    readAll([xml], { limits: { ...limits, ...lowered }, ...(blockSize !== undefined && { blockSize }) });
  const read = (body: string, lowered: Partial<Limits> = {}) => readXml(wrap(body), lowered);

  it('reads as many records as the bound allows', () => {
    const whole = read(row('1') + row('2'), { records: 2 });
    expect(whole.reading.outcome).toBe('report');
    expect(countsOf(whole)).toEqual([1, 2]);
  });

  it('is partial with one record more, and keeps those before', () => {
    const whole = read(row('1') + row('2') + row('3'), { records: 2 });
    expect(whole.reading).toMatchObject({ outcome: 'partial', reason: 'there are more than 2 records' });
    expect(countsOf(whole)).toEqual([1, 2]);
  });

  it('counts records that are left out against the bound', () => {
    expect(read(row('0') + row('2') + row('3'), { records: 2 }).reading).toMatchObject({
      outcome: 'partial',
      totals: { records: 1, messages: 2 },
    });
  });

  it.each([
    ['é'.repeat(1024), 'é'.repeat(1024)],
    ['&#233;'.repeat(1024), 'é'.repeat(1024)],
    [`${'x'.repeat(1023)}<![CDATA[y]]>`, `${'x'.repeat(1023)}y`],
    [`  ${'x'.repeat(1024)}\n\t `, 'x'.repeat(1024)],
  ])('keeps a free text of the longest length whole (%#)', (text, kept) => {
    const whole = read(comment(text));
    expect(whole.records[0]?.reasons[0]?.comment).toBe(kept);
    expect(codes(whole)).not.toContain('text-cut');
  });

  it.each([
    ['x'.repeat(1025), 'x'.repeat(1024)],
    [`${'x'.repeat(1024)}<!-- -->y`, 'x'.repeat(1024)],
    [`${'x'.repeat(1024)}&amp;`, 'x'.repeat(1024)],
    [`${'x'.repeat(1024)}${'y'.repeat(100_000)}`, 'x'.repeat(1024)],
    [`${'x'.repeat(1023)}𝄞`, 'x'.repeat(1023)],
  ])('cuts a longer one, never in the middle of a character, and notes it (%#)', (text, kept) => {
    const { reading, records } = read(comment(text));
    expect(records[0]?.reasons[0]?.comment).toBe(kept);
    expect(reading.problems).toContainEqual(
      expect.objectContaining({ code: 'text-cut', where: 'record[1]/row/policy_evaluated/reason/comment' }),
    );
  });

  it('keeps a name of the longest length whole, in a record and in the policy', () => {
    const longest = `${'a'.repeat(limits.nameChars - '.example'.length)}.example`;
    const whole = readXml(wrap(from(longest), `<domain>${longest}</domain>`));
    expect(whole.records[0]?.headerFrom).toBe(longest);
    expect(whole.reading.header?.policy.domain).toBe(longest);
    expect(codes(whole)).not.toContain('text-cut');
  });

  it('cuts a name with one character more and notes it', () => {
    const longer = 'a'.repeat(limits.nameChars + 1);
    const { reading, records } = readXml(wrap(from(longer), `<domain>${longer}</domain>`));
    expect(records[0]?.headerFrom).toBe(`${'a'.repeat(254)}…`);
    expect(reading.header?.policy.domain).toBe(`${'a'.repeat(254)}…`);
    const cuts = reading.problems.filter(({ code }) => code === 'text-cut');
    expect(cuts.map(({ where }) => where)).toEqual(['policy_published/domain', 'record[1]/identifiers/header_from']);
  });

  it('cuts no free text where a name would be cut', () => {
    const text = 'x'.repeat(limits.nameChars + 1);
    const whole = read(`<generator>${text}</generator>${comment(text)}`);
    expect(whole.reading.header?.generator).toBe(text);
    expect(whole.records[0]?.reasons[0]?.comment).toBe(text);
    expect(codes(whole)).not.toContain('text-cut');
  });

  it.each([1, 300, 2000, 20_000])('cuts no verdict into a pass when %i blanks stand in it', (blanks) => {
    const { reading } = read(verdict(`pass${' '.repeat(blanks)}ed`));
    expect(reading.totals).toMatchObject({ records: 1, pass: 0 });
    expect(reading.problems).not.toEqual([]);
  });

  it('keeps as many reasons as the bound allows and notes one more', () => {
    const reasons = (count: number) => read(row('1', '<reason/>'.repeat(count)));
    const atBound = reasons(limits.reasons);
    expect(atBound.records[0]?.reasons).toHaveLength(20);
    expect(codes(atBound)).not.toContain('list-cut');
    const past = reasons(limits.reasons + 1);
    expect(past.records[0]?.reasons).toHaveLength(20);
    expect(past.reading.problems).toContainEqual(
      expect.objectContaining({ code: 'list-cut', where: 'record[1]/row/policy_evaluated/reason' }),
    );
  });

  it.each(['dkim', 'spf'] as const)('keeps as many %s results as the bound allows and notes one more', (kind) => {
    const results = (count: number) => {
      const list = `<${kind}><result>fail</result></${kind}>`.repeat(count);
      return read(row('1').replace('</record>', `<auth_results>${list}</auth_results></record>`));
    };
    const atBound = results(limits.authResults);
    expect(atBound.records[0]?.auth[kind]).toHaveLength(100);
    expect(codes(atBound)).not.toContain('list-cut');
    const past = results(limits.authResults + 1);
    expect(past.records[0]?.auth[kind]).toHaveLength(100);
    expect(past.reading.problems).toContainEqual(
      expect.objectContaining({ code: 'list-cut', where: `record[1]/auth_results/${kind}` }),
    );
  });

  it('keeps as many errors as the bound allows and notes one more', () => {
    const errors = (count: number) => read('<error>no record</error>'.repeat(count) + row('1'));
    const atBound = errors(limits.reportErrors);
    expect(atBound.reading.header?.errors).toHaveLength(20);
    expect(codes(atBound)).not.toContain('list-cut');
    const past = errors(limits.reportErrors + 1);
    expect(past.reading.header?.errors).toHaveLength(20);
    expect(codes(past)).toContain('list-cut');
  });

  it('takes a count at the bound as it is and caps one above', () => {
    const whole = read(row('1000000000') + row('1000000001'));
    expect(countsOf(whole)).toEqual([1_000_000_000, 1_000_000_000]);
    expect(whole.reading.problems).toEqual([
      { code: 'count-capped', where: 'record[2]/row/count', detail: '1000000001' },
    ]);
  });

  it('keeps exact sums of the largest counts', () => {
    expect(read(row('9'.repeat(200)).repeat(3)).reading.totals).toMatchObject({ records: 3, messages: 3_000_000_000 });
  });

  it('reads elements to the deepest depth', () => {
    const inner = limits.xmlDepth - 1;
    const whole = read('<a>'.repeat(inner) + '</a>'.repeat(inner) + row('7'));
    expect(whole.reading.outcome).toBe('report');
    expect(countsOf(whole)).toEqual([7]);
  });

  it('stops one deeper and keeps the records before', () => {
    const inner = limits.xmlDepth;
    const whole = read(row('7') + '<a>'.repeat(inner) + '</a>'.repeat(inner) + row('8'));
    expect(whole.reading).toMatchObject({ outcome: 'partial', reason: 'elements are nested more than 64 deep' });
    expect(countsOf(whole)).toEqual([7]);
  });

  it('counts an element without content as one deeper too', () => {
    const inner = limits.xmlDepth - 1;
    expect(read(`${'<a>'.repeat(inner)}<b/>${'</a>'.repeat(inner)}`).reading.outcome).toBe('partial');
  });

  it('keeps a tenth of the bound of problems of each code, so that a flood does not hide the rest', () => {
    const atBound = read(row('0').repeat(10));
    expect(codes(atBound)).toEqual(new Array(10).fill('null-row'));
    const past = read(row('0').repeat(12) + row('-1'));
    expect(codes(past)).toEqual([...new Array<string>(10).fill('null-row'), 'negative-count', 'more-problems']);
    expect(past.reading.problems.at(-1)).toEqual({ code: 'more-problems', where: '', detail: 'null-row 2' });
  });

  it('keeps as many problems as the bound allows, the sum of the others included', () => {
    const two = row('0') + row('x');
    expect(codes(read(two, { problems: 3 }))).toEqual(['null-row', 'bad-count']);
    expect(codes(read(two + row('-1'), { problems: 3 }))).toEqual(['null-row', 'bad-count', 'more-problems']);
    expect(codes(read(two + row('-1') + row(''), { problems: 3 }))).toEqual(['null-row', 'bad-count', 'more-problems']);
  });

  it('keeps a bounded part of a value in a problem', () => {
    const { reading } = read(from(`${'A'.repeat(1000)}.example`));
    expect(reading.problems.length).toBeGreaterThan(0);
    for (const { detail } of reading.problems) expect(detail.length).toBeLessThan(500);
  });
});

describe('bounds of a token that comes byte by byte', () => {
  const countsAfter = (token: string, xmlTokenBytes: number) => {
    const blocks = Array.from(Buffer.from(wrap(row('1') + token + row('2'))), (byte) => Buffer.from([byte]));
    return readBlocks(blocks, { ...limits, xmlTokenBytes }).records.map(({ count }) => count);
  };

  /** Its last byte makes it whole: one byte less has to be kept. */
  it.each([
    ['start tag', (length: number) => `<a b="${'x'.repeat(length - 9)}"/>`],
    ['end tag', (length: number) => `</a${' '.repeat(length - 4)}>`],
  ])('waits for the end of a %s as long as it may be and no longer', (_name, tag) => {
    expect(tag(2001)).toHaveLength(2001);
    expect(countsAfter(tag(2001), 2000)).toEqual([1, 2]);
    expect(countsAfter(tag(2002), 2000)).toEqual([1]);
  });

  it.each([
    ['comment', `<!--${'-'.repeat(5000)}-->`],
    ['CDATA piece', `<![CDATA[${']'.repeat(5000)}]]>`],
    ['processing instruction', `<?a ${'?'.repeat(5000)}?>`],
    ['text', 'x'.repeat(5000)],
  ])('jumps over a %s of any length', (_name, token) => {
    expect(countsAfter(token, 2000)).toEqual([1, 2]);
  });
});

it('says of a tag that is too long how long it may be', () => {
  const xml = wrap(`${row('1')}<a b="${'x'.repeat(2200)}"/>`);
  const { reading } = readAll([xml], { limits: { ...limits, xmlTokenBytes: 2000 }, blockSize: 100 });
  expect(reading).toMatchObject({ outcome: 'partial', reason: 'a tag is longer than 2000 bytes' });
});

it('does not look for a report in a file for longer than a tag may be', () => {
  const lowered = { ...limits, xmlTokenBytes: 1000 };
  const late = (before: number) =>
    readAll([`<!--${' '.repeat(before - 7)}-->${wrap(row('1'))}`], { limits: lowered, blockSize: 100 });
  expect(late(1000).reading.outcome).toBe('report');
  // The block that passes the bound is still read: it ends at byte 1100, and the root's start tag has ten bytes.
  expect(late(1090).reading.outcome).toBe('report');
  expect(late(1091).reading.outcome).toBe('not-a-report');
});
