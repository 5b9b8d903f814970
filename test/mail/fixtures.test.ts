import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Part } from '../../src/model/part.js';
import { looksLikeMail, readMail } from '../../src/mail/mail.js';
import type { MailOutcomeKind } from '../../src/model/outcome.js';
import type { FileSink } from '../../src/pipeline.js';
import { walkMail } from '../../src/pipeline.js';
import { unpack } from '../../src/unpack/unpack.js';

interface Expectation {
  readonly why: string;
  readonly authservIds: readonly string[];
  /** A subject of `*` is any text. */
  readonly mail: { readonly subject: string | null };
  readonly parts: readonly { readonly number: string; readonly sha256?: string; readonly text?: string }[];
  readonly problems: readonly (readonly [string, string])[];
  /** How many parts unpack to report.xml. */
  readonly reports: number;
  /** What the whole walk makes of the mail. */
  readonly outcome: MailOutcomeKind;
}

const folder = join(import.meta.dirname, '../../fixtures/mail');
const names = readdirSync(folder).filter((name) => name.endsWith('.eml'));
const report = readFileSync(join(folder, 'report.xml'));

const bytesOf = (part: Part): Buffer =>
  part.content.kind === 'bytes' ? part.content.bytes : readFileSync(part.content.path);

/** As much of the part as the expectation tells. */
function shown(part: Part, wanted: { readonly sha256?: string; readonly text?: string } | undefined): object {
  const bytes = bytesOf(part);
  const facts = { number: part.number, name: part.name, type: part.type };
  if (wanted?.text !== undefined) return { ...facts, text: bytes.toString() };
  return { ...facts, sha256: createHash('sha256').update(bytes).digest('hex') };
}

async function countReports(parts: readonly Part[]): Promise<number> {
  let found = 0;
  for (const part of parts) {
    for await (const file of unpack(part.content)) {
      if (file.kind !== 'file') continue;
      const pieces: Buffer[] = [];
      for await (const chunk of file.chunks) pieces.push(chunk);
      if (Buffer.concat(pieces).equals(report)) found += 1;
    }
  }
  return found;
}

/** The walk's outcome when every file of the mail is taken as what it was read to be. */
async function outcomeOf(bytes: Buffer): Promise<MailOutcomeKind> {
  const origin = { source: 'ingest', folder: '', uidValidity: null, uid: null, path: 'a.eml' };
  const open = (): FileSink => ({
    record: () => undefined,
    abandon: () => undefined,
    finish: ({ outcome, reason }) => ({ outcome, reason, reportId: null }),
  });
  const raw = { origin, content: { kind: 'bytes' as const, bytes }, size: bytes.length, receivedAt: null };
  return (await walkMail(raw, { open }, { authservIds: [] })).outcome.outcome;
}

describe.each(names)('%s', (name) => {
  const bytes = readFileSync(join(folder, name));
  const expected = JSON.parse(readFileSync(join(folder, name.replace('.eml', '.json')), 'utf8')) as Expectation;

  test(expected.why, async () => {
    const { parts, problems, proof, ...mail } = await readMail(
      { kind: 'bytes', bytes },
      { authservIds: expected.authservIds },
    );
    const subject = expected.mail.subject === '*' ? mail.subject : expected.mail.subject;
    expect(mail).toEqual({ ...expected.mail, subject });
    expect(proof?.by ?? null).toBe(mail.authenticity === 'verified' ? 'authentication_results' : null);
    expect(parts.map((part, index) => shown(part, expected.parts[index]))).toEqual(expected.parts);
    expect(problems.map(({ code, where }) => [code, where])).toEqual(expected.problems);
    expect(await countReports(parts)).toBe(expected.reports);
  });

  test('is taken for a mail, and ends as what it is', async () => {
    expect(looksLikeMail(bytes)).toBe(true);
    expect(await outcomeOf(bytes)).toBe(expected.outcome);
  });
});
