import type { Connection } from '../database.js';
import {
  openIsMost,
  openTotals,
  scopeParameters,
  senderOfSource,
  senderOfSums,
  sourcesAsked,
  sourceSums,
  totalsInScope,
} from './scope.js';
import type { Division, Scope, ScopeParameters, TotalsTable } from './scope.js';

export type VariableName = 'domain' | 'reporter' | 'source' | 'sender';

/** A choice for a dashboard: what people read, and the key that finds it again. */
export interface Choice {
  readonly text: string;
  readonly key: string;
}

/** The busiest come first so that a limit keeps them. */
function sqlOf(id: string, names: string, [text, key]: readonly [string, string], division: Division = {}) {
  return (table: TotalsTable) => `SELECT n.${text} AS text, n.${key} AS key FROM (
    SELECT t.${id} AS id, sum(t.messages) AS messages FROM ${table} t WHERE ${totalsInScope(table, division)} GROUP BY t.${id}
  ) g JOIN ${names} n ON n.id = g.id ORDER BY g.messages DESC, n.${key} LIMIT @limit`;
}

const senders = (table: TotalsTable) => `SELECT sender AS text, sender AS key FROM (
    SELECT ${senderOfSource} AS sender, sum(t.messages) AS messages FROM ${table} t WHERE ${totalsInScope(table)} GROUP BY 1
  ) WHERE sender <> '' ORDER BY messages DESC, sender LIMIT @limit`;

/** Without a reporter, most of the days stored. */
const streamedOf = (select: string) => `
WITH g AS MATERIALIZED (${sourceSums}), asked AS (SELECT g.* FROM g WHERE ${sourcesAsked})
${select} LIMIT @limit`;

const streamed = {
  source: streamedOf(`SELECT n.ip AS text, n.ip AS key FROM (
    SELECT source_id, sum(messages) AS messages FROM asked GROUP BY source_id
  ) g JOIN sources n ON n.id = g.source_id ORDER BY g.messages DESC, n.ip`),
  sender: streamedOf(`SELECT sender AS text, sender AS key FROM (
    SELECT ${senderOfSums} AS sender, sum(g.messages) AS messages FROM asked g GROUP BY 1
  ) WHERE sender <> '' ORDER BY messages DESC, sender`),
};

export function readVariables(db: Connection): (scope: Scope, name: VariableName, limit: number) => readonly Choice[] {
  type Parameters = ScopeParameters & { readonly limit: number };
  const open = (division: Division, sql: (table: TotalsTable) => string) =>
    openTotals(division, (table) => db.prepare<Parameters, Choice>(sql(table)));
  const statements = {
    domain: open({}, sqlOf('domain_id', 'domains', ['name', 'name'], { byDomain: true })),
    reporter: open({ byReporter: true }, sqlOf('reporter_id', 'reporters', ['name', 'key'])),
    source: open({ bySource: true }, sqlOf('source_id', 'sources', ['ip', 'ip'])),
    sender: open({ bySource: true }, senders),
  };
  const quick = {
    source: db.prepare<Parameters, Choice>(streamed.source),
    sender: db.prepare<Parameters, Choice>(streamed.sender),
  };
  const isMost = openIsMost(db);
  return (scope, name, limit) => {
    const isQuick = (name === 'source' || name === 'sender') && scope.reporters === null && isMost(scope);
    const statement = isQuick ? quick[name] : statements[name](scope);
    return statement.all({ ...scopeParameters(scope), limit });
  };
}
