import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunked, reportXml } from '../support/report-generator.js';
import { readAll, readBlocks } from '../support/report-line.js';
import { oracle } from '../support/report-oracle.js';

const fixtures = resolve(import.meta.dirname, '../../fixtures/reports');
const cuts = fc.array(fc.nat(), { maxLength: 12 });

describe('beside saxes and a plain tree walk', () => {
  it('finds the same in every generated report, wherever its bytes are cut', () => {
    fc.assert(
      fc.property(reportXml, cuts, (xml, at) => {
        const { header, records } = readBlocks(chunked(Buffer.from(xml), at));
        expect({ header, records }).toEqual(oracle(xml));
      }),
      { numRuns: 400 },
    );
  });

  it('finds the same in blocks of any size', () => {
    fc.assert(
      fc.property(reportXml, fc.integer({ min: 4, max: 600 }), (xml, blockSize) => {
        const { reading, records } = readAll([xml], { blockSize });
        expect(reading.outcome).toBe('report');
        expect(records).toEqual(oracle(xml).records);
      }),
      { numRuns: 100 },
    );
  });
});

describe.each([
  'plain/rfc9990-with-namespace.xml',
  'quirks/comments-cdata-and-attributes.xml',
  'quirks/unescaped-ampersand-and-less-than.xml',
])('%s', (name) => {
  const bytes = readFileSync(resolve(fixtures, name));
  const whole = readBlocks([bytes]);

  it('reads the same cut in two at every byte', () => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(readBlocks([bytes.subarray(0, cut), bytes.subarray(cut)]), `cut at ${cut}`).toEqual(whole);
    }
  });

  it('reads the same byte by byte', () => {
    expect(readBlocks(chunked(bytes, Array.from(bytes.keys())))).toEqual(whole);
  });

  it('hands on only whole records when it ends at any byte', () => {
    for (let end = 0; end < bytes.length; end++) {
      const { reading, records } = readAll([bytes.subarray(0, end)]);
      expect(whole.records.slice(0, records.length), `ends at ${end}`).toEqual(records);
      if (reading.outcome === 'report') expect(records, `ends at ${end}`).toEqual(whole.records);
    }
  });
});
