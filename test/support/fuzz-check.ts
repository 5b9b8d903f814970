import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from '../../src/cli/parse.js';
import { ParseLine } from '../../src/cli/parse-line.js';
import type { Limits } from '../../src/config/limits.js';
import { mailOutcomes, type MailOutcomeKind } from '../../src/model/outcome.js';
import type { Provenance } from '../../src/model/part.js';
import type { RawMail } from '../../src/model/raw-mail.js';
import type { FileOutcome, Reading, ReportRecord } from '../../src/model/report.js';
import { walkMail, type FileHandler, type FileOrigin, type FileSink } from '../../src/pipeline.js';
import { ReportReader } from '../../src/report/report.js';
import type { Mutant } from './fuzz-inputs.js';
import { checkLine, checkPlain, checkProblems, checkReading, fileOutcomes } from './report-invariants.js';

/** Those that the store or a fault of our own decides over. */
const neverByReading: readonly MailOutcomeKind[] = ['duplicate', 'conflict', 'failed'];

/** What a mail can turn out to be before it is stored. */
export const walkOutcomes: readonly MailOutcomeKind[] = mailOutcomes.filter((each) => !neverByReading.includes(each));

/** What became of the mutant. Throws when anything is not as it must be, whatever the bytes are. */
export async function outcomeOf(mutant: Mutant): Promise<MailOutcomeKind> {
  switch (mutant.entry) {
    case 'read':
      return readMutant(mutant);
    case 'walk':
      return walkMutant(mutant);
    case 'parse':
      return parseMutant(mutant);
  }
}

/** Takes the records of one file, and checks them and its line at the end. */
function openChecker(limits: Limits): FileSink & { end(reading: Reading): FileOutcome } {
  const records: ReportRecord[] = [];
  let text = '';
  const line = new ParseLine('mutant', null, (piece) => (text += piece));
  const end = (reading: Reading): FileOutcome => {
    line.finish(reading);
    checkReading(reading, records, limits);
    checkLine(text, reading, records);
    return reading.outcome;
  };
  return {
    record: (record) => {
      records.push(record);
      line.record(record);
    },
    abandon: () => undefined,
    end,
    finish: (reading) => ({ outcome: end(reading), reason: reading.reason, reportId: null }),
  };
}

function readMutant({ chunks, blockSize, limits }: Mutant): FileOutcome {
  const checker = openChecker(limits);
  const reader = new ReportReader(checker, limits, blockSize);
  for (const chunk of chunks) reader.write(chunk);
  return checker.end(reader.end());
}

async function walkMutant({ bytes, limits }: Mutant): Promise<MailOutcomeKind> {
  const ends: FileOutcome[] = [];
  const handler: FileHandler = {
    open: (origin) => {
      checkOrigin(origin, limits);
      const checker = openChecker(limits);
      const finish = (reading: Reading, provenance: Provenance) => {
        ends.push(reading.outcome);
        return checker.finish(reading, provenance);
      };
      return { ...checker, finish };
    },
    unreadable: (origin, outcome, reason) => {
      checkOrigin(origin, limits);
      assert.ok(fileOutcomes.includes(outcome) && reason !== '', `unreadable: ${outcome} ${reason}`);
      ends.push(outcome);
    },
  };
  const { mail, outcome, problems } = await walkMail(rawMail(bytes), handler, { authservIds: ['mx.example'], limits });
  checkEnd(outcome.outcome, ends, limits);
  checkProblems(problems, limits);
  checkPlain(outcome.reason, 2000);
  if (outcome.outcome !== 'report') assert.notEqual(outcome.reason, '', `reason of ${outcome.outcome}`);
  assert.ok((mail?.parts.length ?? 0) <= limits.mailParts, 'parts');
  return outcome.outcome;
}

function checkEnd(outcome: MailOutcomeKind, ends: readonly FileOutcome[], limits: Limits): void {
  assert.ok(walkOutcomes.includes(outcome), `outcome ${outcome}`);
  // Every part that comes too late is named once.
  assert.ok(ends.length <= limits.mailFiles + limits.mailParts, `${ends.length} files`);
  if (ends.includes('report')) assert.equal(outcome, 'report', 'a mail that brought a report is one');
  else if (ends.includes('partial')) assert.equal(outcome, 'partial', 'a mail that brought half a report is one');
  else assert.ok(outcome !== 'report' && outcome !== 'partial', `${outcome} without a report`);
}

function checkOrigin({ label, members }: FileOrigin, limits: Limits): void {
  assert.equal(typeof label, 'string');
  assert.ok(members.length <= limits.archiveDepth + 1, `${members.length} members deep`);
}

function rawMail(bytes: Buffer): RawMail {
  const origin = { source: 'fuzz', folder: '', uidValidity: null, uid: null, path: 'mutant' };
  return { origin, content: { kind: 'bytes', bytes }, size: bytes.length, receivedAt: null };
}

/** The command itself, over a file: an mbox is split, and what is large stays on disk. */
async function parseMutant({ bytes }: Mutant): Promise<MailOutcomeKind> {
  const folder = mkdtempSync(join(tmpdir(), 'ruawatch-fuzz-'));
  try {
    const path = join(folder, 'mutant');
    writeFileSync(path, bytes);
    let text = '';
    const code = await parse([path], { write: (piece) => (text += piece), drained: () => Promise.resolve() });
    const outcomes = outcomesIn(text);
    assert.equal(code, outcomes.length > 0 && outcomes.every((each) => each === 'report') ? 0 : 1, 'exit code');
    return outcomes[0] ?? 'not-a-report';
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function outcomesIn(lines: string): MailOutcomeKind[] {
  assert.ok(lines.endsWith('\n'), 'a last line that ends');
  return lines
    .slice(0, -1)
    .split('\n')
    .map((line) => {
      const { outcome } = JSON.parse(line) as { outcome: MailOutcomeKind };
      assert.ok(walkOutcomes.includes(outcome), `outcome ${outcome}`);
      return outcome;
    });
}
