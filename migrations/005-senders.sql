-- How the messages of a record authenticate beyond the verdict; rows of before are filled after this file ran.
ALTER TABLE records ADD COLUMN trait TEXT NOT NULL DEFAULT 'direct';

-- Whether a source failed before is asked for every source that fails: busy ones have thousands of passing rows.
CREATE INDEX records_failing ON records (source_id, report) WHERE verdict = 'fail';

-- UTC day x policy domain x source IP x reporter x verdict x disposition x trait; made from the records after this file ran.
DROP TABLE daily_totals;
CREATE TABLE daily_totals (
  domain_id   INTEGER NOT NULL REFERENCES domains (id),
  day         INTEGER NOT NULL,          -- Unix seconds at midnight UTC: event time
  source_id   INTEGER NOT NULL REFERENCES sources (id),
  reporter_id INTEGER NOT NULL REFERENCES reporters (id),
  verdict     TEXT NOT NULL,
  disposition TEXT NOT NULL,             -- none, quarantine, reject, pass or other
  messages    INTEGER NOT NULL,
  estimated   INTEGER NOT NULL,          -- of these, messages spread from reports of several days
  trait       TEXT NOT NULL DEFAULT 'direct',
  PRIMARY KEY (domain_id, day, source_id, reporter_id, verdict, disposition, trait)
) STRICT, WITHOUT ROWID;
CREATE INDEX daily_totals_by_source ON daily_totals (source_id, domain_id, day);

-- Confirmed names of source IPs.
CREATE TABLE ptr_names (
  source_id    INTEGER PRIMARY KEY REFERENCES sources (id),
  name         TEXT,                     -- forward-confirmed; NULL: none, or not confirmed
  generic      INTEGER NOT NULL DEFAULT 0, -- a name of an address pool: shown, never used for grouping
  looked_up_at INTEGER NOT NULL,         -- Unix seconds
  expires_at   INTEGER NOT NULL          -- Unix seconds
) STRICT;

-- The sender of each source IP of a domain, and what named it.
CREATE TABLE source_senders (
  domain_id  INTEGER NOT NULL REFERENCES domains (id),
  source_id  INTEGER NOT NULL REFERENCES sources (id),
  sender     TEXT NOT NULL,
  step       TEXT NOT NULL CHECK (step IN ('configured', 'ptr', 'dkim', 'spf', 'network')),
  evidence   TEXT NOT NULL,              -- in words
  bounces    INTEGER NOT NULL,           -- messages of the rows looked at whose raw SPF passes for the sender itself
  updated_at INTEGER NOT NULL,           -- Unix seconds
  PRIMARY KEY (domain_id, source_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX source_senders_by_sender ON source_senders (domain_id, sender, updated_at);

-- The senders of a domain.
CREATE TABLE senders (
  domain_id      INTEGER NOT NULL REFERENCES domains (id),
  sender         TEXT NOT NULL,
  title          TEXT NOT NULL,
  kind           TEXT,                   -- of the catalogue
  known          TEXT,                   -- why it is known, in words
  class          TEXT NOT NULL,
  class_step     INTEGER NOT NULL,
  class_evidence TEXT NOT NULL,
  updated_at     INTEGER NOT NULL,       -- Unix seconds
  PRIMARY KEY (domain_id, sender)
) STRICT, WITHOUT ROWID;

-- What the operator said.
CREATE TABLE sender_decisions (
  domain_id  INTEGER NOT NULL REFERENCES domains (id),
  sender     TEXT NOT NULL,
  decision   TEXT CHECK (decision IN ('known', 'ignore', 'threat')), -- NULL: only a title
  until      INTEGER,                    -- Unix seconds; NULL: for good
  title      TEXT,
  decided_by TEXT NOT NULL,
  decided_at INTEGER NOT NULL,           -- Unix seconds
  PRIMARY KEY (domain_id, sender)
) STRICT, WITHOUT ROWID;
