import { createHash } from 'node:crypto';
import { limits as defaultLimits, type Limits } from '../config/limits.js';
import type { Problem } from '../model/problem.js';
import type { Reading, RecordSink, ReportHeader } from '../model/report.js';
import type { ContainerEnding, ReportFile } from '../model/report-file.js';
import { AggregateReader } from './aggregate.js';
import { Blocks } from './blocks.js';
import { encodingOf, type Transcoder } from './encoding.js';
import { verdictOn } from './outcome.js';
import { ProblemList } from './problems.js';
import { XmlReader } from './xml-reader.js';

const blockBytes = 64 * 1024;
const wholeContainer: ContainerEnding = { state: 'complete', problems: [] };

/**
 * Reads one unpacked file to its end; its records go to the sink in the order of the document. `fileName` may help where
 * the report does not say what it is about. Never throws for what the bytes are.
 */
export async function readReport(
  file: ReportFile,
  sink: RecordSink,
  limits: Limits = defaultLimits,
  fileName: string | null = null,
): Promise<Reading> {
  const reader = new ReportReader(sink, limits);
  for await (const chunk of file.chunks) reader.write(chunk);
  return reader.end(file.ending(), fileName);
}

/** Metadata come first and take some hundred bytes. */
const headBlockBytes = 4 * 1024;

/** The end of the report's period, Unix seconds, read no further than it stands; null when the file says none. Never throws for what the bytes are. */
export async function readPeriodEnd(
  file: ReportFile,
  limits: Limits = defaultLimits,
  fileName: string | null = null,
): Promise<number | null> {
  const reader = new ReportReader({ record: () => undefined }, limits, headBlockBytes);
  for await (const chunk of file.chunks) {
    for (let at = 0; at < chunk.length; at += headBlockBytes) {
      reader.write(chunk.subarray(at, at + headBlockBytes));
      const header = reader.header;
      // While only one of the two is known, it stands for both.
      if (header !== null && header.end !== null && header.begin !== header.end) return header.end;
    }
  }
  return reader.end(file.ending(), fileName).header?.end ?? null;
}

/**
 * Reads a report (RFC 7489 appendix C, RFC 9990 appendix A) that is pushed to it in chunks of any size, in memory that
 * does not grow with it. Whatever the bytes are, `end` says what they were.
 */
export class ReportReader {
  readonly #limits: Limits;
  readonly #problems: ProblemList;
  readonly #report: AggregateReader;
  readonly #xml: XmlReader;
  readonly #blocks: Blocks;
  readonly #hash = createHash('sha256');
  #bytes = 0;
  #decoded = 0;
  #head: Buffer | null = null;
  #transcoder: Transcoder | null = null;

  /** `size` is that of the blocks in which the bytes are read, at least 4. */
  constructor(sink: RecordSink, limits: Limits = defaultLimits, size = blockBytes) {
    this.#limits = limits;
    this.#problems = new ProblemList(limits.problems);
    this.#report = new AggregateReader(sink, limits, this.#problems);
    this.#xml = new XmlReader(this.#report, limits);
    this.#blocks = new Blocks(size, (block) => this.#read(block));
  }

  /** What is known of the report's head so far; null before its first element. */
  get header(): ReportHeader | null {
    return this.#report.hasRoot ? this.#report.headerSoFar : null;
  }

  write(chunk: Buffer): void {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
    this.#blocks.write(chunk);
  }

  /** `ending` says how the container ended, `fileName` what the file was called. Call once, last. */
  end(ending: ContainerEnding = wholeContainer, fileName: string | null = null): Reading {
    this.#blocks.end();
    if (this.#transcoder !== null) this.#parse(this.#transcoder.end());
    this.#xml.end();
    const report = this.#report;
    const head = this.#head ?? Buffer.alloc(0);
    const verdict = verdictOn({ report, failure: this.#xml.failure, ending: ending.state, head });
    const isReport = verdict.outcome === 'report' || verdict.outcome === 'partial';
    const header = isReport ? report.finalHeader(fileName) : null;
    return {
      ...verdict,
      generation: isReport ? report.generation : null,
      namespace: isReport ? report.namespace : null,
      header,
      totals: report.totals,
      problems: this.#allProblems(ending.problems),
      digest: this.#hash.digest('hex'),
      bytes: this.#bytes,
    };
  }

  #allProblems(ofContainer: readonly Problem[]): readonly Problem[] {
    return [...ofContainer, ...this.#problems.list()].slice(0, this.#limits.problems);
  }

  #read(block: Buffer): void {
    const bytes = this.#head === null ? this.#begin(block) : block;
    this.#parse(this.#transcoder === null ? bytes : this.#transcoder.decode(bytes));
  }

  #begin(block: Buffer): Buffer {
    const encoding = encodingOf(block);
    if (encoding.fault !== '') this.#problems.add('encoding', () => '', encoding.fault);
    this.#transcoder = encoding.transcoder;
    return block.subarray(encoding.skip);
  }

  /** A file that shows no report for as long as a tag may be is none; it is not searched to its end. */
  #parse(bytes: Buffer): void {
    this.#head ??= Buffer.from(bytes);
    if (!this.#report.hasRoot && this.#decoded > this.#limits.xmlTokenBytes) return;
    this.#decoded += bytes.length;
    this.#xml.write(bytes);
  }
}
