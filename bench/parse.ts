import { createHash } from 'node:crypto';
import { XMLParser } from 'fast-xml-parser';
import { SaxesParser } from 'saxes';
import { limits } from '../src/config/limits.js';
import { AggregateReader } from '../src/report/aggregate.js';
import { nameOf } from '../src/report/names.js';
import { ProblemList } from '../src/report/problems.js';
import { ReportReader } from '../src/report/report.js';

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

/** Deterministic: the same numbers give the same bytes. */
function generate(count: number, isPretty: boolean): Buffer {
  let seed = 42;
  const below = (max: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * max);
  };
  const parts: Buffer[] = [Buffer.from(`<?xml version="1.0" encoding="UTF-8" ?>\n<feedback>\n${head}`)];
  for (let index = 0; index < count; index++) parts.push(Buffer.from(recordXml(below)));
  parts.push(Buffer.from('</feedback>\n'));
  const pretty = Buffer.concat(parts);
  return isPretty ? pretty : Buffer.from(pretty.toString().replace(/\n\s*/g, ''));
}

const head = `  <version>1.0</version>
  <report_metadata>
    <org_name>receiver.example.net</org_name>
    <email>dmarc@receiver.example.net</email>
    <report_id>8293631894893125362</report_id>
    <date_range>
      <begin>1704067200</begin>
      <end>1704153599</end>
    </date_range>
  </report_metadata>
  <policy_published>
    <domain>example.org</domain>
    <adkim>r</adkim>
    <aspf>r</aspf>
    <p>none</p>
    <sp>none</sp>
    <pct>100</pct>
  </policy_published>
`;

function recordXml(below: (max: number) => number): string {
  const ip = below(5) === 0 ? `2001:db8:${below(65536).toString(16)}::${1 + below(9999)}` : `198.51.100.${below(256)}`;
  const verdict = () => (below(10) < 7 ? 'pass' : 'fail');
  const reason =
    below(8) === 0
      ? `${line(8, '<reason>')}${leaf(10, 'type', 'forwarded')}${leaf(10, 'comment', 'looks forwarded &amp; known')}${line(8, '</reason>')}`
      : '';
  const dkim = Array.from(
    { length: below(4) },
    () =>
      `${line(6, '<dkim>')}${leaf(8, 'domain', 'mail.example.org')}${leaf(8, 'selector', `s${below(9)}`)}${leaf(8, 'result', verdict())}${line(6, '</dkim>')}`,
  );
  return (
    `${line(2, '<record>')}${line(4, '<row>')}${leaf(6, 'source_ip', ip)}${leaf(6, 'count', String(1 + below(40)))}` +
    `${line(6, '<policy_evaluated>')}${leaf(8, 'disposition', 'none')}${leaf(8, 'dkim', verdict())}${leaf(8, 'spf', verdict())}${reason}${line(6, '</policy_evaluated>')}${line(4, '</row>')}` +
    `${line(4, '<identifiers>')}${leaf(6, 'header_from', below(50) === 0 ? 'bücher.example.org' : 'example.org')}${leaf(6, 'envelope_from', 'bounce.example.org')}${line(4, '</identifiers>')}` +
    `${line(4, '<auth_results>')}${dkim.join('')}${line(6, '<spf>')}${leaf(8, 'domain', 'bounce.example.org')}${leaf(8, 'scope', 'mfrom')}${leaf(8, 'result', verdict())}${line(6, '</spf>')}${line(4, '</auth_results>')}${line(2, '</record>')}`
  );
}

function line(indent: number, text: string): string {
  return `${' '.repeat(indent)}${text}\n`;
}

function leaf(indent: number, name: string, text: string): string {
  return line(indent, `<${name}>${text}</${name}>`);
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
  const document = generate(records, isPretty);
  run(`${isPretty ? 'pretty  ' : 'minified'} ${(document.length / 1e6).toFixed(1)} MB`, document);
}
console.log(`resident at the end: ${Math.round(process.memoryUsage().rss / 1e6)} MB`);
