-- A finding about the service itself has no domain.
CREATE TABLE findings_wide (
  id               INTEGER PRIMARY KEY,
  public_id        TEXT NOT NULL UNIQUE, -- alert_id outside
  fingerprint      TEXT NOT NULL,        -- SHA-256 of rule|domain|sender|mechanism
  rule             TEXT NOT NULL,
  severity         TEXT NOT NULL CHECK (severity IN ('critical', 'warning', 'info')),
  status           TEXT NOT NULL CHECK (status IN ('open', 'resolved')),
  domain_id        INTEGER REFERENCES domains (id), -- NULL: the service itself
  sender           TEXT NOT NULL,        -- our grouping of source IPs; else what the finding is about (a reporter, a name, a mailbox), or ''
  summary          TEXT NOT NULL,
  evidence         TEXT NOT NULL,        -- JSON: window, baseline, sources, reporters, dispositions, auth, next steps
  first_day        INTEGER NOT NULL,     -- event day of the first failure
  last_day         INTEGER NOT NULL,
  first_arrival    INTEGER NOT NULL,     -- arrival of the report that showed it
  opened_at        INTEGER NOT NULL,
  updated_at       INTEGER NOT NULL,
  resolved_at      INTEGER,
  resolution       TEXT,                 -- recovered, no_traffic, superseded, accepted
  told_at          INTEGER,              -- when it was put into the outbox
  told_by          TEXT                  -- id of the outbox message
) STRICT;
INSERT INTO findings_wide SELECT id, public_id, fingerprint, rule, severity, status, domain_id, sender, summary, evidence,
  first_day, last_day, first_arrival, opened_at, updated_at, resolved_at, resolution, told_at, told_by FROM findings;
DROP TABLE findings;
ALTER TABLE findings_wide RENAME TO findings;
CREATE UNIQUE INDEX findings_open ON findings (fingerprint) WHERE status = 'open';
CREATE INDEX findings_by_fingerprint ON findings (fingerprint, id);
CREATE INDEX findings_by_domain ON findings (domain_id, opened_at);
CREATE INDEX findings_untold ON findings (first_arrival) WHERE told_at IS NULL;

-- Names below a policy domain that mail passed DMARC with, as far as the watch has looked.
CREATE TABLE seen_names (
  domain_id INTEGER NOT NULL REFERENCES domains (id),
  name      TEXT NOT NULL,               -- header_from, lower case
  PRIMARY KEY (domain_id, name)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO seen_names
SELECT DISTINCT r.domain_id, lower(c.header_from) FROM records c JOIN reports r ON r.id = c.report
WHERE c.verdict <> 'fail' AND c.messages > 0 AND r.authenticity <> 'failed' AND c.header_from <> ''
  AND r.id <= coalesce((SELECT CAST(value AS INTEGER) FROM state WHERE key = 'evaluated_report_id'), 0);

-- How the polls of each mailbox went; written when that changes.
CREATE TABLE mailbox_polls (
  mailbox       TEXT PRIMARY KEY,
  failures      INTEGER NOT NULL,        -- in a row
  failing_since INTEGER,                 -- Unix seconds; NULL: the last poll was well
  error         TEXT NOT NULL            -- of the last failure; '' when it was well
) STRICT, WITHOUT ROWID;
