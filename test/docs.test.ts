import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mailOutcomes } from '../src/model/outcome.js';

const page = readFileSync('docs/reports.md', 'utf8');
const quoted = new Set([...page.matchAll(/`([a-z0-9-]+)`/g)].map((match) => match[1]));

it('names every outcome', () => {
  expect(mailOutcomes.filter((outcome) => !quoted.has(outcome))).toEqual([]);
});

/** Codes as the sources write them: in a union type or as the value of `code`. */
function codesIn(folder: string): string[] {
  return readdirSync(join('src', folder))
    .map((name) => readFileSync(join('src', folder, name), 'utf8'))
    .flatMap((source) => [
      ...source.matchAll(/^ {2}\| '([a-z0-9-]+)'/gm),
      ...source.matchAll(/\b(?:note|problem)\('([a-z0-9-]+)'/g),
      ...source.matchAll(/\bcode: '([a-z0-9-]+)'/g),
    ])
    .map((match) => match[1] ?? '');
}

it.each(['report', 'mail', 'unpack', 'store'])('names every problem code of %s', (folder) => {
  const codes = codesIn(folder);
  expect(codes.length).toBeGreaterThan(0);
  expect(codes.filter((code) => !quoted.has(code))).toEqual([]);
});

it('names no file that is not there', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', ...readdirSync('docs').filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)]; // prettier-ignore
  const missing = pages.flatMap((name) => linksOf(name).filter((target) => !exists(join(name, '..', target))));
  expect(missing).toEqual([]);
});

function linksOf(name: string): string[] {
  const text = readFileSync(name, 'utf8');
  return [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)/g)].map((match) => match[1] ?? '');
}

function exists(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EISDIR';
  }
}
