import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { XMLParser } from 'fast-xml-parser';
import { SaxesParser } from 'saxes';
import { limits } from '../src/config/limits.js';
import { AggregateReader } from '../src/report/aggregate.js';
import { nameOf } from '../src/report/names.js';
import { ProblemList } from '../src/report/problems.js';
import { ReportReader } from '../src/report/report.js';
import { reportXml } from './report-xml.js';

/**
 * `tsx bench/parse.ts [records] [rounds] [folder]`: how fast reports in memory become typed records, beside saxes,
 * fast-xml-parser, `gzip -dc | wc -c` and a bare scan for `<`, in turns of one run. `folder` holds real reports (.xml).
 */
const records = Number(process.argv[2] ?? 10_000);
const rounds = Number(process.argv[3] ?? 5);
const folder = process.argv[4];
const chunkBytes = 64 * 1024;
/** fast-xml-parser needs 15 to 42 times the document. */
const wholeDocumentBytes = 100_000_000;

interface Corpus {
  readonly label: string;
  readonly documents: readonly Buffer[];
  /** saxes is strict: it cannot be asked about everything. */
  readonly wellFormed: boolean;
}

/** Reads one document; how many records it has, or null for what does not look at them. */
type Reader = (document: Buffer) => number | null;

function* chunksOf(document: Buffer): Generator<Buffer> {
  for (let at = 0; at < document.length; at += chunkBytes) yield document.subarray(at, at + chunkBytes);
}

const ours: Reader = (document) => {
  const reader = new ReportReader({ record: () => undefined });
  for (const chunk of chunksOf(document)) reader.write(chunk);
  return reader.end().totals.records;
};

/** saxes under our mapping, so that only the tokenizers differ. */
const saxesMapped: Reader = (document) => {
  const report = new AggregateReader({ record: () => undefined }, limits, new ProblemList(limits.problems));
  const parser = new SaxesParser();
  const wanted: boolean[] = [];
  let text = '';
  parser.on('opentag', (tag) => {
    wanted.push(report.open(nameOf(tag.name.slice(tag.name.lastIndexOf(':') + 1)), tag.name));
    text = '';
  });
  parser.on('text', (piece) => (text += piece));
  parser.on('closetag', () => {
    report.close(wanted.pop() === true ? text.trim() : null);
    text = '';
  });
  const decoder = new TextDecoder();
  for (const chunk of chunksOf(document)) parser.write(decoder.decode(chunk, { stream: true }));
  parser.close();
  return report.totals.records;
};

/** Tokens only. */
const saxesBare: Reader = (document) => {
  const parser = new SaxesParser();
  let tokens = 0;
  parser.on('opentag', () => tokens++);
  parser.on('text', () => tokens++);
  parser.on('closetag', () => tokens++);
  const decoder = new TextDecoder();
  for (const chunk of chunksOf(document)) parser.write(decoder.decode(chunk, { stream: true }));
  parser.close();
  return null;
};

/** The whole document at once, and nothing of the mapping. */
const fxp: Reader = (document) => {
  const parser = new XMLParser({ parseTagValue: false, ignoreAttributes: true, removeNSPrefix: true });
  parser.parse(document.toString());
  return null;
};

/** What no reader of XML can beat. */
const scan: Reader = (document) => {
  let found = 0;
  for (let at = document.indexOf(60); at !== -1; at = document.indexOf(60, at + 1)) found++;
  if (found === 0) throw new Error('there is no tag');
  return null;
};

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function readersFor(corpus: Corpus, bytes: number, packed: string): Map<string, () => number | null> {
  const over = (read: Reader) => () =>
    corpus.documents.reduce<number | null>((sum, document) => {
      const count = read(document);
      return sum === null || count === null ? null : sum + count;
    }, 0);
  const readers = new Map([['ruawatch', over(ours)]]);
  if (corpus.wellFormed)
    readers.set('saxes, same mapping', over(saxesMapped)).set('saxes, tokens only', over(saxesBare));
  if (bytes <= wholeDocumentBytes) readers.set('fast-xml-parser', over(fxp));
  readers.set('gzip -dc | wc -c', () => {
    execFileSync('sh', ['-c', 'gzip -dc "$0" | wc -c', packed], { stdio: 'ignore' });
    return null;
  });
  return readers.set('indexOf("<")', over(scan));
}

/** Median seconds of each, after one round that does not count. */
function timesOf(readers: ReadonlyMap<string, () => number | null>): Map<string, number> {
  const times = new Map<string, number[]>([...readers.keys()].map((name) => [name, []]));
  const expected = readers.get('ruawatch')?.();
  for (let round = 0; round <= rounds; round++) {
    for (const [name, read] of readers) {
      const start = performance.now();
      const count = read();
      const seconds = (performance.now() - start) / 1000;
      if (count !== null && count !== expected) throw new Error(`${name} counts otherwise`);
      if (round > 0) times.get(name)?.push(seconds);
    }
  }
  return new Map([...times].map(([name, all]) => [name, median(all)]));
}

function run(corpus: Corpus, scratch: string): void {
  const bytes = corpus.documents.reduce((sum, { length }) => sum + length, 0);
  const count = corpus.documents.reduce((sum, document) => sum + (ours(document) ?? 0), 0);
  const packed = join(scratch, 'report.xml.gz');
  writeFileSync(packed, gzipSync(Buffer.concat(corpus.documents)));
  const times = timesOf(readersFor(corpus, bytes, packed));
  const own = times.get('ruawatch') ?? 0;
  console.log(`\n${corpus.label}: ${(bytes / 1e6).toFixed(1)} MB, ${count} records`);
  for (const [name, seconds] of times) {
    const speed = (bytes / 1e6 / seconds).toFixed(1).padStart(8);
    const rate = Math.round(count / seconds)
      .toLocaleString('en')
      .padStart(10);
    const ratio = name === 'ruawatch' ? '' : `  ruawatch is ${(seconds / own).toFixed(2)} times as fast`;
    console.log(`  ${name.padEnd(20)}${speed} MB/s${rate} records/s${ratio}`);
  }
}

function* corpora(): Generator<Corpus> {
  const pretty = [...reportXml({ records })].join('');
  const shapes: Record<string, string> = {
    pretty,
    'on one line': pretty.replace(/\n\s*/g, ''),
    'with prefixes': pretty
      .replace(/<(\/?)(?=[a-z])/g, '<$1ns1:')
      .replace('ns1:feedback', 'ns1:feedback xmlns:ns1="urn:x"'),
    'CRLF, blanks after texts': pretty.replace(/<\//g, ' </').replace(/\n/g, '\t\r\n'),
    'unknown elements': pretty.replace(/<\/row>/g, '<x_geo>DE</x_geo><x_asn>64496</x_asn></row>'),
    attributes: pretty.replace(/<(header_from|domain|result)>/g, '<$1 lang="en">'),
    'entities and umlauts': pretty.replace(/s\d<\/selector>/g, 'ä &amp; ö</selector>'),
  };
  for (const [label, text] of Object.entries(shapes)) yield { label, documents: [Buffer.from(text)], wellFormed: true };
  if (folder === undefined) return;
  const names = readdirSync(folder).filter((name) => name.endsWith('.xml'));
  const documents = names.map((name) => readFileSync(join(folder, name)));
  yield { label: `${names.length} real reports`, documents, wellFormed: false };
}

const scratch = mkdtempSync(join(tmpdir(), 'ruawatch-bench-'));
try {
  for (const corpus of corpora()) run(corpus, scratch);
} finally {
  rmSync(scratch, { recursive: true });
}
console.log(`\nresident at the end: ${Math.round(process.memoryUsage().rss / 1e6)} MB`);
