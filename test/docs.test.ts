import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ruleScopes } from '../src/model/finding.js';
import { mailOutcomes } from '../src/model/outcome.js';

const page = readFileSync('docs/reports.md', 'utf8');

describe('docs/reports.md', () => {
  it('names every outcome', () => {
    const named = firstCells('## What a mail or file turns out to be');
    expect(mailOutcomes.filter((outcome) => !named.has(outcome))).toEqual([]);
  });

  it.each(['report', 'mail', 'unpack', 'store'])('names every problem code of %s', (folder) => {
    const named = firstCells('## Problem codes');
    const codes = codesIn(folder);
    expect(codes.length).toBeGreaterThan(0);
    expect(codes.filter((code) => !named.has(code))).toEqual([]);
  });

  it('names no fixture that is not there', () => {
    expect(references.length).toBeGreaterThan(100);
    expect(references.filter(({ folder, name }) => !isThere(folder, name))).toEqual([]);
  });

  it.each(['reports', 'mail', 'containers'])('names every fixture of fixtures/%s', (folder) => {
    const named = references.filter((reference) => reference.folder === folder).map(({ name }) => name);
    const fixtures = namesIn(folder).filter((name) => name.endsWith('.json'));
    const stems = fixtures.map((name) => name.replace(/(?:\.expected)?\.json$/, ''));
    expect(stems.length).toBeGreaterThan(0);
    expect(stems.filter((stem) => !named.some((name) => isOf(name, stem)))).toEqual([]);
  });
});

describe('docs/detection.md', () => {
  it('gives rules about domains and the service the severities that they have', () => {
    const section = readFileSync('docs/detection.md', 'utf8').split('\n## Domain and service rules\n')[1] ?? '';
    const rows = [...section.matchAll(/^\| `(\w+)` +\|[^|]+\|([^|]+)\|/gm)];
    const said = rows.map(([, rule = '', words = '']) => [rule, [...words.matchAll(/critical|warning|info/g)].map(String).sort()] as const); // prettier-ignore
    expect(said.length).toBe(10);
    const rules = new Map<string, readonly string[]>(
      Object.entries(ruleScopes).map(([name, { severities }]) => [name, severities.toSorted()]),
    );
    expect(said).toEqual(said.map(([rule]) => [rule, rules.get(rule)]));
  });
});

interface Reference {
  readonly folder: string;
  readonly name: string;
}

/** What the last cells of the catalogue name: `NAME` in the folder of the section, or `FOLDER/NAME`. */
const references = linesOf('## The catalogue').flatMap(({ section, line }): Reference[] => {
  const folder = { Mails: 'mail', Containers: 'containers' }[section] ?? 'reports';
  const cells = line.split(' | ');
  return cells.length < 4 ? [] : quotedIn(cells.at(-1) ?? '').map((quoted) => referenceOf(quoted, folder));
});

function referenceOf(quoted: string, folder: string): Reference {
  const [first = '', second] = quoted.split('/');
  return second === undefined ? { folder, name: first } : { folder: first, name: second };
}

/** Whether a name of the page is that of the fixture, an extension or not. */
function isOf(name: string, stem: string): boolean {
  return name === stem || name.startsWith(`${stem}.`);
}

function isThere(folder: string, name: string): boolean {
  return namesIn(folder).some((file) => isOf(file, name));
}

function namesIn(folder: string): string[] {
  return readdirSync(join('fixtures', folder), { recursive: true, encoding: 'utf8' }).map((name) => basename(name));
}

/** Lines of the tables of a section, each with the title of its part. */
function linesOf(heading: string): { readonly section: string; readonly line: string }[] {
  const [, rest = ''] = page.split(`${heading}\n`);
  const [body = ''] = rest.split(/^## /m);
  return body.split(/^### /m).flatMap((part) => {
    const [section = '', ...lines] = part.split('\n');
    return lines.filter((line) => line.startsWith('|')).map((line) => ({ section, line }));
  });
}

function firstCells(heading: string): ReadonlySet<string> {
  return new Set(linesOf(heading).flatMap(({ line }) => quotedIn(line.split(' | ')[0] ?? '')));
}

function quotedIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
}

/** Codes as the sources write them: in a union type or as the value of `code`. */
function codesIn(folder: string): string[] {
  return readdirSync(join('src', folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join('src', folder, name), 'utf8'))
    .flatMap((source) => [
      ...source.matchAll(/^ {2}\| '([a-z0-9-]+)'/gm),
      ...source.matchAll(/\b(?:note|problem)\('([a-z0-9-]+)'/g),
      ...source.matchAll(/\bcode: '([a-z0-9-]+)'/g),
    ])
    .map((match) => match[1] ?? '');
}

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
