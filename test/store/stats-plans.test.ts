import { afterAll, beforeAll, expect, test } from 'vitest';
import Database from 'better-sqlite3';
import { readAnnotations } from '../../src/store/reading/annotations.js';
import { readAuthStats } from '../../src/store/reading/auth-stats.js';
import { readCoverage } from '../../src/store/reading/coverage.js';
import { readDaily } from '../../src/store/reading/daily.js';
import { readDelays } from '../../src/store/reading/delays.js';
import { readDomains, readNewestDay } from '../../src/store/reading/domains.js';
import { readPolicies } from '../../src/store/reading/policies.js';
import { readReporters } from '../../src/store/reading/reporters.js';
import { readSenderStats } from '../../src/store/reading/sender-stats.js';
import { readSourceRecords } from '../../src/store/reading/source-records.js';
import { readSources } from '../../src/store/reading/sources.js';
import { readVariables } from '../../src/store/reading/variables.js';
import { sampleStore } from '../support/sample-store.js';
import type { SampleStore } from '../support/sample-store.js';

let store: SampleStore;
beforeAll(() => {
  store = sampleStore();
});
afterAll(() => store.close());

const readers = {
  readAnnotations,
  readAuthStats,
  readCoverage,
  readDaily,
  readDelays,
  readDomains,
  readNewestDay,
  readPolicies,
  readReporters,
  readSenderStats,
  readSourceRecords,
  readSources,
  readVariables,
};

/** What SQLite will do for each statement that the reader prepares. */
function plansOf(open: (db: Database.Database) => unknown): string[] {
  const db = new Database(store.path, { readonly: true });
  const texts: string[] = [];
  const prepare = db.prepare.bind(db);
  db.prepare = (sql: string) => {
    texts.push(sql);
    return prepare(sql);
  };
  open(db);
  const plans = texts.flatMap((sql) => planOf(prepare, sql));
  db.close();
  return plans;
}

function planOf(prepare: (sql: string) => Database.Statement, sql: string): string[] {
  const names = [...new Set(sql.match(/@\w+/g) ?? [])].map((name) => [name.slice(1), null]);
  const given = sql.includes('?') ? Array.from(sql.match(/\?/g) ?? [], () => null) : [Object.fromEntries(names)];
  return (prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...given) as { detail: string }[]).map(({ detail }) => detail);
}

/** `c` is the alias of records, `r` that of reports, `t`, `h` and `b` are those of tables of totals. */
const scansOfLargeTables =
  /^SCAN (c|r|t|h|b|records|reports|daily_totals|(domain|reporter|source|auth)_days|source_starts)\b/;

test.each(Object.entries(readers))('%s never reads records, reports or totals from end to end', (_name, open) => {
  const plans = plansOf(open);
  expect(plans.length).toBeGreaterThan(0);
  expect(plans.filter((plan) => scansOfLargeTables.test(plan))).toEqual([]);
});

test('a statement that reads all records is noticed', () => {
  const plans = plansOf((db) => db.prepare('SELECT sum(c.messages) FROM records c WHERE c.verdict = @verdict'));
  expect(plans.filter((plan) => scansOfLargeTables.test(plan))).toHaveLength(1);
});
