-- Bearer tokens of the API, made on the command line. The token itself is nowhere: only its SHA-256.
CREATE TABLE api_tokens (
  name TEXT PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  -- Comma list of read, admin and push.
  scopes TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  expires_at INTEGER,
  -- Midnight UTC; a write for every request would be a write too many.
  last_used_day INTEGER,
  -- A revoked token stays, so that revoking the last one does not open the API again.
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;
