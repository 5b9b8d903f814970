-- One row a message and channel, rendered for that channel; the id is the same on all of them.
CREATE TABLE channel_outbox (
  id           TEXT NOT NULL,            -- webhook-id, Message-ID, ...
  channel      TEXT NOT NULL,            -- configured name
  kind         TEXT NOT NULL,            -- what the body was rendered for: webhook, slack, ...
  type         TEXT NOT NULL,            -- dmarc.alert.opened, ...
  severity     TEXT NOT NULL CHECK (severity IN ('critical', 'warning', 'info')),
  subject      TEXT,                     -- fingerprint of an alert: its messages keep their order
  body         TEXT NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dropped')),
  attempts     INTEGER NOT NULL,
  next_at      INTEGER NOT NULL,         -- milliseconds since the epoch
  last_error   TEXT,
  created_at   INTEGER NOT NULL,
  delivered_at INTEGER,
  PRIMARY KEY (channel, id)
) STRICT;

INSERT INTO channel_outbox (id, channel, kind, type, severity, subject, body, state, attempts, next_at, last_error, created_at, delivered_at)
SELECT id, channel, 'webhook', type,
  CASE json_extract(body, '$.data.severity') WHEN 'critical' THEN 'critical' WHEN 'warning' THEN 'warning' ELSE 'info' END,
  json_extract(body, '$.data.fingerprint'), body, state, attempts, next_at, last_error, created_at, delivered_at
FROM outbox ORDER BY rowid;

DROP TABLE outbox;
ALTER TABLE channel_outbox RENAME TO outbox;
CREATE INDEX outbox_pending ON outbox (channel, next_at) WHERE state = 'pending';
CREATE INDEX outbox_subjects ON outbox (channel, subject) WHERE state = 'pending' AND subject IS NOT NULL;
