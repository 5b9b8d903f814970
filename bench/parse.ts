import { createHash } from 'node:crypto';
import { XMLParser } from 'fast-xml-parser';
import { SaxesParser } from 'saxes';
import { limits } from '../src/config/limits.js';
import { AggregateReader } from '../src/report/aggregate.js';
import { nameOf } from '../src/report/names.js';
import { ProblemList } from '../src/report/problems.js';
import { ReportReader } from '../src/report/report.js';
import { reportXml } from './report-xml.js';

/** `tsx bench/parse.ts [records] [rounds]`: MB/s and records/s of our reader, saxes and fast-xml-parser, interleaved in one run. */
const records = Number(process.argv[2] ?? 10_000);
const rounds = Number(process.argv[3] ?? 5);
const chunkBytes = 64 * 1024;
/** fast-xml-parser needs 15 to 42 times the document. */
const wholeDocumentBytes = 100_000_000;

interface Count {
  records: number;
  messages: number;
}

type Reader = (document: Buffer) => Count;

function documentOf(count: number, isPretty: boolean): Buffer {
  const pretty = [...reportXml({ records: count })].join('');
  return Buffer.from(isPretty ? pretty : pretty.replace(/\n\s*/g, ''));
}

function* chunksOf(document: Buffer): Generator<Buffer> {
  for (let at = 0; at < document.length; at += chunkBytes) yield document.subarray(at, at + chunkBytes);
}

const ours: Reader = (document) => {
  const reader = new ReportReader({ record: () => undefined });
  for (const chunk of chunksOf(document)) reader.write(chunk);
  const { totals } = reader.end();
  return { records: totals.records, messages: totals.messages };
};

/** saxes under the very same mapping, so that only the tokenizers differ. */
const saxes: Reader = (document) => {
  const report = new AggregateReader({ record: () => undefined }, limits, new ProblemList(limits.problems));
  const parser = new SaxesParser();
  const wanted: boolean[] = [];
  const hash = createHash('sha256');
  let text = '';
  parser.on('opentag', (tag) => {
    wanted.push(report.open(nameOf(tag.name), tag.name));
    text = '';
  });
  parser.on('text', (piece) => (text += piece));
  parser.on('closetag', () => {
    report.close(wanted.pop() === true ? text.trim() : null);
    text = '';
  });
  const decoder = new TextDecoder();
  for (const chunk of chunksOf(document)) {
    hash.update(chunk);
    parser.write(decoder.decode(chunk, { stream: true }));
  }
  parser.close();
  const { totals } = report;
  return { records: totals.records, messages: totals.messages };
};

/** The whole document at once, and nothing of the mapping. */
const fxp: Reader = (document) => {
  const parser = new XMLParser({ parseTagValue: false, ignoreAttributes: true, isArray: (name) => name === 'record' });
  const tree = parser.parse(document.toString()) as { feedback: { record: { row: { count: string } }[] } };
  const rows = tree.feedback.record;
  return { records: rows.length, messages: rows.reduce((sum, { row }) => sum + Number(row.count), 0) };
};

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function run(label: string, document: Buffer): void {
  const readers: Record<string, Reader> = { ruawatch: ours, saxes };
  if (document.length <= wholeDocumentBytes) readers['fast-xml-parser'] = fxp;
  const times = new Map<string, number[]>(Object.keys(readers).map((name) => [name, []]));
  const expected = JSON.stringify(ours(document));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, read] of Object.entries(readers)) {
      const start = performance.now();
      if (JSON.stringify(read(document)) !== expected) throw new Error(`${name} counts otherwise`);
      if (round > 0) times.get(name)?.push(performance.now() - start);
    }
  }
  for (const [name, all] of times) {
    const seconds = median(all) / 1000;
    const speed = (document.length / 1e6 / seconds).toFixed(1);
    console.log(
      `${label}  ${name.padEnd(16)} ${speed.padStart(7)} MB/s ${String(Math.round(records / seconds)).padStart(9)} records/s`,
    );
  }
}

for (const isPretty of [true, false]) {
  const document = documentOf(records, isPretty);
  run(`${isPretty ? 'pretty  ' : 'minified'} ${(document.length / 1e6).toFixed(1)} MB`, document);
}
console.log(`resident at the end: ${Math.round(process.memoryUsage().rss / 1e6)} MB`);
