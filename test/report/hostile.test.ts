import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAll, readBlocks } from '../support/report-line.js';

const fixtures = resolve(import.meta.dirname, '../../fixtures/reports');
const seeds = [
  'plain/rfc7489-two-rows.xml',
  'plain/prefixed-names.xml',
  'quirks/comments-cdata-and-attributes.xml',
  'quirks/utf-16-with-byte-order-mark.xml',
].map((name) => readFileSync(resolve(fixtures, name)));

const outcomes = ['report', 'partial', 'tls-report', 'not-a-report', 'malformed'];
const splice = fc.record({
  at: fc.nat(5000),
  remove: fc.nat(40),
  insert: fc.oneof(
    fc.constantFrom(
      '<',
      '>',
      '&',
      '</',
      '<!--',
      '-->',
      ']]>',
      '<![CDATA[',
      '<!DOCTYPE [',
      '"',
      '=',
      '<record>',
      '</feedback>',
      '\0',
      '\u00ff',
      '&#x0;',
      '&#99999999;',
    ),
    fc.string({ maxLength: 5 }),
  ),
});

function mutated(seed: Buffer, splices: readonly { at: number; remove: number; insert: string }[]): Buffer {
  return splices.reduce((bytes, { at, remove, insert }) => {
    const place = at % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, place), Buffer.from(insert, 'latin1'), bytes.subarray(place + remove)]);
  }, seed);
}

describe('hostile bytes', () => {
  it('end in an outcome with sums that agree with the rows, whatever is changed in a report', () => {
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.array(splice, { minLength: 1, maxLength: 8 }), (seed, splices) => {
        const { reading, records } = readAll([mutated(seed, splices)]);
        expect(outcomes).toContain(reading.outcome);
        expect(reading.header === null).toBe(!['report', 'partial'].includes(reading.outcome));
        expect(reading.reason === '').toBe(reading.outcome === 'report');
        expect(reading.totals.records).toBe(records.length);
        expect(reading.totals.messages).toBe(records.reduce((sum, { count }) => sum + count, 0));
        expect(reading.problems.length).toBeLessThanOrEqual(100);
      }),
      { numRuns: 1500 },
    );
  });

  it('read the same in one block and in blocks of one byte, whatever is changed in a report', () => {
    fc.assert(
      fc.property(fc.nat(2), fc.array(splice, { minLength: 1, maxLength: 4 }), (seed, splices) => {
        const bytes = mutated(seeds[seed] ?? Buffer.alloc(0), splices);
        const single = Array.from(bytes.keys(), (at) => bytes.subarray(at, at + 1));
        expect(readBlocks(single)).toEqual(readBlocks([bytes]));
      }),
      { numRuns: 150 },
    );
  });

  it('end in an outcome when they are nothing in particular', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(outcomes).toContain(readAll([Buffer.from(bytes)]).reading.outcome);
      }),
    );
  });
});

const size = 8 * 1024 * 1024;
const start = '<feedback><report_metadata><report_id>r-1</report_id><org_name>';
/** Each of these is quadratic in some reader that looks back, or ahead for an end that never comes. */
const storms: Readonly<Record<string, string>> = {
  'less-than signs': '<',
  'tags that never end': '<a ',
  'end tags that never end': '</',
  'end tags of nothing': '</x>',
  'end tags with blanks': '</x ',
  'quotes that never end': '<a b="',
  ampersands: '&',
  'references that never end': '&#x0',
  'comments in a comment': '<!-- ',
  comments: '<!---->',
  'CDATA sections': '<![CDATA[x]]>',
  'unclosed CDATA sections': '<![CDATA[',
  instructions: '<?',
  'instructions with a name': '<?a',
  doctypes: '<!DOCTYPE [',
  declarations: '<!',
  'empty elements': '<a/>',
  leaves: '<email>x</email>',
  'unclosed leaves': '<email>',
  blanks: ' ',
  'angle brackets': '<>',
  'square brackets': '[]',
  'bytes that are no UTF-8': '\u00e9',
  'control characters': '\u0001',
  'final dots': '.',
  'percent signs': '%\n',
};

describe.each(Object.entries(storms))('8 MB of %s', (_name, piece) => {
  const storm = Buffer.alloc(size, Buffer.from(piece, 'latin1'));

  it.each([
    ['before anything', ''],
    ['in a text', start],
    ['in a DOCTYPE', '<!DOCTYPE a'],
  ])('%s end in an outcome', (_where, before) => {
    const { reading } = readAll([before, storm, '</feedback>']);
    expect(outcomes).toContain(reading.outcome);
    expect(reading.bytes).toBe(before.length + size + 11);
  });
});

/** Values as long as we keep them, of what a careless pattern goes over again and again. */
it.each(['.', '&gt;', '&lt;', '%', '%\n', '@', '[', ' a', '&#32;', '1', '-', ':'])(
  '8 MB of rows full of values of %j end in an outcome',
  (piece) => {
    const value = piece.repeat(4096 / piece.length);
    const row =
      `<record><row><source_ip>${value}</source_ip><count>1</count></row></record>` +
      `<record><row><source_ip>203.0.113.1</source_ip><count>1</count></row><identifiers><header_from>${value}a${value}</header_from></identifiers></record>` +
      `<record><row><source_ip>203.0.113.1</source_ip><count>${value}</count></row></record>`;
    const { reading } = readAll([start, '</org_name></report_metadata>', row.repeat(size / row.length), '</feedback>']);
    expect(reading.outcome).toBe('report');
  },
);

it('a tag without end that comes in chunks of one byte ends in an outcome', () => {
  const { reading } = readAll([start, ...Array.from({ length: 300_000 }, () => 'a')]);
  expect(reading).toMatchObject({ outcome: 'partial', header: { reportId: 'r-1' } });
});
