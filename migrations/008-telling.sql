-- What people were told of a finding last, what is owed to them, and what they said. Times are Unix seconds.
CREATE TABLE tellings (
  finding_id INTEGER PRIMARY KEY REFERENCES findings (id),
  severity   TEXT NOT NULL CHECK (severity IN ('critical', 'warning', 'info')), -- as it was told last
  failed     INTEGER NOT NULL,           -- failing messages a day, as told last
  owed       TEXT CHECK (owed IN ('updated', 'resolved')), -- a change that nobody was told of yet
  owed_since INTEGER,
  remind_at  INTEGER,                    -- the next reminder; NULL: none
  alerted_at INTEGER,                    -- when it was told at once; NULL: in a digest
  acked_at   INTEGER                     -- somebody has it in hand
) STRICT;
CREATE INDEX tellings_owed ON tellings (finding_id) WHERE owed IS NOT NULL;
CREATE INDEX tellings_reminders ON tellings (remind_at) WHERE remind_at IS NOT NULL;
CREATE INDEX tellings_alerted ON tellings (alerted_at) WHERE alerted_at IS NOT NULL;

-- Findings that are not to be told until a moment, by fingerprint: also when they end and begin again.
CREATE TABLE ignored (
  fingerprint TEXT PRIMARY KEY,
  until       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- When a policy domain was last told of at once, and when its first summary went out.
CREATE TABLE domain_tellings (
  domain        TEXT PRIMARY KEY,
  told_at       INTEGER,
  introduced_at INTEGER
) STRICT, WITHOUT ROWID;

-- What is open and was told by name: reminders of it begin a week from now.
INSERT INTO tellings (finding_id, severity, failed, remind_at, alerted_at)
SELECT id, severity,
  coalesce(cast(json_extract(evidence, '$.latest.failed') / (julianday(json_extract(evidence, '$.latest.to'))
    - julianday(json_extract(evidence, '$.latest.from')) + 1) AS INTEGER), 0),
  iif(severity <> 'info', unixepoch() + 7 * 86400, NULL),
  iif(json_extract(evidence, '$.told_as') = 'alert', told_at, NULL)
FROM findings WHERE status = 'open' AND told_at IS NOT NULL AND told_by NOT IN ('none', 'superseded');

-- Until when a waiting message respects quiet hours, milliseconds since the epoch; NULL: as long as they last.
ALTER TABLE outbox ADD COLUMN last_call INTEGER;
