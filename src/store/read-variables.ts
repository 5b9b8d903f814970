import type { Connection } from './database.js';
import { openTotals, scopeParameters, senderOfSource, totalsInScope } from './read-scope.js';
import type { Division, Scope, ScopeParameters, TotalsTable } from './read-scope.js';

export type VariableName = 'domain' | 'reporter' | 'source' | 'sender';

/** A choice for a dashboard: what people read, and the key that finds it again. */
export interface Choice {
  readonly text: string;
  readonly key: string;
}

/** The busiest come first so that a limit keeps them. */
function sqlOf(id: string, names: string, text: string, key: string): (table: TotalsTable) => string {
  return (table) => `SELECT n.${text} AS text, n.${key} AS key FROM (
    SELECT t.${id} AS id, sum(t.messages) AS messages FROM ${table} t WHERE ${totalsInScope(table)} GROUP BY t.${id}
  ) g JOIN ${names} n ON n.id = g.id ORDER BY g.messages DESC, n.${key} LIMIT @limit`;
}

const senders = (table: TotalsTable) => `SELECT sender AS text, sender AS key FROM (
    SELECT ${senderOfSource} AS sender, sum(t.messages) AS messages FROM ${table} t WHERE ${totalsInScope(table)} GROUP BY 1
  ) WHERE sender <> '' ORDER BY messages DESC, sender LIMIT @limit`;

export function readVariables(db: Connection): (scope: Scope, name: VariableName, limit: number) => readonly Choice[] {
  type Parameters = ScopeParameters & { readonly limit: number };
  const open = (division: Division, sql: (table: TotalsTable) => string) =>
    openTotals(division, (table) => db.prepare<Parameters, Choice>(sql(table)));
  const statements = {
    domain: open({}, sqlOf('domain_id', 'domains', 'name', 'name')),
    reporter: open({ byReporter: true }, sqlOf('reporter_id', 'reporters', 'name', 'key')),
    source: open({ bySource: true }, sqlOf('source_id', 'sources', 'ip', 'ip')),
    sender: open({ bySource: true }, senders),
  };
  return (scope, name, limit) => statements[name](scope).all({ ...scopeParameters(scope), limit });
}
