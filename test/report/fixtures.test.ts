import { readdirSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ParseLine } from '../../src/cli/parse-line.js';
import { limits } from '../../src/config/limits.js';
import { ReportReader } from '../../src/report/report.js';
import { lineOf } from '../support/report-line.js';

const folder = resolve(import.meta.dirname, '../../fixtures/reports');
const pairs = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.xml'))
  .sort();

describe('every pair in fixtures/reports', () => {
  it.each(pairs)('%s prints what its .expected.json says', (name) => {
    expect(JSON.parse(lineOf(bytesOf(name), basename(name)))).toEqual(expectedOf(name));
  });

  it.each(pairs)('%s reads the same in blocks of 257 bytes', (name) => {
    let text = '';
    const line = new ParseLine(basename(name), null, (piece) => (text += piece));
    const reader = new ReportReader(line, limits, 257);
    reader.write(bytesOf(name));
    line.finish(reader.end());
    expect(JSON.parse(text)).toEqual(expectedOf(name));
  });
});

function bytesOf(name: string): Buffer {
  return readFileSync(resolve(folder, name));
}

function expectedOf(name: string): unknown {
  return JSON.parse(readFileSync(resolve(folder, name.replace(/\.xml$/, '.expected.json')), 'utf8'));
}
