import { constants, openSync, readFileSync, writeSync } from 'node:fs';
import type { Connection } from './database.js';

/** Mails that are remembered; what is settled is forgotten, so that more than one is rare. */
const remembered = 100;

/**
 * Which mail is being read, in a file beside the database, so that a mail that ends the whole process (out of memory, a crash in
 * native code) is known at the next start. Nothing is forced to the disk: no mail is to blame when the machine fails. Never
 * throws: without room for its mark a mail is read all the same.
 */
export class InHand {
  readonly #path: string;
  #file: number | null = null;

  constructor(db: string) {
    this.#path = `${db}-in-hand`;
  }

  /** Keys have no line ends. The rest of a longer key stays behind the first line and means nothing. */
  begin(key: string): void {
    this.#write(`${key}\n`);
  }

  end(): void {
    this.#write('\n');
  }

  /** The key of the mail that was being read when the last process died; null when there was none. */
  left(): string | null {
    try {
      const [key = ''] = readFileSync(this.#path, 'utf8').split('\n', 1);
      return key === '' ? null : key;
    } catch {
      return null;
    }
  }

  #write(text: string): void {
    try {
      this.#file ??= openSync(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600);
      writeSync(this.#file, text, 0);
    } catch {
      // Mails are read without the mark then.
    }
  }
}

/** How often a process died over which mail, kept in the database. */
export class Deaths {
  readonly #write;
  readonly #counts: Map<string, number>;

  constructor(db: Connection) {
    this.#write = db.prepare<[string]>(
      "INSERT INTO state VALUES ('deaths', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    );
    const stored = db.prepare<[], string>("SELECT value FROM state WHERE key = 'deaths'").pluck().get();
    this.#counts = new Map(JSON.parse(stored ?? '[]') as [string, number][]);
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  add(key: string): void {
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.delete(key);
    this.#counts.set(key, count);
    this.#store();
  }

  /** What is settled is not tried again. */
  forget(keys: readonly string[]): void {
    const gone = keys.filter((key) => this.#counts.delete(key));
    if (gone.length > 0) this.#store();
  }

  #store(): void {
    this.#write.run(JSON.stringify([...this.#counts].slice(-remembered)));
  }
}
