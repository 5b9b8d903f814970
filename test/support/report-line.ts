import { ParseLine } from '../../src/cli/parse-line.js';
import { limits as defaultLimits, type Limits } from '../../src/config/limits.js';
import type { Reading, ReportHeader, ReportRecord } from '../../src/model/report.js';
import type { Problem } from '../../src/model/problem.js';
import type { ContainerEnding } from '../../src/model/report-file.js';
import { AggregateReader } from '../../src/report/aggregate.js';
import { ProblemList } from '../../src/report/problems.js';
import { ReportReader } from '../../src/report/report.js';
import { XmlReader } from '../../src/report/xml-reader.js';

export interface ReadOptions {
  readonly limits?: Limits;
  readonly ending?: ContainerEnding['state'];
  /** Size of the blocks that the reader works in. */
  readonly blockSize?: number;
}

export interface WholeReading {
  readonly reading: Reading;
  readonly records: readonly ReportRecord[];
}

/** Reads chunks and keeps everything. */
export function readAll(chunks: readonly (Buffer | string)[], options: ReadOptions = {}): WholeReading {
  const records: ReportRecord[] = [];
  const reader = new ReportReader({ record: (record) => records.push(record) }, options.limits, options.blockSize);
  for (const chunk of chunks) reader.write(Buffer.from(chunk));
  return { reading: reader.end({ state: options.ending ?? 'complete', problems: [] }), records };
}

/** What `parse` prints for these bytes. */
export function lineOf(bytes: Buffer, file: string): string {
  let text = '';
  const line = new ParseLine(file, null, (piece) => (text += piece));
  const reader = new ReportReader(line);
  reader.write(bytes);
  line.finish(reader.end());
  return text;
}

/** What the tokenizer and the mapping make of blocks exactly as they are cut. */
export function readBlocks(
  blocks: readonly Buffer[],
  limits: Limits = defaultLimits,
): {
  readonly header: ReportHeader;
  readonly records: readonly ReportRecord[];
  readonly problems: readonly Problem[];
} {
  const records: ReportRecord[] = [];
  const problems = new ProblemList(limits.problems);
  const report = new AggregateReader({ record: (record) => records.push(record) }, limits, problems);
  const xml = new XmlReader(report, limits);
  for (const block of blocks) xml.write(block);
  xml.end();
  return { header: report.finalHeader(), records, problems: problems.list() };
}
