import { createHash } from 'node:crypto';
import type { Statement } from 'better-sqlite3';
import type { ReportRecord } from '../model/report.js';
import type { Connection } from './database.js';

/** Entries remembered per dictionary; beyond it the memory starts afresh. */
const remembered = 10_000;

/** Ids of names that repeat. After a rollback `forget` must be called: remembered ids may be gone. */
export class Dictionary {
  readonly #reporters: Names;
  readonly #domains: Names;
  readonly #sources: Names;
  readonly #sets: AuthSets;

  constructor(db: Connection) {
    this.#reporters = new Names(
      db.prepare('SELECT id FROM reporters WHERE key = ?'),
      db.prepare('INSERT INTO reporters (key, name) VALUES (?, ?)'),
    );
    this.#domains = new Names(
      db.prepare('SELECT id FROM domains WHERE name = ?'),
      db.prepare('INSERT INTO domains (name) VALUES (?)'),
    );
    this.#sources = new Names(
      db.prepare('SELECT id FROM sources WHERE ip = ?'),
      db.prepare('INSERT INTO sources (ip) VALUES (?)'),
    );
    this.#sets = new AuthSets(db);
  }

  reporter(key: string, name: string): number {
    return this.#reporters.id(key, name);
  }

  domain(name: string): number {
    return this.#domains.id(name);
  }

  source(ip: string): number {
    return this.#sources.id(ip);
  }

  authSet(auth: ReportRecord['auth']): number {
    return this.#sets.id(auth);
  }

  forget(): void {
    for (const names of [this.#reporters, this.#domains, this.#sources, this.#sets]) names.forget();
  }
}

class Names {
  readonly #ids = new Map<string, number>();
  readonly #find: Statement<[string], { id: number }>;
  readonly #insert: Statement<string[]>;

  constructor(find: Statement, insert: Statement) {
    this.#find = find as Statement<[string], { id: number }>;
    this.#insert = insert;
  }

  id(key: string, ...rest: string[]): number {
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#find.get(key)?.id ?? Number(this.#insert.run(key, ...rest).lastInsertRowid);
    if (this.#ids.size >= remembered) this.#ids.clear();
    this.#ids.set(copyOf(key), id);
    return id;
  }

  forget(): void {
    this.#ids.clear();
  }
}

/** A key cut out of a report would keep the whole block alive that it was cut from. */
function copyOf(text: string): string {
  return Buffer.from(text).toString();
}

class AuthSets {
  readonly #ids = new Map<string, number>();
  readonly #find: Statement<[Buffer], { id: number }>;
  readonly #insertSet: Statement<[Buffer]>;
  readonly #insertResult: Statement<(string | number | null)[]>;

  constructor(db: Connection) {
    this.#find = db.prepare('SELECT id FROM auth_sets WHERE digest = ?');
    this.#insertSet = db.prepare('INSERT INTO auth_sets (digest) VALUES (?)');
    this.#insertResult = db.prepare(
      `INSERT INTO auth_results (set_id, seq, method, domain, selector, scope, result, human_result)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
  }

  id(auth: ReportRecord['auth']): number {
    const digest = createHash('sha256').update(keyOf(auth)).digest();
    const key = digest.toString('latin1');
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#find.get(digest)?.id ?? this.#insert(digest, auth);
    if (this.#ids.size >= remembered) this.#ids.clear();
    this.#ids.set(key, id);
    return id;
  }

  #insert(digest: Buffer, auth: ReportRecord['auth']): number {
    const id = Number(this.#insertSet.run(digest).lastInsertRowid);
    let seq = 0;
    for (const dkim of auth.dkim) {
      this.#insertResult.run(id, seq++, 'dkim', dkim.domain, dkim.selector, null, dkim.result, dkim.humanResult);
    }
    for (const spf of auth.spf) {
      this.#insertResult.run(id, seq++, 'spf', spf.domain, null, spf.scope, spf.result, spf.humanResult);
    }
    return id;
  }

  forget(): void {
    this.#ids.clear();
  }
}

function keyOf({ dkim, spf }: ReportRecord['auth']): string {
  return JSON.stringify([
    dkim.map((each) => [each.domain, each.selector, each.result, each.humanResult]),
    spf.map((each) => [each.domain, each.scope, each.result, each.humanResult]),
  ]);
}
