import type { OutboxMessage, OutboxPort, PendingMessage } from '../model/alert.js';
import type { Connection } from './database.js';

/** The longest wait that the delivery schedule asks for, with its jitter, is under 29 h. */
const longestWaitMs = 30 * 60 * 60 * 1000;
const batch = 50;

/** The queue of messages. A message due further ahead than any wait is due now: the clock was set back. */
export function openOutbox(db: Connection): OutboxPort {
  const due = db.prepare<[{ now: number; far: number }], PendingMessage>(
    `SELECT id, channel, type, body, attempts FROM outbox
     WHERE state = 'pending' AND (next_at <= @now OR next_at > @far) ORDER BY created_at, rowid LIMIT ${batch}`,
  );
  const next = db
    .prepare<[number], number | null>(`SELECT min(next_at) FROM outbox WHERE state = 'pending' AND next_at > ?`)
    .pluck();
  const delivered = db.prepare(
    `UPDATE outbox SET state = 'delivered', attempts = attempts + 1, delivered_at = @at, last_error = NULL
     WHERE id = @id AND state = 'pending'`,
  );
  const failed = db.prepare(
    `UPDATE outbox SET state = iif(@next IS NULL, 'dropped', 'pending'), attempts = attempts + 1,
       next_at = coalesce(@next, next_at), last_error = @error
     WHERE id = @id AND state = 'pending'`,
  );
  return {
    due: async (nowMs) => ({
      messages: due.all({ now: nowMs, far: nowMs + longestWaitMs }),
      nextAt: next.get(nowMs) ?? null,
    }),
    delivered: async (id, atMs) => void delivered.run({ id, at: Math.floor(atMs / 1000) }),
    failed: async (id, { error, nextAtMs }) => void failed.run({ id, error, next: nextAtMs }),
  };
}

/** Puts messages into the queue, due at once, inside the caller's transaction. `atMs`: milliseconds since the epoch. */
export function openEnqueue(db: Connection): (channel: string, message: OutboxMessage, atMs: number) => void {
  const insert = db.prepare(
    `INSERT INTO outbox (id, channel, type, body, state, attempts, next_at, created_at)
     VALUES (@id, @channel, @type, @body, 'pending', 0, @at, @created)`,
  );
  return (channel, { id, type, body }, atMs) => {
    insert.run({ id, channel, type, body, at: atMs, created: Math.floor(atMs / 1000) });
  };
}
