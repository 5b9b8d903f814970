import { describe, expect, it } from 'vitest';
import { openRandom, type Random } from '../../src/demo/random.js';
import { filesUnder, generatedReports, type FuzzInput } from '../support/fuzz-inputs.js';
import { changedOnce } from '../support/mutation.js';
import { readAll, type WholeReading } from '../support/report-line.js';
import { decodedXml, saxesFault } from '../support/xml-trees.js';

/** The mends of XML that we chose: what is not well-formed is read as a report only under one of these codes. */
const mends: readonly string[] = [
  'bad-reference',
  'bare-ampersand',
  'bare-less-than',
  'control-character',
  'doctype',
  'encoding',
  'html-entity',
  'leading-content',
  'missing-bracket',
  'missing-root-end',
  'not-utf8',
  'stray-end-tag',
  'trailing-content',
  'unclosed-element',
  'unknown-entity',
  'wrapper-element',
];

const wrongBytes = 'the bytes are not in the encoding that they declare';

/** What saxes calls wrong and nobody is told of, though it may touch a value: its message, and why. */
const notNoted: readonly (readonly [RegExp, string])[] = [
  [new RegExp(wrongBytes), 'an element whose name is damaged is one that we do not know; a damaged text is noted'],
  [/attribute|whitespace between attributes/, 'attributes are ignored, so their damage is too'],
  [/^malformed name|^unbound namespace prefix/, 'prefixes are dropped'],
  [/^malformed comment/, 'a comment ends at its mark, and nothing in it is read'],
  [/^processing instruction|processing instruction name/, 'it ends at its mark, and nothing in it is read'],
  [/XML declaration|^version number|^encoding value|^standalone value/, 'of a declaration only its encoding is read'],
  [/^expected (?:one of|the name) |^value (?:required|must be quoted)|^whitespace required/, 'the same'],
  [/^the string "]]>"/, 'it means itself, and so it is kept'],
  [/^disallowed character\.$/, 'control characters are noted where a text is read, and nowhere else'],
  [/^text data outside/, 'what stands before a report is not read; what stands behind it is noted'],
  [/in closing tag/, 'an end tag is known by its name, whatever stands behind it'],
];

/** Documents of one fault each, and the code that tells of it. */
const faults: readonly (readonly [fault: string, xml: string, code: string])[] = [
  ['a bare ampersand', report('<org_name>R&D</org_name>'), 'bare-ampersand'],
  ['a bare less-than sign', report('<org_name>1 < 2</org_name>'), 'bare-less-than'],
  ['a control character', report('<org_name>a\u0001b</org_name>'), 'control-character'],
  ['an entity of HTML', report('<org_name>R&auml;d</org_name>'), 'html-entity'],
  ['an undeclared entity', report('<org_name>&who;</org_name>'), 'unknown-entity'],
  ['a character that cannot be', report('<org_name>a&#0;b</org_name>'), 'bad-reference'],
  ['half a surrogate pair', report('<org_name>a&#xD800;b</org_name>'), 'bad-reference'],
  ['an end tag without its bracket', report('<org_name>a</org_name<email>a</email>'), 'missing-bracket'],
  ['an end tag too many', report('<org_name>a</org_name></b>'), 'stray-end-tag'],
  ['an end tag too few', report('<org_name>a<email>a</email>'), 'unclosed-element'],
  ['a last end tag without its bracket', report('').slice(0, -1), 'missing-root-end'],
  ['a text before the report', `junk${report('')}`, 'leading-content'],
  ['a text behind the report', `${report('')}junk`, 'trailing-content'],
  ['an element around it that never ends', `<xs:schema>${report('')}`, 'wrapper-element'],
  ['a DOCTYPE inside the report', report('<!DOCTYPE a>'), 'doctype'],
];

function report(metadata: string): string {
  return `<feedback><report_metadata><report_id>1</report_id>${metadata}</report_metadata></feedback>`;
}

function codesOf({ reading }: WholeReading): string[] {
  return reading.problems.map(({ code }) => code);
}

/** What saxes refuses in the bytes, or null. */
function faultOf(bytes: Buffer): string | null {
  const xml = decodedXml(bytes);
  return xml === null ? wrongBytes : saxesFault(xml);
}

/** The bytes without what nobody is told of: prefixes that do not pair, and an ampersand in a text that is not read. */
function withoutSmallFaults(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1');
  const plain = text
    .replace(/(<\/?)[\w\x80-\xff.-]{1,20}:(?=[\w\x80-\xff])/g, '$1')
    .replace(/&(?!(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z]{1,8});)/gi, '&amp;');
  return Buffer.from(plain, 'latin1');
}

function valuesOf({ reading, records }: WholeReading): string {
  return JSON.stringify([reading.header, reading.totals, records]);
}

/** A report that saxes refuses and that we read without a word; null: there is no such thing here. */
function silentFault(bytes: Buffer): string | null {
  const ours = readAll([bytes]);
  if (ours.reading.outcome !== 'report' || codesOf(ours).some((code) => mends.includes(code))) return null;
  return faultOf(bytes) === null ? null : faultOf(withoutSmallFaults(bytes));
}

describe('what saxes refuses and we read as a report', () => {
  const documents = [...filesUnder('fixtures/reports'), ...filesUnder('../shared/corpus')].filter(({ name }) =>
    name.endsWith('.xml'),
  );

  it.each(faults)('is told of: %s', (_, xml, code) => {
    const bytes = Buffer.from(xml);
    expect(faultOf(bytes)).not.toBeNull();
    const ours = readAll([bytes]);
    expect(ours.reading.outcome).toBe('report');
    expect(codesOf(ours)).toContain(code);
  });

  it.each(documents)('is told of in $name, or is on the list of what is not noted', ({ bytes }) => {
    const fault = silentFault(bytes);
    expect(fault === null || isOnList(fault), fault ?? '').toBe(true);
  });

  it('is told of in mutants, or changed nothing, or is on the list of what is not noted', { timeout: 120_000 }, () => {
    const inputs = [...filesUnder('fixtures/reports'), ...generatedReports(100)];
    const readings = new Map(inputs.map((input) => [input, valuesOf(readAll([input.bytes]))]));
    const silent: string[] = [];
    let refused = 0;
    for (let index = 0; index < 6000; index++) {
      const random = openRandom('mends', index);
      const input = oneOf(random, inputs);
      const bytes = changedOnce(random, input.bytes, oneOf(random, inputs).bytes);
      const fault = silentFault(bytes);
      if (fault === null) continue;
      refused += 1;
      if (valuesOf(readAll([bytes])) === readings.get(input)) continue;
      if (!isOnList(fault)) silent.push(`${index}, ${input.name}: ${fault}`);
    }
    expect(silent).toEqual([]);
    expect(refused).toBeGreaterThan(100);
  });
});

function isOnList(fault: string): boolean {
  return notNoted.some(([message]) => message.test(fault));
}

function oneOf(random: Random, inputs: readonly FuzzInput[]): FuzzInput {
  const input = inputs[random.integer(inputs.length)];
  if (input === undefined) throw new Error('there is no input');
  return input;
}
