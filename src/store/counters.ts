import type { Connection } from './database.js';

/** Moves arrival-time counters in the transaction that stores what they count. */
export class Counters {
  readonly #add;

  constructor(db: Connection) {
    this.#add = db.prepare<[string, string, number]>(
      `INSERT INTO counters (name, labels, value) VALUES (?, ?, ?)
       ON CONFLICT (name, labels) DO UPDATE SET value = value + excluded.value`,
    );
  }

  /** `labels` with its keys sorted, as the primary key needs it. */
  add(name: string, labels: Readonly<Record<string, string>>, value: number): void {
    if (value === 0) return;
    const sorted = Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
    this.#add.run(name, JSON.stringify(sorted), value);
  }
}
