import { basename } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filesUnder, type FuzzInput } from '../support/fuzz-inputs.js';
import { chunked, looseReportXml, reportXml } from '../support/report-generator.js';
import { readAll, readBlocks, type WholeReading } from '../support/report-line.js';
import { namespaceOf, oracle } from '../support/report-oracle.js';
import { decodedXml, fastTree, plainXml, saxesTree, type XmlElement } from '../support/xml-trees.js';

const fixtures = filesUnder('fixtures/reports');
const corpus = filesUnder('../shared/corpus').filter(({ name }) => name.endsWith('.xml'));
const parsers: readonly (readonly [string, (xml: string) => XmlElement])[] = [
  ['saxes', saxesTree],
  ['fast-xml-parser', fastTree],
];

/** Where a parser of the tests, not ours, is known to be wrong: the file, and why. */
const faultsOfOthers: readonly (readonly [string, string])[] = [
  ['names-of-object-members.xml', 'fast-xml-parser refuses an element named __proto__'],
];

/** Everything but what is of the bytes themselves. A DOCTYPE is in no tree. */
function essence({ reading, records }: WholeReading): object {
  const { outcome, reason, generation, namespace, header, totals } = reading;
  const problems = reading.problems.filter(({ code }) => code !== 'doctype');
  return { outcome, reason, generation, namespace, header, totals, problems, records };
}

function isWellFormed({ bytes }: FuzzInput): boolean {
  const xml = decodedXml(bytes);
  if (xml === null) return false;
  try {
    saxesTree(xml);
    return true;
  } catch {
    return false;
  }
}

const isComparable = (input: FuzzInput) =>
  isWellFormed(input) && !faultsOfOthers.some(([name]) => name === basename(input.name));

/** We read the document as we read what a strict parser made of it, written down anew in the plainest way. */
function expectSameTree(bytes: Buffer, xml: string): void {
  const ours = essence(readAll([bytes]));
  for (const [name, treeOf] of parsers) {
    expect(essence(readAll([plainXml(treeOf(xml))])), name).toEqual(ours);
  }
}

describe('the same tree as saxes and fast-xml-parser', () => {
  const comparable = [...fixtures, ...corpus].filter(isComparable);

  it('is asked of most fixtures', () => {
    expect(comparable.filter((input) => fixtures.includes(input)).length).toBeGreaterThan(30);
  });

  it.each(comparable)('is found in $name', ({ bytes }) => {
    expectSameTree(bytes, decodedXml(bytes) ?? '');
  });

  it('is found in generated reports in which anything may be missing or stand twice', () => {
    fc.assert(
      fc.property(looseReportXml, (xml) => expectSameTree(Buffer.from(xml), xml)),
      { numRuns: 150 },
    );
  });
});

describe('beside a plain walk of the tree of saxes and of fast-xml-parser', () => {
  it('finds the same in every generated report, wherever its bytes are cut', () => {
    const cuts = fc.array(fc.nat(), { maxLength: 12 });
    fc.assert(
      fc.property(reportXml, cuts, (xml, at) => {
        const { header, records } = readBlocks(chunked(Buffer.from(xml), at));
        for (const [name, treeOf] of parsers) expect({ header, records }, name).toEqual(oracle(treeOf(xml)));
      }),
      { numRuns: 200 },
    );
  });

  it('finds the same in blocks of any size', () => {
    fc.assert(
      fc.property(reportXml, fc.integer({ min: 4, max: 600 }), (xml, blockSize) => {
        const { reading, records } = readAll([xml], { blockSize });
        const tree = saxesTree(xml);
        expect(reading.outcome).toBe('report');
        expect(reading.namespace).toBe(namespaceOf(tree));
        expect({ header: reading.header, records }).toEqual(oracle(tree));
      }),
      { numRuns: 100 },
    );
  });
});

describe.each(fixtures)('$name', ({ bytes }) => {
  it('reads the same cut in two at every byte, and byte by byte', () => {
    const whole = JSON.stringify(readBlocks([bytes]));
    for (let cut = 1; cut < bytes.length; cut++) {
      const halves = [bytes.subarray(0, cut), bytes.subarray(cut)];
      if (JSON.stringify(readBlocks(halves)) !== whole) expect.unreachable(`cut at ${cut} it reads otherwise`);
    }
    expect(JSON.stringify(readBlocks(chunked(bytes, Array.from(bytes.keys()))))).toBe(whole);
  });

  it('hands on only whole records when it ends at any byte', () => {
    const whole = readAll([bytes]).records.map((record) => JSON.stringify(record));
    for (let end = 0; end < bytes.length; end++) {
      const { reading, records } = readAll([bytes.subarray(0, end)]);
      const read = records.map((record) => JSON.stringify(record));
      expect(whole.slice(0, read.length), `ends at ${end}`).toEqual(read);
      if (reading.outcome === 'report') expect(read, `ends at ${end}`).toEqual(whole);
    }
  });
});

describe.each(fixtures.filter(({ bytes }) => decodedXml(bytes) !== bytes.toString()))(
  'transcoded, $name',
  ({ bytes }) => {
    it('reads the same in blocks of any size', () => {
      const whole = JSON.stringify(readAll([bytes]));
      // The first block decides over the encoding, so it has to hold the declaration.
      for (let blockSize = Math.min(512, bytes.length); blockSize < bytes.length; blockSize++) {
        const read = readAll([bytes], { blockSize });
        if (JSON.stringify(read) !== whole) expect.unreachable(`in blocks of ${blockSize} it reads otherwise`);
      }
    });
  },
);
