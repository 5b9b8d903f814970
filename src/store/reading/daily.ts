import type { Connection } from '../database.js';
import {
  classOfSource,
  isEverything,
  offsetOf,
  openTotals,
  pageByOffset,
  scopeParameters,
  senderOfSource,
  sums,
  totalsInScope,
} from './scope.js';
import type { Division, Page, Rows, Scope, ScopeParameters, TotalsTable } from './scope.js';

export const dailyGroups = [
  'none',
  'result',
  'disposition',
  'reporter',
  'source',
  'domain',
  'source_class',
  'sender',
] as const;
export type DailyGroup = (typeof dailyGroups)[number];

/** Sums of one UTC event day, of one group value when a group is asked for. */
export interface StoredDay {
  /** Unix seconds at midnight UTC. */
  readonly day: number;
  /** The group's value; null for group `none`. */
  readonly key: string | null;
  readonly messages: number;
  readonly pass: number;
  readonly fail: number;
  readonly pass_both: number;
  readonly pass_dkim: number;
  readonly pass_spf: number;
  /** Messages of these that were spread over their days from reports of several days. */
  readonly estimated: number;
}

interface Key extends Division {
  readonly by: string;
  readonly name: string;
}

const keys: Readonly<Record<DailyGroup, Key>> = {
  none: { by: 'NULL', name: 'g' },
  result: { by: 't.verdict', name: 'g' },
  disposition: { by: 't.disposition', name: 'g' },
  reporter: { by: 't.reporter_id', name: '(SELECT name FROM reporters WHERE id = g)', byReporter: true },
  source: { by: 't.source_id', name: '(SELECT ip FROM sources WHERE id = g)', bySource: true },
  domain: { by: 't.domain_id', name: '(SELECT name FROM domains WHERE id = g)', byDomain: true },
  source_class: { by: classOfSource, name: 'g', bySource: true },
  sender: { by: senderOfSource, name: 'g', bySource: true },
};

function sqlOf(key: Key, table: TotalsTable): string {
  return sumsOf(key, `${table} t WHERE ${totalsInScope(table, key)}`);
}

function sumsOf({ by, name }: Key, from: string): string {
  return `
SELECT day, ${name} AS key, messages, pass, fail, pass_both, pass_dkim, pass_spf, estimated FROM (
  SELECT t.day, ${by} AS g, ${sums},
         sum(iif(t.verdict = 'pass_both', t.messages, 0)) AS pass_both,
         sum(iif(t.verdict = 'pass_dkim', t.messages, 0)) AS pass_dkim,
         sum(iif(t.verdict = 'pass_spf', t.messages, 0)) AS pass_spf,
         sum(t.estimated) AS estimated
  FROM ${from}
  GROUP BY t.day, g
)
ORDER BY day, key LIMIT @limit OFFSET @offset`;
}

/** All source IPs of all domains: they have sums of their own. */
const classesSql = sumsOf({ by: 't.class', name: 'g' }, 'class_days t WHERE t.day BETWEEN @first AND @last');

type Parameters = ScopeParameters & { readonly limit: number; readonly offset: number };

/** Groups with many rows a day: only the days of the page are summed up. */
const manyADay: ReadonlySet<DailyGroup> = new Set(['source', 'sender']);

export function readDaily(db: Connection): (scope: Scope, group: DailyGroup, page: Page) => Rows<StoredDay> {
  const open = (group: DailyGroup) =>
    openTotals(keys[group], (table) => db.prepare<Parameters, StoredDay>(sqlOf(keys[group], table)));
  const statements = new Map(dailyGroups.map((group) => [group, open(group)]));
  const classes = db.prepare<Parameters, StoredDay>(classesSql);
  const days = db
    .prepare<Pick<Parameters, 'first' | 'last'>, number>(
      'SELECT DISTINCT day FROM domain_days WHERE domain_id = 0 AND day BETWEEN @first AND @last ORDER BY day',
    )
    .pluck();
  const statementOf = (scope: Scope, group: DailyGroup) =>
    group === 'source_class' && isEverything(scope) ? classes : statements.get(group)?.(scope);
  return (scope, group, page) => {
    const parameters = { ...scopeParameters(scope), limit: page.limit + 1, offset: offsetOf(page) };
    const read = (asked: Parameters) => statementOf(scope, group)?.all(asked) ?? [];
    const { first, last } = parameters;
    const found = manyADay.has(group) ? readByDay(read, parameters, days.all({ first, last })) : read(parameters);
    return pageByOffset(found, page);
  };
}

/** The same rows as of all days at once, and no day read behind the last row. */
function readByDay(
  read: (asked: Parameters) => readonly StoredDay[],
  parameters: Parameters,
  days: readonly number[],
): readonly StoredDay[] {
  const found: StoredDay[] = [];
  let skip = parameters.offset;
  for (const day of days) {
    const wanted = parameters.limit - found.length;
    if (wanted <= 0) break;
    const rows = read({ ...parameters, first: day, last: day, limit: skip + wanted, offset: 0 });
    for (const row of rows.slice(skip)) found.push(row);
    skip = Math.max(0, skip - rows.length);
  }
  return found;
}
