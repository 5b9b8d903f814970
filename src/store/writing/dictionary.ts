import { isAmong } from '../../base/domains.js';
import type { Statement } from 'better-sqlite3';
import type { ReportRecord } from '../../model/report.js';
import { AuthSets } from './auth-sets.js';
import { BulkInsert, places, rowsTogether } from './bulk-insert.js';
import type { Connection } from '../database.js';
import { Remembered } from './remembered.js';

/** A busy site hears of some twenty thousand source IPs again and again. */
const rememberedSources = 12_000;
const rememberedNames = 4_000;

/** Ids of names that repeat. After a rollback `forget` must be called: remembered ids may be gone. */
export class Dictionary {
  readonly #reporters: Names;
  readonly #domains: Names;
  readonly #sources: Sources;
  readonly #sets: AuthSets;
  readonly #isOurs: (domain: string) => boolean;
  readonly #foreign: Statement<[number], number>;

  /** `ours`: our policy domains, none: every one. */
  constructor(db: Connection, ours: readonly string[] = []) {
    this.#isOurs = isAmong(ours);
    this.#foreign = db.prepare<[number], number>('SELECT is_foreign FROM domains WHERE id = ?').pluck();
    this.#reporters = new Names(
      db.prepare('SELECT id FROM reporters WHERE key = ?'),
      db.prepare('INSERT INTO reporters (key, name) VALUES (?, ?)'),
      rememberedNames,
    );
    this.#domains = new Names(
      db.prepare('SELECT id FROM domains WHERE name = ?'),
      db.prepare('INSERT INTO domains (name, is_foreign) VALUES (?, ?)'),
      rememberedNames,
    );
    this.#sources = new Sources(db);
    this.#sets = new AuthSets(db);
  }

  reporter(key: string, name: string): number {
    return this.#reporters.id(key, name);
  }

  domain(name: string): number {
    return this.#domains.id(name, this.#isOurs(name) ? 0 : 1);
  }

  isForeign(domainId: number): boolean {
    return this.#foreign.get(domainId) === 1;
  }

  source(ip: string): number {
    return this.#sources.id(ip);
  }

  /** Looks up many source IPs that are about to be asked for; one by one they would take twice as long. */
  expectSources(ips: readonly string[]): void {
    this.#sources.expect(ips);
  }

  authSet(auth: ReportRecord['auth']): number {
    return this.#sets.id(auth);
  }

  forget(): void {
    for (const names of [this.#reporters, this.#domains, this.#sources, this.#sets]) names.forget();
  }
}

class Names {
  readonly #ids: Remembered;
  readonly #find: Statement<[string], { id: number }>;
  readonly #insert: Statement<(string | number)[]>;

  constructor(find: Statement, insert: Statement, remembered: number) {
    this.#find = find as Statement<[string], { id: number }>;
    this.#insert = insert;
    this.#ids = new Remembered(remembered);
  }

  id(key: string, ...rest: (string | number)[]): number {
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#find.get(key)?.id ?? Number(this.#insert.run(key, ...rest).lastInsertRowid);
    this.learn(key, id);
    return id;
  }

  knows(key: string): boolean {
    return this.#ids.get(key) !== undefined;
  }

  learn(key: string, id: number): void {
    this.#ids.set(key, id);
  }

  forget(): void {
    this.#ids.clear();
  }
}

class Sources {
  readonly #names: Names;
  readonly #stored: Statement<string[], [number, string]>;
  readonly #highest: Statement<[], number>;
  readonly #insert: BulkInsert;

  constructor(db: Connection) {
    this.#names = new Names(
      db.prepare('SELECT id FROM sources WHERE ip = ?'),
      db.prepare('INSERT INTO sources (ip) VALUES (?)'),
      rememberedSources,
    );
    this.#stored = db
      .prepare<string[], [number, string]>(`SELECT id, ip FROM sources WHERE ip IN ${places(1, rowsTogether)}`)
      .raw();
    this.#highest = db.prepare<[], number>('SELECT coalesce(max(id), 0) FROM sources').pluck();
    this.#insert = new BulkInsert(db, 'sources', ['id', 'ip']);
  }

  id(ip: string): number {
    return this.#names.id(ip);
  }

  expect(ips: readonly string[]): void {
    const unknown = [...new Set(ips)].filter((ip) => !this.#names.knows(ip));
    for (let at = 0; at + rowsTogether <= unknown.length; at += rowsTogether)
      this.#learn(unknown.slice(at, at + rowsTogether));
  }

  #learn(ips: readonly string[]): void {
    const stored = new Map(this.#stored.all(...ips).map(([id, ip]) => [ip, id]));
    let next = (this.#highest.get() ?? 0) + 1;
    const added: (string | number)[] = [];
    for (const ip of ips) {
      const id = stored.get(ip) ?? next++;
      if (!stored.has(ip)) added.push(id, ip);
      this.#names.learn(ip, id);
    }
    this.#insert.run(added);
  }

  forget(): void {
    this.#names.forget();
  }
}
