-- What the mail of a report was proven to come from; both NULL when nothing was proven.
ALTER TABLE reports ADD COLUMN proven_domain TEXT; -- organisational domain
ALTER TABLE reports ADD COLUMN proven_by TEXT CHECK (proven_by IN ('authentication_results', 'dkim'));

-- A policy domain that is none of ours: its reports are kept, and are in no total.
ALTER TABLE domains ADD COLUMN is_foreign INTEGER NOT NULL DEFAULT 0 CHECK (is_foreign IN (0, 1));
