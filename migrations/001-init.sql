-- Dictionaries: names that repeat in every row are kept once.
CREATE TABLE reporters (
  id   INTEGER PRIMARY KEY,
  key  TEXT NOT NULL UNIQUE,             -- org name folded; the e-mail domain when the name is empty
  name TEXT NOT NULL                     -- as first seen
) STRICT;

CREATE TABLE domains (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE              -- policy domain, lower case
) STRICT;

CREATE TABLE sources (
  id INTEGER PRIMARY KEY,
  ip TEXT NOT NULL UNIQUE                -- canonical text
) STRICT;

-- The ledger: every mail ever seen, and what became of it.
CREATE TABLE mails (
  id           INTEGER PRIMARY KEY,
  source       TEXT NOT NULL,            -- configured mailbox or directory
  folder       TEXT NOT NULL,
  uid_validity INTEGER,
  uid          INTEGER,
  path         TEXT,
  modified_at  INTEGER,                  -- files: modification time, Unix seconds
  digest       BLOB,                     -- SHA-256 of the mail; NULL when it was too large to fetch
  message_id   TEXT,
  subject      TEXT,
  mail_from    TEXT,
  size         INTEGER NOT NULL,
  received_at  INTEGER,                  -- INTERNALDATE, Unix seconds
  processed_at INTEGER NOT NULL,
  outcome      TEXT NOT NULL,
  reason       TEXT NOT NULL,
  problems     TEXT NOT NULL DEFAULT '[]' -- JSON
) STRICT;
CREATE UNIQUE INDEX mails_by_uid ON mails (source, folder, uid_validity, uid) WHERE uid IS NOT NULL;
CREATE INDEX mails_by_path ON mails (source, path, size) WHERE path IS NOT NULL;
CREATE INDEX mails_by_outcome ON mails (outcome, id);

CREATE TABLE checkpoints (
  source       TEXT NOT NULL,
  folder       TEXT NOT NULL,
  uid_validity INTEGER NOT NULL,
  uid          INTEGER NOT NULL,         -- highest UID settled
  updated_at   INTEGER NOT NULL,
  PRIMARY KEY (source, folder)
) STRICT, WITHOUT ROWID;

CREATE TABLE reports (
  id                 INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: evaluation goes by it
  mail_id            INTEGER NOT NULL REFERENCES mails (id),
  reporter_id        INTEGER NOT NULL REFERENCES reporters (id),
  domain_id          INTEGER NOT NULL REFERENCES domains (id),
  report_id          TEXT NOT NULL,
  begin_at           INTEGER NOT NULL,
  end_at             INTEGER NOT NULL,
  state              TEXT NOT NULL CHECK (state IN ('complete', 'partial')),
  digest             BLOB NOT NULL,      -- SHA-256 of the unpacked XML
  file               TEXT NOT NULL,      -- part name and archive members, for people
  generation         TEXT,
  namespace          TEXT,
  org_name           TEXT,
  email              TEXT,
  extra_contact_info TEXT,
  generator          TEXT,
  errors             TEXT NOT NULL,      -- JSON
  p TEXT, sp TEXT, np TEXT, pct INTEGER, adkim TEXT, aspf TEXT, fo TEXT, testing TEXT, discovery_method TEXT,
  records            INTEGER NOT NULL,
  messages           INTEGER NOT NULL,
  dkim_pass          INTEGER NOT NULL,
  spf_pass           INTEGER NOT NULL,
  pass               INTEGER NOT NULL,
  problems           TEXT NOT NULL,      -- JSON
  authenticity       TEXT NOT NULL CHECK (authenticity IN ('verified', 'unverified', 'failed')),
  first_day          INTEGER NOT NULL,   -- Unix seconds at midnight UTC
  last_day           INTEGER NOT NULL,
  arrived_at         INTEGER NOT NULL    -- when we stored it, Unix seconds
) STRICT;
CREATE INDEX reports_by_identity ON reports (reporter_id, domain_id, report_id, begin_at, end_at);
CREATE INDEX reports_by_domain ON reports (domain_id, last_day);
CREATE INDEX reports_by_arrival ON reports (arrived_at);
CREATE INDEX reports_by_domain_arrival ON reports (domain_id, arrived_at);
CREATE INDEX reports_by_mail ON reports (mail_id);

-- Sets of DKIM and SPF results: most records of a report share a few.
CREATE TABLE auth_sets (
  id     INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE
) STRICT;

CREATE TABLE auth_results (
  set_id       INTEGER NOT NULL REFERENCES auth_sets (id),
  seq          INTEGER NOT NULL,
  method       TEXT NOT NULL CHECK (method IN ('dkim', 'spf')),
  domain       TEXT,
  selector     TEXT,                     -- dkim
  scope        TEXT,                     -- spf
  result       TEXT,
  human_result TEXT,
  PRIMARY KEY (set_id, seq)
) STRICT, WITHOUT ROWID;

-- The per-IP rows as reported.
CREATE TABLE records (
  id            INTEGER PRIMARY KEY,
  report        INTEGER NOT NULL REFERENCES reports (id) DEFERRABLE INITIALLY DEFERRED, -- rows are written before the header is known
  source_id     INTEGER NOT NULL REFERENCES sources (id),
  messages      INTEGER NOT NULL,
  disposition   TEXT,
  dkim          TEXT,                    -- policy_evaluated, aligned
  spf           TEXT,
  verdict       TEXT NOT NULL CHECK (verdict IN ('pass_both', 'pass_dkim', 'pass_spf', 'fail')),
  header_from   TEXT,
  envelope_from TEXT,
  envelope_to   TEXT,
  auth_set_id   INTEGER NOT NULL REFERENCES auth_sets (id)
) STRICT;
CREATE INDEX records_by_report ON records (report);
CREATE INDEX records_by_source ON records (source_id, report);

CREATE TABLE override_reasons (
  record_id INTEGER NOT NULL REFERENCES records (id),
  seq       INTEGER NOT NULL,
  type      TEXT,
  comment   TEXT,
  PRIMARY KEY (record_id, seq)
) STRICT, WITHOUT ROWID;

-- UTC day x policy domain x source IP x reporter x verdict x disposition.
CREATE TABLE daily_totals (
  domain_id   INTEGER NOT NULL REFERENCES domains (id),
  day         INTEGER NOT NULL,          -- Unix seconds at midnight UTC: event time
  source_id   INTEGER NOT NULL REFERENCES sources (id),
  reporter_id INTEGER NOT NULL REFERENCES reporters (id),
  verdict     TEXT NOT NULL,
  disposition TEXT NOT NULL,             -- none, quarantine, reject, pass or other
  messages    INTEGER NOT NULL,
  estimated   INTEGER NOT NULL,          -- of these, messages spread from reports of several days
  PRIMARY KEY (domain_id, day, source_id, reporter_id, verdict, disposition)
) STRICT, WITHOUT ROWID;
CREATE INDEX daily_totals_by_source ON daily_totals (source_id, domain_id, day);

-- Arrival-time counters, moved in the transaction that stores what they count.
CREATE TABLE counters (
  name   TEXT NOT NULL,
  labels TEXT NOT NULL,                  -- JSON object, keys sorted
  value  INTEGER NOT NULL,
  PRIMARY KEY (name, labels)
) STRICT, WITHOUT ROWID;

CREATE TABLE findings (
  id               INTEGER PRIMARY KEY,
  public_id        TEXT NOT NULL UNIQUE, -- alert_id outside
  fingerprint      TEXT NOT NULL,        -- SHA-256 of rule|domain|sender
  rule             TEXT NOT NULL,
  severity         TEXT NOT NULL CHECK (severity IN ('critical', 'warning', 'info')),
  status           TEXT NOT NULL CHECK (status IN ('open', 'resolved')),
  domain_id        INTEGER NOT NULL REFERENCES domains (id),
  sender           TEXT NOT NULL,        -- our grouping of source IPs
  summary          TEXT NOT NULL,
  evidence         TEXT NOT NULL,        -- JSON: window, baseline, sources, reporters, dispositions, auth, next steps
  first_day        INTEGER NOT NULL,     -- event day of the first failure
  last_day         INTEGER NOT NULL,
  first_arrival    INTEGER NOT NULL,     -- arrival of the report that showed it
  opened_at        INTEGER NOT NULL,
  updated_at       INTEGER NOT NULL,
  resolved_at      INTEGER,
  resolution       TEXT,                 -- recovered, no_traffic, superseded
  told_at          INTEGER,              -- when it was put into the outbox
  told_by          TEXT                  -- id of the outbox message
) STRICT;
CREATE UNIQUE INDEX findings_open ON findings (fingerprint) WHERE status = 'open';
CREATE INDEX findings_by_fingerprint ON findings (fingerprint, id);
CREATE INDEX findings_by_domain ON findings (domain_id, opened_at);
CREATE INDEX findings_untold ON findings (first_arrival) WHERE told_at IS NULL;

CREATE TABLE finding_sources (
  finding_id INTEGER NOT NULL REFERENCES findings (id),
  source_id  INTEGER NOT NULL REFERENCES sources (id),
  PRIMARY KEY (finding_id, source_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX finding_sources_by_source ON finding_sources (source_id);

-- Messages on their way out; body and id are frozen when the row is written.
CREATE TABLE outbox (
  id           TEXT PRIMARY KEY,         -- webhook-id
  channel      TEXT NOT NULL,
  type         TEXT NOT NULL,            -- dmarc.alert.opened, ...
  body         TEXT NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dropped')),
  attempts     INTEGER NOT NULL,
  next_at      INTEGER NOT NULL,         -- milliseconds since the epoch
  last_error   TEXT,
  created_at   INTEGER NOT NULL,
  delivered_at INTEGER
) STRICT;
CREATE INDEX outbox_pending ON outbox (next_at) WHERE state = 'pending';

-- What the service remembers about itself: evaluated_report_id, first_catch_up_done_at, ...
CREATE TABLE state (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
