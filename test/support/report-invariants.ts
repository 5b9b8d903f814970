import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { isIPv4, isIPv6 } from 'node:net';
import { resolve } from 'node:path';
import type { Limits } from '../../src/config/limits.js';
import type { Problem } from '../../src/model/problem.js';
import type { FileOutcome, Reading, ReportHeader, ReportRecord } from '../../src/model/report.js';

/** Everything that a file can turn out to be. */
export const fileOutcomes: readonly FileOutcome[] = [
  'report',
  'partial',
  'tls-report',
  'failure-report',
  'bounce',
  'error-notice',
  'not-a-report',
  'malformed',
  'oversized',
  'unsupported',
];

const manual = readFileSync(resolve(import.meta.dirname, '../../docs/reports.md'), 'utf8');

/** The codes in the first column of the tables below "Problem codes". */
export const documentedCodes: ReadonlySet<string> = new Set(
  (manual.split('## Problem codes')[1] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([a-z0-9-]+)`/g)].map(([, code = '']) => code)),
);

// The closed lists of RFC 7489 appendix C and RFC 9990 appendix A.
const verdictWords = ['pass', 'fail'];
const dispositionWords = ['none', 'quarantine', 'reject', 'pass'];
const policyWords = ['none', 'quarantine', 'reject'];
const resultWords = ['none', 'pass', 'fail', 'softfail', 'policy', 'neutral', 'temperror', 'permerror'];

/** Throws when a reading breaks what holds of every reading, whatever the bytes were. */
export function checkReading(reading: Reading, records: readonly ReportRecord[], limits: Limits): void {
  const isWhole = reading.outcome === 'report' || reading.outcome === 'partial';
  assert.ok(fileOutcomes.includes(reading.outcome), `outcome ${reading.outcome}`);
  assert.equal(reading.reason === '', reading.outcome === 'report', 'a reason, unless it is a report');
  assert.equal(reading.header !== null, isWhole, 'a header, if and only if it is a report');
  assert.equal(reading.generation !== null, isWhole, 'a generation, if and only if it is a report');
  if (!isWhole) assert.equal(records.length, 0, 'no records without a report');
  if (reading.namespace !== null) checkPlain(reading.namespace, 200);
  if (reading.header !== null) checkHeader(reading.header, limits);
  for (const record of records) checkRecord(record, limits);
  assert.deepEqual(reading.totals, sumsOf(records));
  checkProblems(reading.problems, limits);
  assert.match(reading.digest, /^[0-9a-f]{64}$/);
}

/** Throws when problems are too many, too long or not documented. */
export function checkProblems(problems: readonly Problem[], limits: Limits): void {
  assert.ok(problems.length <= limits.problems, `${problems.length} problems`);
  for (const { code, where, detail } of problems) {
    assert.ok(documentedCodes.has(code), `code ${code} is not documented`);
    checkPlain(where, 200);
    checkPlain(detail, 200);
  }
}

/** Throws when a text that people are shown has control characters or is too long. */
export function checkPlain(text: string, most: number): void {
  assert.ok(text.length <= most, `${text.length} characters in ${text.slice(0, 80)}`);
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    assert.ok(code >= 32 && (code < 127 || code > 159), `control character ${code} in ${text.slice(0, 80)}`);
  }
}

/** Throws when `line` is not one line of JSON that says what was read, or longer than its bytes allow. */
export function checkLine(line: string, reading: Reading, records: readonly ReportRecord[]): void {
  assert.equal(line.indexOf('\n'), line.length - 1, 'one line end, the last character');
  const said = JSON.parse(line) as {
    outcome: string;
    report?: { records: unknown };
    totals?: unknown;
    problems: unknown;
  };
  assert.equal(said.outcome, reading.outcome);
  assert.deepEqual(said.problems, reading.problems);
  assert.deepEqual(said.report?.records ?? [], records);
  // An empty element costs at least eight bytes and less than ten times as many of JSON; problems and head are bounded.
  const most = 10 * reading.bytes + 400_000;
  assert.ok(line.length <= most, `${line.length} characters of JSON for ${reading.bytes} bytes`);
}

function checkHeader(header: ReportHeader, limits: Limits): void {
  const { begin, end, policy } = header;
  assert.equal(begin === null, end === null, 'both ends of the range or none');
  if (begin !== null && end !== null) {
    assert.ok(Number.isSafeInteger(begin) && Number.isSafeInteger(end) && 0 <= begin && begin <= end, 'the range');
  }
  assert.ok(header.errors.length <= limits.reportErrors, 'errors');
  const texts = [header.orgName, header.email, header.extraContactInfo, header.reportId, header.generator];
  for (const text of [...texts, ...header.errors, policy.fo]) checkText(text, limits);
  checkDomain(policy.domain, limits);
  for (const word of [policy.p, policy.sp, policy.np]) checkWord(word, policyWords, limits);
  for (const word of [policy.adkim, policy.aspf]) checkWord(word, ['r', 's'], limits);
  if (policy.pct !== null) assert.ok(Number.isInteger(policy.pct) && policy.pct >= 0 && policy.pct <= 100, 'pct');
}

function checkRecord(record: ReportRecord, limits: Limits): void {
  assert.ok(isCanonicalAddress(record.sourceIp), `source IP ${record.sourceIp}`);
  const { count } = record;
  assert.ok(Number.isInteger(count) && count >= 1 && count <= limits.count, `count ${count}`);
  checkWord(record.disposition, dispositionWords, limits);
  for (const word of [record.dkim, record.spf]) checkWord(word, verdictWords, limits);
  for (const domain of [record.headerFrom, record.envelopeFrom, record.envelopeTo]) checkDomain(domain, limits);
  assert.ok(record.reasons.length <= limits.reasons, 'reasons');
  for (const text of record.reasons.flatMap(({ type, comment }) => [type, comment])) checkText(text, limits);
  const { dkim, spf } = record.auth;
  assert.ok(dkim.length <= limits.authResults && spf.length <= limits.authResults, 'results');
  for (const { domain, result, humanResult } of [...dkim, ...spf]) {
    checkDomain(domain, limits);
    checkWord(result, resultWords, limits);
    checkText(humanResult, limits);
  }
  for (const { selector } of dkim) checkText(selector, limits);
  for (const { scope } of spf) checkWord(scope, ['mfrom', 'helo'], limits);
}

/** IPv4 in four plain decimal parts, or IPv6 as the URL standard writes it, which is RFC 5952 but for dotted endings. */
function isCanonicalAddress(text: string): boolean {
  if (isIPv4(text)) return true;
  return isIPv6(text) && !text.includes('.') && new URL(`http://[${text}]/`).hostname === `[${text}]`;
}

/** A word of the list is in lower case; others stay as they came. */
function checkWord(word: string | null, list: readonly string[], limits: Limits): void {
  checkText(word, limits);
  if (word !== null && list.includes(word.toLowerCase())) assert.ok(list.includes(word), `word ${word}`);
}

/** What is no domain stays as it came. One in its ASCII form, or from a file name, is bounded as domains are. */
function checkDomain(domain: string | null, limits: Limits): void {
  checkText(domain, { ...limits, textChars: Math.max(limits.nameChars, 253) });
  if (domain !== null && /^[\w.-]+$/.test(domain)) assert.equal(domain, domain.toLowerCase());
}

function checkText(text: string | null, limits: Limits): void {
  if (text === null) return;
  assert.ok(text.length <= limits.textChars, `${text.length} characters in ${text.slice(0, 80)}`);
  // A text that was cut may end in a blank.
  if (text.length !== limits.textChars && text.length !== limits.nameChars) assert.equal(text, text.trim());
}

function sumsOf(records: readonly ReportRecord[]): Reading['totals'] {
  const sumOf = (counts: (record: ReportRecord) => boolean) =>
    records.filter(counts).reduce((sum, { count }) => sum + count, 0);
  return {
    records: records.length,
    messages: sumOf(() => true),
    dkimPass: sumOf(({ dkim }) => dkim === 'pass'),
    spfPass: sumOf(({ spf }) => spf === 'pass'),
    pass: sumOf(({ dkim, spf }) => dkim === 'pass' || spf === 'pass'),
  };
}
