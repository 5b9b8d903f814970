import type { Connection } from '../database.js';

interface AuthRow {
  readonly method: 'dkim' | 'spf';
  readonly domain: string | null;
  readonly selector: string | null;
  readonly scope: string | null;
  readonly result: string | null;
  readonly human_result: string | null;
}

/** The DKIM and SPF results of one record. */
export interface StoredAuth {
  readonly dkim: readonly Omit<AuthRow, 'method' | 'scope'>[];
  readonly spf: readonly Omit<AuthRow, 'method' | 'selector'>[];
}

/** Looks sets up by id and remembers them: make one for an answer, and drop it with the answer. */
export function readAuthSets(db: Connection): (setId: number) => StoredAuth {
  const statement = db.prepare<[number], AuthRow>(
    'SELECT method, domain, selector, scope, result, human_result FROM auth_results WHERE set_id = ? ORDER BY seq',
  );
  const known = new Map<number, StoredAuth>();
  return (setId) => {
    const found = known.get(setId) ?? fold(statement.all(setId));
    known.set(setId, found);
    return found;
  };
}

function fold(rows: readonly AuthRow[]): StoredAuth {
  return {
    dkim: rows
      .filter((row) => row.method === 'dkim')
      .map(({ domain, selector, result, human_result }) => ({ domain, selector, result, human_result })),
    spf: rows
      .filter((row) => row.method === 'spf')
      .map(({ domain, scope, result, human_result }) => ({ domain, scope, result, human_result })),
  };
}
