import { hash } from 'node:crypto';
import type { Statement } from 'better-sqlite3';
import type { ReportRecord } from '../../model/report.js';
import type { Connection } from '../database.js';
import { Remembered } from './remembered.js';

type Auth = ReportRecord['auth'];

const remembered = 4_000;
/** Longer sets are rare and are looked up in the table: a hundred results with long comments are 200,000 characters. */
const rememberedChars = 1_000;

/** Ids of sets of DKIM and SPF results. */
export class AuthSets {
  readonly #ids = new Remembered(remembered);
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

  id(auth: Auth): number {
    const key = keyOf(auth);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const digest = hash('sha256', key, 'buffer');
    const id = this.#find.get(digest)?.id ?? this.#insert(digest, auth);
    if (key.length <= rememberedChars) this.#ids.set(key, id);
    return id;
  }

  forget(): void {
    this.#ids.clear();
  }

  #insert(digest: Buffer, auth: Auth): number {
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
}

/** One text a set, and no two sets the same text: every value goes behind its length. Built for each record, so without JSON. */
function keyOf({ dkim, spf }: Auth): string {
  let key = `${dkim.length};`;
  for (const { domain, selector, result, humanResult } of dkim)
    key += framed(domain) + framed(selector) + framed(result) + framed(humanResult);
  for (const { domain, scope, result, humanResult } of spf)
    key += framed(domain) + framed(scope) + framed(result) + framed(humanResult);
  return key;
}

function framed(text: string | null): string {
  return text === null ? '-' : `${text.length}:${text}`;
}
