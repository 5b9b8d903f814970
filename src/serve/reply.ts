import type { ListAnswer } from '../model/api.js';
import type { Rows, StoredAlert } from '../store/store.js';
import { cursorOf } from './query.js';

/** Rows as the API gives them, with the cursor of the next page. */
export function listAnswer<S, R>(
  found: Rows<S>,
  present: (row: S) => R,
  completeThrough: string | null,
): ListAnswer<R> {
  return {
    rows: found.rows.map(present),
    next_cursor: found.next && cursorOf(found.next),
    complete_through: completeThrough,
  };
}

/** ISO 8601 UTC to the second. */
export function timeOf(seconds: number): string {
  return isDate(seconds) ? new Date(seconds * 1000).toISOString().replace('.000Z', 'Z') : '1970-01-01T00:00:00Z';
}

export function maybeTimeOf(seconds: number | null): string | null {
  return seconds === null ? null : timeOf(seconds);
}

/** A report may state any number as its time. */
function isDate(seconds: number): boolean {
  return Number.isInteger(seconds) && Math.abs(seconds) <= 253_402_300_799;
}

/** pass / messages; null without messages. */
export function passRate({ messages, pass }: { readonly messages: number; readonly pass: number }): number | null {
  return messages === 0 ? null : pass / messages;
}

/** Until when an alert is ignored; null when it is not, or no longer. */
export function ignoredUntil({ ignored_until: until }: Pick<StoredAlert, 'ignored_until'>, now: number): number | null {
  return until !== null && until > now ? until : null;
}
