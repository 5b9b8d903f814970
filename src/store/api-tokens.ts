import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { limits } from '../config/limits.js';
import { tokenScopes } from '../model/token.js';
import type { ApiToken, TokenScope } from '../model/token.js';
import { busyTimeoutMs, guarded, openGuest, requireFile } from './database.js';
import type { Connection } from './database.js';

/** A token to be stored; times are Unix seconds. */
export interface AddedToken {
  readonly name: string;
  readonly digest: Buffer;
  readonly scopes: readonly TokenScope[];
  readonly made_at: number;
  readonly expires_at: number | null;
}

/** `first`: it is stored, and no other was before. `taken`: a token of this name is not revoked. `full`: there are too many. */
export type AddResult = 'first' | 'added' | 'taken' | 'full';

/** `last`: it is forgotten, and no other is left. */
export type RevokeResult = 'revoked' | 'forgotten' | 'last' | 'gone' | 'over';

/** Every stored token, those that are revoked or have expired included, by name. The connection must not write: the rows are kept until another one does. */
export function readApiTokens(db: Connection): () => readonly ApiToken[] {
  const list = db.prepare<[], Omit<ApiToken, 'scopes'> & { readonly scopes: string }>(
    'SELECT name, digest, scopes, made_at, expires_at, last_used_day, revoked_at FROM api_tokens ORDER BY name',
  );
  // Every request asks, and a hundred rows are read more slowly than most answers are made.
  const version = db.prepare<[], number>('PRAGMA data_version').pluck();
  let kept: { readonly version: number | undefined; readonly rows: readonly ApiToken[] } | null = null;
  return () => {
    const current = version.get();
    if (kept === null || kept.version !== current) {
      kept = { version: current, rows: list.all().map((row) => ({ ...row, scopes: scopesOf(row.scopes) })) };
    }
    return kept.rows;
  };
}

function scopesOf(text: string): readonly TokenScope[] {
  const words = text.split(',');
  return tokenScopes.filter((scope) => words.includes(scope));
}

/** Adds a token to the file at `path`, which the service may have open; one of a revoked name takes its place. Throws a Failure when it cannot be opened. */
export function addTokenIn(path: string, { name, digest, scopes, made_at, expires_at }: AddedToken): AddResult {
  return asGuest(path, (db) => {
    const before = db.prepare<[], { name: string; revoked_at: number | null }>('SELECT name, revoked_at FROM api_tokens').all(); // prettier-ignore
    const same = before.find((each) => each.name === name);
    if (same && same.revoked_at === null) return 'taken';
    if (!same && before.length >= limits.apiTokens) return 'full';
    db.prepare('INSERT OR REPLACE INTO api_tokens VALUES (?, ?, ?, ?, ?, NULL, NULL)') //
      .run(name, digest, scopes.join(','), made_at, expires_at);
    return before.length === 0 ? 'first' : 'added';
  });
}

/** Revokes a token, and takes it from the list as well with `forget`. `now` in Unix seconds. Throws a Failure when the file cannot be opened. */
export function revokeTokenIn(
  path: string,
  { name, forget, now }: { readonly name: string; readonly forget: boolean; readonly now: number },
): RevokeResult {
  return asGuest(path, (db) => {
    if (forget) {
      if (db.prepare('DELETE FROM api_tokens WHERE name = ?').run(name).changes === 0) return 'gone';
      return db.prepare('SELECT 1 FROM api_tokens').get() === undefined ? 'last' : 'forgotten';
    }
    const revoke = db.prepare('UPDATE api_tokens SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL');
    if (revoke.run(now, name).changes > 0) return 'revoked';
    return db.prepare('SELECT 1 FROM api_tokens WHERE name = ?').get(name) === undefined ? 'gone' : 'over';
  });
}

/**
 * Whether the file at `path` has a token with the scope that is good at `now` (Unix seconds); false when there is no file, or one from
 * before there were tokens. Throws a Failure when it cannot be opened.
 */
export function hasTokenIn(path: string, scope: TokenScope, now: number): boolean {
  if (!existsSync(path)) return false;
  return guarded(path, () => {
    const db = new Database(path, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs });
    try {
      if (db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'api_tokens'").get() === undefined) return false;
      return readApiTokens(db)().some(
        ({ scopes, revoked_at: revoked, expires_at: expires }) =>
          scopes.includes(scope) && revoked === null && (expires === null || expires > now),
      );
    } finally {
      db.close();
    }
  });
}

/** Remembers the day, midnight UTC, on which a token was used. */
export function openTokenUse(db: Connection): (name: string, day: number) => void {
  const use = db.prepare<[{ name: string; day: number }]>(
    'UPDATE api_tokens SET last_used_day = @day WHERE name = @name AND ifnull(last_used_day, 0) < @day',
  );
  return (name, day) => void use.run({ name, day });
}

function asGuest<T>(path: string, change: (db: Connection) => T): T {
  requireFile(path);
  const db = openGuest(path);
  try {
    return db.transaction(() => change(db)).immediate();
  } finally {
    db.close();
  }
}
