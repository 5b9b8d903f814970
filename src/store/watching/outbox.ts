import type { MessageKey, OutboxMessage, OutboxPort, PendingMessage, StandingAlert } from '../../model/alert.js';
import type { Connection } from '../database.js';

/** The longest wait that the delivery schedule asks for, with its jitter, is under 29 h. */
const longestWaitMs = 30 * 60 * 60 * 1000;
const batch = 50;

/** An earlier message of the same subject goes first: what is over must not be told before it began. */
const dueSql = `SELECT id, channel, kind, type, severity, subject, last_call AS lastCallMs, body, attempts FROM outbox o
  WHERE state = 'pending' AND channel = @channel AND (attempts = 0 OR next_at <= @now OR next_at > @far)
    AND (NOT @urgent OR (severity = 'critical' AND NOT @overdue) OR last_call <= @now)
    AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.state = 'pending' AND e.subject IS NOT NULL
      AND e.channel = o.channel AND e.subject = o.subject AND e.rowid < o.rowid)
  ORDER BY created_at, rowid LIMIT ${batch}`;

const nextSql = `SELECT min(next_at) FROM outbox
  WHERE state = 'pending' AND channel = @channel AND next_at > @now AND (NOT @urgent OR severity = 'critical')`;

const standingSql = `SELECT f.fingerprint, f.severity, o.body FROM findings f
  JOIN outbox o ON o.channel = ? AND o.id = f.told_by AND o.state = 'delivered'
  WHERE f.status = 'open' ORDER BY f.id`;

/**
 * The queue of messages. One that was not tried yet is due whatever the clock says, and one due further ahead than any wait is
 * due now: the clock was set back.
 */
export function openOutbox(db: Connection): OutboxPort {
  const due = db.prepare<
    [{ channel: string; now: number; far: number; urgent: number; overdue: number }],
    PendingMessage
  >(dueSql);
  const next = db.prepare<[{ channel: string; now: number; urgent: number }], number | null>(nextSql).pluck();
  const delivered = db.prepare(
    `UPDATE outbox SET state = 'delivered', attempts = attempts + 1, delivered_at = @at, last_error = NULL
     WHERE channel = @channel AND id = @id AND state = 'pending'`,
  );
  const failed = db.prepare(
    `UPDATE outbox SET state = iif(@next IS NULL, 'dropped', 'pending'), attempts = attempts + 1,
       next_at = coalesce(@next, next_at), last_error = @error
     WHERE channel = @channel AND id = @id AND state = 'pending'`,
  );
  const hasten = db.prepare<[{ channel: string; at: number }]>(
    `UPDATE outbox SET next_at = @at WHERE state = 'pending' AND channel = @channel AND next_at > @at`,
  );
  const standing = db.prepare<[string], StandingAlert>(standingSql);
  const putAll = openPut(db);
  const keepOnly = openKeepOnly(db);
  return {
    due: async (channel, { ms, urgentOnly, overdueOnly = false }) => {
      const asked = { channel, now: ms, far: ms + longestWaitMs, urgent: Number(urgentOnly || overdueOnly) };
      const messages = due.all({ ...asked, overdue: Number(overdueOnly) });
      return { messages, nextAt: next.get(asked) ?? null };
    },
    delivered: async (message, atMs) => void delivered.run({ ...keyOf(message), at: Math.floor(atMs / 1000) }),
    failed: async (message, { error, nextAtMs }) => void failed.run({ ...keyOf(message), error, next: nextAtMs }),
    hasten: async (channel, at) => void hasten.run({ channel, at }),
    put: async (messages, atMs) => putAll.immediate(messages, atMs),
    keepOnly: async (channels) => keepOnly.immediate(channels),
    standing: async (channel) => standing.all(channel),
  };
}

function keyOf({ channel, id }: MessageKey): MessageKey {
  return { channel, id };
}

function openPut(db: Connection) {
  const enqueue = openEnqueue(db);
  return db.transaction((messages: readonly OutboxMessage[], atMs: number) => {
    for (const message of messages) enqueue(message, atMs);
  });
}

function openKeepOnly(db: Connection) {
  const waiting = db.prepare<[], { channel: string; kind: string; messages: number }>(
    `SELECT channel, kind, count(*) AS messages FROM outbox WHERE state = 'pending' GROUP BY channel, kind`,
  );
  const drop = db.prepare(
    `UPDATE outbox SET state = 'dropped', last_error = 'the channel is no longer configured'
     WHERE state = 'pending' AND channel = ? AND kind = ?`,
  );
  return db.transaction((channels: Parameters<OutboxPort['keepOnly']>[0]) => {
    const foreign = waiting
      .all()
      .filter((each) => !channels.some(({ name, kind }) => name === each.channel && kind === each.kind));
    for (const { channel, kind } of foreign) drop.run(channel, kind);
    return foreign.map(({ channel, messages }) => ({ channel, messages }));
  });
}

/** Puts a message into the queue, due at once, inside the caller's transaction. `atMs`: milliseconds since the epoch. */
export function openEnqueue(db: Connection): (message: OutboxMessage, atMs: number) => void {
  const insert = db.prepare(
    `INSERT INTO outbox (id, channel, kind, type, severity, subject, last_call, body, state, attempts, next_at, created_at)
     VALUES (@id, @channel, @kind, @type, @severity, @subject, @lastCallMs, @body, 'pending', 0, @at, @created)`,
  );
  return ({ id, channel, kind, type, severity, subject, lastCallMs, body }, atMs) => {
    insert.run({
      id,
      channel,
      kind,
      type,
      severity,
      subject,
      lastCallMs,
      body,
      at: atMs,
      created: Math.floor(atMs / 1000),
    });
  };
}
