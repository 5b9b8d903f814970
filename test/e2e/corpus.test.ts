import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { differences } from '../support/report-expected.js';
import type { ExpectedReport } from '../support/report-expected.js';
import { runRuawatch } from '../support/ruawatch.js';

/** Reports from the field beside the checkout, with values of an independent reader; never committed. */
const corpus = resolve(import.meta.dirname, '../../../shared/corpus');
const isThere = existsSync(join(corpus, 'expected.ndjson'));

interface Expected {
  readonly path: string;
  readonly kind: string;
  readonly reports: readonly (ExpectedReport & { readonly strict: boolean })[];
}

describe.skipIf(!isThere)('`ruawatch parse` over the corpus', () => {
  const expected = isThere ? strictReports() : [];
  const lines = new Map<string, string>();

  beforeAll(async () => {
    const { stdout } = await runRuawatch(['parse', ...expected.map(({ path }) => join(corpus, path))]);
    for (const line of stdout.trim().split('\n')) lines.set((JSON.parse(line) as { file: string }).file, line);
  });

  it('reads every strict report as the independent reader does, field by field', () => {
    expect(expected.length).toBeGreaterThan(0);
    const wrong = expected.flatMap(({ path, reports }) =>
      reports.flatMap((report) =>
        differences(report, lines.get(join(corpus, path)) ?? '{}').map((what) => `${path}: ${what}`),
      ),
    );
    expect(wrong).toEqual([]);
  });
});

function strictReports(): Expected[] {
  return readFileSync(join(corpus, 'expected.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Expected)
    .filter(({ kind, reports }) => kind === 'aggregate' && reports.every(({ strict }) => strict));
}
