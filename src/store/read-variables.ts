import type { Connection } from './database.js';
import { dailyInScope, scopeParameters, senderOfSource } from './read-scope.js';
import type { Scope, ScopeParameters } from './read-scope.js';

export type VariableName = 'domain' | 'reporter' | 'source' | 'sender';

/** A choice for a dashboard: what people read, and the key that finds it again. */
export interface Choice {
  readonly text: string;
  readonly key: string;
}

/** The busiest come first so that a limit keeps them. */
function sqlOf(id: string, table: string, text: string, key: string): string {
  return `SELECT n.${text} AS text, n.${key} AS key FROM (
    SELECT t.${id} AS id, sum(t.messages) AS messages FROM daily_totals t WHERE ${dailyInScope} GROUP BY t.${id}
  ) g JOIN ${table} n ON n.id = g.id ORDER BY g.messages DESC, n.${key} LIMIT @limit`;
}

const senders = `SELECT sender AS text, sender AS key FROM (
    SELECT ${senderOfSource} AS sender, sum(t.messages) AS messages FROM daily_totals t WHERE ${dailyInScope} GROUP BY 1
  ) WHERE sender <> '' ORDER BY messages DESC, sender LIMIT @limit`;

export function readVariables(db: Connection): (scope: Scope, name: VariableName, limit: number) => readonly Choice[] {
  const prepare = (sql: string) => db.prepare<ScopeParameters & { readonly limit: number }, Choice>(sql);
  const statements = {
    domain: prepare(sqlOf('domain_id', 'domains', 'name', 'name')),
    reporter: prepare(sqlOf('reporter_id', 'reporters', 'name', 'key')),
    source: prepare(sqlOf('source_id', 'sources', 'ip', 'ip')),
    sender: prepare(senders),
  };
  return (scope, name, limit) => statements[name].all({ ...scopeParameters(scope), limit });
}
