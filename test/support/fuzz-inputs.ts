import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { limits as standardLimits, type Limits } from '../../src/config/limits.js';
import { openRandom, type Random } from '../../src/demo/random.js';
import { chunked, looseReportXml, reportXml } from './report-generator.js';
import { reportMail } from './mail-generator.js';
import { mutated } from './mutation.js';
import { packed } from './packing.js';

const root = resolve(import.meta.dirname, '../..');
const folders = ['fixtures/reports', 'fixtures/mail', 'fixtures/containers', '../shared/corpus'];

/** Expectations and explanations beside the inputs. */
const isNoInput = /^fixtures\/.*\.json$|\.ndjson$|README\.md$/;

export interface FuzzInput {
  readonly name: string;
  readonly bytes: Buffer;
}

/** One input of the fuzz. `read`: the XML reader gets it in chunks; `walk`: the walk of the service; `parse`: the command, from a file. */
export interface Mutant {
  /** The file that it was made of. */
  readonly name: string;
  readonly entry: 'read' | 'walk' | 'parse';
  readonly bytes: Buffer;
  readonly chunks: readonly Buffer[];
  /** Size of the blocks that the XML reader works in. */
  readonly blockSize: number;
  /** The command knows only the standard ones. */
  readonly limits: Limits;
}

/** So low that small inputs meet them. */
const lowLimits: Limits = {
  ...standardLimits,
  ...{ mailBytes: 6000, mailParts: 3, mailDepth: 3, mailHeaderBytes: 300, mailFiles: 2 },
  ...{ archiveDepth: 1, archiveMembers: 2, packedBytes: 4000, unpackedBytes: 3000, unpackedTotalBytes: 4000 },
  ...{
    unpackRatio: 3,
    ratioGraceBytes: 1000,
    xmlDepth: 6,
    xmlTokenBytes: 120,
    textChars: 12,
    nameChars: 9,
    records: 2,
  },
  ...{ archiveEntries: 3, packedMembers: 4, nestedArchiveBytes: 1500 },
  ...{ authResults: 1, reasons: 1, reportErrors: 1, problems: 5, count: 20 },
};

/** The files under a folder of the checkout, in the order of their names; none when it is not there. */
export function filesUnder(folder: string): FuzzInput[] {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => !isNoInput.test(`${folder}/${name}`) && statSync(join(path, name)).isFile())
    .sort()
    .map((name) => ({ name: `${folder}/${name}`, bytes: readFileSync(join(path, name)) }));
}

/** Documents that only XML's own rules bound. The same ones each time. */
export function generatedReports(count: number): FuzzInput[] {
  return fc
    .sample(fc.oneof(reportXml, looseReportXml), { numRuns: count, seed: 20_240_101 })
    .map((xml, index) => ({ name: `generated ${index}`, bytes: Buffer.from(xml) }));
}

/** Mails of generated shapes. The same ones each time. */
function generatedMails(count: number): FuzzInput[] {
  return fc
    .sample(reportMail, { numRuns: count, seed: 20_240_102 })
    .map((bytes, index) => ({ name: `generated mail ${index}`, bytes }));
}

/** Makes mutants: the same seed, index and files give the same one. */
export function openMutants(): (seed: number, index: number) => Mutant {
  const groups = [...folders.map(filesUnder), generatedReports(100), generatedMails(100)].filter(
    (group) => group.length > 0,
  );
  const anInput = (random: Random): FuzzInput => pickOf(random, pickOf(random, groups));
  return (seed, index) => {
    const random = openRandom(seed, index);
    const input = anInput(random);
    return mutantOf(random, input, anInput(random).bytes);
  };
}

function mutantOf(random: Random, { name, bytes }: FuzzInput, other: Buffer): Mutant {
  const isXml = looksLikeXml(bytes);
  let changed = random.chance(0.95) ? mutated(random, bytes, other) : bytes;
  const isPacked = random.chance(isXml ? 0.35 : 0.05);
  if (isPacked) {
    changed = packed(random, changed);
    if (random.chance(0.4)) changed = mutated(random, changed, other);
  }
  const cuts = Array.from({ length: random.integer(20) }, () => random.integer(changed.length + 1));
  return {
    name,
    entry: isXml && !isPacked && random.chance(0.5) ? 'read' : random.chance(0.04) ? 'parse' : 'walk',
    bytes: changed,
    chunks: chunked(changed, cuts),
    blockSize: random.chance(0.5) ? 64 * 1024 : 4 + random.integer(600),
    limits: random.chance(0.2) ? lowLimits : standardLimits,
  };
}

function pickOf<T>(random: Random, list: readonly T[]): T {
  const picked = list[random.integer(list.length)];
  if (picked === undefined) throw new Error('there is nothing to pick from');
  return picked;
}

function looksLikeXml(bytes: Buffer): boolean {
  return /^[^\w]{0,8}<|^\0?<|^\xff\xfe<|^\xef\xbb\xbf</.test(bytes.toString('latin1', 0, 16));
}
