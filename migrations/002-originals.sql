-- Mails as they came, so that they can be read again.
CREATE TABLE originals (
  mail_id INTEGER PRIMARY KEY REFERENCES mails (id),
  kept_at INTEGER NOT NULL,              -- Unix seconds
  bytes   INTEGER NOT NULL               -- as packed
) STRICT;

CREATE TABLE original_pieces (
  id      INTEGER PRIMARY KEY,           -- mail_id * 1024 + place in the mail: small rows stay together in a page
  content BLOB NOT NULL                  -- zlib, each piece by itself
) STRICT;
