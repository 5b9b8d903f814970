import type { Connection } from '../database.js';

export type Value = string | number | null;

/** Rows of one statement: beyond some twenty a longer one gains nothing. */
export const rowsTogether = 20;

/** `(?, ?), (?, ?)`: places for `rows` rows of `width` columns. */
export function places(rows: number, width: number): string {
  const row = `(${Array<string>(width).fill('?').join(', ')})`;
  return Array<string>(rows).fill(row).join(', ');
}

/** Inserts rows, many to a statement. When it throws, some of them are in the table: the caller rolls back. */
export class BulkInsert {
  readonly #width: number;
  readonly #many;
  readonly #one;

  constructor(db: Connection, table: string, columns: readonly string[]) {
    this.#width = columns.length;
    // OR FAIL: to undo a statement of many rows alone, SQLite would copy every page before it is touched.
    const into = `INSERT OR FAIL INTO ${table} (${columns.join(', ')}) VALUES`;
    this.#many = db.prepare<Value[]>(`${into} ${places(rowsTogether, this.#width)}`);
    this.#one = db.prepare<Value[]>(`${into} ${places(1, this.#width)}`);
  }

  /** `values` of whole rows, one row after the other. */
  run(values: readonly Value[]): void {
    const together = rowsTogether * this.#width;
    let at = 0;
    for (; at + together <= values.length; at += together) this.#many.run(...values.slice(at, at + together));
    for (; at < values.length; at += this.#width) this.#one.run(...values.slice(at, at + this.#width));
  }
}
