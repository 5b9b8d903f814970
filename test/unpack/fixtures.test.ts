import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { limits } from '../../src/config/limits.js';
import type { Content } from '../../src/model/content.js';
import { unpack } from '../../src/unpack/unpack.js';
import { inMemory } from './forge.js';

/** What must come out of a packed file; worked out by hand. */
interface Expectation {
  readonly why: string;
  readonly files: readonly ExpectedFile[];
}

interface ExpectedFile {
  readonly members: readonly string[];
  /** State of a file's ending, or the outcome of what cannot be read. */
  readonly end: string;
  /** Problem codes in order. */
  readonly codes?: readonly string[];
  /** All bytes of this file of the folder. */
  readonly content?: string;
  readonly text?: string;
  readonly sha256?: string;
  /** A true beginning of this file of the folder. */
  readonly beginningOf?: string;
  readonly leastBytes?: number;
  readonly bytes?: number;
  /** Pattern of the reason why it cannot be read. */
  readonly reason?: string;
}

interface Came {
  readonly members: readonly string[];
  readonly end: string;
  readonly codes?: readonly string[];
  readonly bytes: Buffer | null;
  readonly reason: string;
}

const folder = join(import.meta.dirname, '../../fixtures/containers');
const stemOf = (name: string): string => name.slice(0, name.indexOf('.'));
const plain = ['report.xml', 'second.xml'];
const all = readdirSync(folder).filter((name) => !plain.includes(name));
const expectations = all.filter((name) => name === `${stemOf(name)}.json`);
const packed = all.filter((name) => !expectations.includes(name));

async function unpacked(content: Content): Promise<Came[]> {
  const came: Came[] = [];
  for await (const item of unpack(content, limits)) {
    if (item.kind === 'unreadable') {
      came.push({ members: item.members, end: item.outcome, bytes: null, reason: item.reason });
      continue;
    }
    const pieces: Buffer[] = [];
    for await (const chunk of item.chunks) pieces.push(chunk);
    const { state, problems } = item.ending();
    const codes = problems.map(({ code }) => code);
    came.push({ members: item.members, end: state, codes, bytes: Buffer.concat(pieces), reason: '' });
  }
  return came;
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

function compareBytes(bytes: Buffer, wanted: ExpectedFile): void {
  const fileOf = (name: string): Buffer => readFileSync(join(folder, name));
  const known = [wanted.content, wanted.text, wanted.sha256, wanted.beginningOf, wanted.bytes];
  expect(known.some((value) => value !== undefined)).toBe(true);
  if (wanted.content !== undefined) expect(bytes.toString()).toBe(fileOf(wanted.content).toString());
  if (wanted.text !== undefined) expect(bytes.toString()).toBe(wanted.text);
  if (wanted.sha256 !== undefined) expect(sha256(bytes)).toBe(wanted.sha256);
  if (wanted.bytes !== undefined) expect(bytes.length).toBe(wanted.bytes);
  if (wanted.beginningOf === undefined) return;
  expect(fileOf(wanted.beginningOf).subarray(0, bytes.length).equals(bytes)).toBe(true);
  expect(bytes.length).toBeGreaterThanOrEqual(wanted.leastBytes ?? 0);
}

describe('the packed files of fixtures/containers', () => {
  test('each have an expectation, and each expectation has its file', () => {
    expect(packed.map(stemOf).sort()).toEqual(expectations.map(stemOf).sort());
  });
});

describe.each(packed)('%s', (name) => {
  const expected = JSON.parse(readFileSync(join(folder, `${stemOf(name)}.json`), 'utf8')) as Expectation;

  test(expected.why, async () => {
    const came = await unpacked(inMemory(readFileSync(join(folder, name))));
    const facts = ({ members, end, codes }: Came | ExpectedFile) => ({ members, end, codes });
    expect(came.map(facts)).toEqual(expected.files.map(facts));
    came.forEach(({ bytes, reason }, index) => {
      const wanted = expected.files[index];
      if (wanted === undefined) throw new Error('more files than expected');
      if (bytes !== null) compareBytes(bytes, wanted);
      else expect(reason).toMatch(new RegExp(wanted.reason ?? '^there is a reason$'));
    });
  });

  test('gives the same from disk as from memory', async () => {
    const path = join(folder, name);
    const hashed = (came: readonly Came[]) => came.map((one) => ({ ...one, bytes: one.bytes && sha256(one.bytes) }));
    const fromMemory = await unpacked(inMemory(readFileSync(path)));
    const fromDisk = await unpacked({ kind: 'file', path, size: statSync(path).size });
    expect(hashed(fromDisk)).toEqual(hashed(fromMemory));
  });
});
