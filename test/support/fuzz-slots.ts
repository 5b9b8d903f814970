import { mailOutcomes } from '../../src/model/outcome.js';

/** Where in the shared integers of a fuzz run its figures stand. */
export const slots = {
  /** The mutant in hand. */
  index: 0,
  /** How many were begun. */
  beats: 1,
  slowestMicroseconds: 2,
  slowestIndex: 3,
  /** From here on, how many mutants ended as each outcome. */
  outcomes: 4,
  count: 4 + mailOutcomes.length,
} as const;

/** What a worker is told. */
export interface FuzzRange {
  readonly seed: number;
  readonly from: number;
  /** One past the last. */
  readonly to: number;
  readonly shared: SharedArrayBuffer;
  /** A mutant that never ends, to try the watchdog; -1: none. */
  readonly hangsAt: number;
}
