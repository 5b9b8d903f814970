import type { Connection } from '../database.js';
import { readAuthSets } from './auth-sets.js';
import type { StoredAuth } from './auth-sets.js';
import { scopeParameters } from './scope.js';
import type { Scope } from './scope.js';

/** Failing rows of a source that are looked at, newest first: enough to see what is usual. */
const sampledRows = 300;
/** A report may be stored before the day it speaks of, as far as clocks are believed. */
export const earlySeconds = 3 * 86_400;

/** Why a source fails, from its newest failing rows; nulls when none fails. */
export interface SourceEvidence {
  /** Reporters that saw it fail, most messages first, at most five, joined by a comma. */
  readonly reporter_names: string;
  readonly header_from: string | null;
  /** `d=example.com s=s1 fail`, or `no signature`. */
  readonly dkim: string | null;
  /** `mfrom=example.net softfail`, or `no result`. */
  readonly spf: string | null;
}

interface FailingRow {
  readonly header_from: string | null;
  readonly auth_set_id: number;
  readonly messages: number;
}

export function readSourceEvidence(
  db: Connection,
): (scope: Scope) => (domain: number, source: number, fail: number) => SourceEvidence {
  const reporters = db
    .prepare<Readonly<Record<string, number>>, string>(
      `SELECT o.name FROM (
         SELECT t.reporter_id, sum(t.messages) AS messages FROM daily_totals t
         WHERE t.source_id = @source AND t.domain_id = @domain AND t.day BETWEEN @first AND @last AND t.verdict = 'fail'
         GROUP BY t.reporter_id
       ) g JOIN reporters o ON o.id = g.reporter_id ORDER BY g.messages DESC, o.key LIMIT 5`,
    )
    .pluck();
  const oldest = db
    .prepare<[number], number>('SELECT id FROM reports WHERE arrived_at >= ? ORDER BY arrived_at, id LIMIT 1')
    .pluck();
  const rows = db.prepare<Readonly<Record<string, number>>, FailingRow>(
    `SELECT c.header_from, c.auth_set_id, c.messages FROM records c JOIN reports r ON r.id = c.report
     WHERE c.source_id = @source AND c.report >= @oldest AND c.verdict = 'fail'
       AND r.domain_id = @domain AND r.last_day >= @first AND r.first_day <= @last
     ORDER BY c.report DESC LIMIT ${sampledRows}`,
  );
  return (scope) => {
    const { first, last } = scopeParameters(scope);
    const authOf = readAuthSets(db);
    const from = oldest.get(first - earlySeconds) ?? 0;
    return (domain, source, fail) => {
      if (fail === 0) return { reporter_names: '', header_from: null, dkim: null, spf: null };
      const failing = rows.all({ source, domain, first, last, oldest: from });
      return {
        reporter_names: reporters.all({ source, domain, first, last }).join(', '),
        header_from: most(failing, (row) => row.header_from),
        dkim: most(failing, (row) => dkimWords(authOf(row.auth_set_id))),
        spf: most(failing, (row) => spfWords(authOf(row.auth_set_id))),
      };
    };
  };
}

/** The value with the most messages. */
function most(rows: readonly FailingRow[], valueOf: (row: FailingRow) => string | null): string | null {
  const messages = new Map<string, number>();
  for (const row of rows) {
    const value = valueOf(row);
    if (value !== null) messages.set(value, (messages.get(value) ?? 0) + row.messages);
  }
  let best: string | null = null;
  for (const [value, count] of messages) {
    if (best === null || count > (messages.get(best) ?? 0)) best = value;
  }
  return best;
}

export function dkimWords({ dkim }: StoredAuth): string {
  if (dkim.length === 0) return 'no signature';
  return dkim
    .slice(0, 3)
    .map(({ domain, selector, result }) => words(domain && `d=${domain}`, selector && `s=${selector}`, result))
    .join(', ');
}

export function spfWords({ spf }: StoredAuth): string {
  if (spf.length === 0) return 'no result';
  return spf
    .slice(0, 3)
    .map(({ domain, scope, result }) => words(domain && `${scope || 'mfrom'}=${domain}`, result))
    .join(', ');
}

function words(...parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null && part !== '').join(' ');
}
