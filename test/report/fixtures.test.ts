import { readdirSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ParseLine } from '../../src/cli/parse-line.js';
import { limits } from '../../src/config/limits.js';
import { ReportReader } from '../../src/report/report.js';

const folder = resolve(import.meta.dirname, '../../fixtures/reports');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
const pairs = files.filter((name) => name.endsWith('.xml')).sort();

describe('every pair in fixtures/reports', () => {
  it('is a pair', () => {
    const expectations = files.filter((name) => name.endsWith('.expected.json')).sort();
    expect(expectations).toEqual(pairs.map(expectedName));
  });

  it.each(pairs)('%s prints what its .expected.json says', (name) => {
    expect(lineOf(name)).toEqual(expectedOf(name));
  });

  it.each(pairs)('%s reads the same in blocks of 257 bytes', (name) => {
    expect(lineOf(name, 257)).toEqual(expectedOf(name));
  });
});

function lineOf(name: string, blockSize?: number): unknown {
  let text = '';
  const line = new ParseLine(basename(name), null, (piece) => (text += piece));
  const reader = new ReportReader(line, limits, blockSize);
  reader.write(readFileSync(resolve(folder, name)));
  line.finish(reader.end(undefined, basename(name)));
  return JSON.parse(text);
}

function expectedOf(name: string): unknown {
  return JSON.parse(readFileSync(resolve(folder, expectedName(name)), 'utf8'));
}

function expectedName(name: string): string {
  return name.replace(/\.xml$/, '.expected.json');
}
