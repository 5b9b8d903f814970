import type { MailOutcomeKind } from '../../model/outcome.js';
import type { Connection } from '../database.js';

/** By how much counters move: JSON of name and labels (keys sorted) to the sum. */
export type CounterMoves = Map<string, number>;

/** Moves arrival-time counters in the transaction that stores what they count. */
export class Counters {
  readonly #add;
  #held: CounterMoves | null = null;

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
    if (!this.#held) return void this.#add.run(name, JSON.stringify(sorted), value);
    const key = JSON.stringify([name, sorted]);
    this.#held.set(key, (this.#held.get(key) ?? 0) + value);
  }

  /** Holds all moves back while `work` runs, then makes those that go beyond `earlier`: counters never fall. */
  async beyond<T>(earlier: CounterMoves, work: () => Promise<T>): Promise<T> {
    const held: CounterMoves = new Map();
    this.#held = held;
    let result: T;
    try {
      result = await work();
    } finally {
      this.#held = null;
    }
    for (const [key, value] of held) {
      const [name, labels] = JSON.parse(key) as [string, Record<string, string>];
      const more = value - (earlier.get(key) ?? 0);
      if (more > 0) this.add(name, labels, more);
    }
    return result;
  }
}

/** The `reason` of `dmarc_reports_failed_total` for a mail; null when it did not fail. A conflict is counted by report. */
export function failureReason(outcome: MailOutcomeKind): string | null {
  switch (outcome) {
    case 'malformed':
    case 'partial':
      return 'bad_xml';
    case 'oversized':
      return 'limit';
    case 'unsupported':
      return 'unsupported';
    case 'failed':
      return 'other';
    default:
      return null;
  }
}
