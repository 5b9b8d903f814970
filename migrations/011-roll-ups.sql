-- Sums of daily_totals without reporter and source IP, without the one, without the other: a chart of ninety days reads few rows.
CREATE TABLE domain_days (
  domain_id   INTEGER NOT NULL,
  day         INTEGER NOT NULL,          -- Unix seconds at midnight UTC: event time
  verdict     TEXT NOT NULL,
  disposition TEXT NOT NULL,
  messages    INTEGER NOT NULL,
  estimated   INTEGER NOT NULL,
  PRIMARY KEY (domain_id, day, verdict, disposition)
) STRICT, WITHOUT ROWID;

CREATE TABLE reporter_days (
  domain_id   INTEGER NOT NULL,
  day         INTEGER NOT NULL,
  reporter_id INTEGER NOT NULL,
  verdict     TEXT NOT NULL,
  disposition TEXT NOT NULL,
  messages    INTEGER NOT NULL,
  estimated   INTEGER NOT NULL,
  PRIMARY KEY (domain_id, day, reporter_id, verdict, disposition)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_days (
  domain_id   INTEGER NOT NULL,
  day         INTEGER NOT NULL,
  source_id   INTEGER NOT NULL,
  verdict     TEXT NOT NULL,
  disposition TEXT NOT NULL,
  messages    INTEGER NOT NULL,
  estimated   INTEGER NOT NULL,
  PRIMARY KEY (domain_id, day, source_id, verdict, disposition)
) STRICT, WITHOUT ROWID;

-- The first event day of each source IP of a domain.
CREATE TABLE source_starts (
  domain_id INTEGER NOT NULL,
  source_id INTEGER NOT NULL,
  first_day INTEGER NOT NULL,
  PRIMARY KEY (domain_id, source_id)
) STRICT, WITHOUT ROWID;

-- Messages by set of raw results; booked from the records as daily_totals is.
CREATE TABLE auth_days (
  domain_id   INTEGER NOT NULL,
  day         INTEGER NOT NULL,
  auth_set_id INTEGER NOT NULL,
  messages    INTEGER NOT NULL,
  fail        INTEGER NOT NULL,
  PRIMARY KEY (domain_id, day, auth_set_id)
) STRICT, WITHOUT ROWID;

INSERT INTO domain_days SELECT domain_id, day, verdict, disposition, sum(messages), sum(estimated) FROM daily_totals GROUP BY 1, 2, 3, 4;
INSERT INTO reporter_days SELECT domain_id, day, reporter_id, verdict, disposition, sum(messages), sum(estimated) FROM daily_totals GROUP BY 1, 2, 3, 4, 5;
INSERT INTO source_days SELECT domain_id, day, source_id, verdict, disposition, sum(messages), sum(estimated) FROM daily_totals GROUP BY 1, 2, 3, 4, 5;
INSERT INTO source_starts SELECT domain_id, source_id, min(day) FROM source_days GROUP BY 1, 2;
-- The share of a day as daily_totals has it: whole messages that add up exactly.
WITH RECURSIVE spread (report, domain_id, first_day, days, i) AS (
  SELECT r.id, r.domain_id, r.first_day, (r.last_day - r.first_day) / 86400 + 1, 0
  FROM reports r JOIN domains d ON d.id = r.domain_id WHERE NOT d.is_foreign
  UNION ALL SELECT report, domain_id, first_day, days, i + 1 FROM spread WHERE i + 1 < days
), shares AS (
  SELECT s.domain_id, s.first_day + s.i * 86400 AS day, c.auth_set_id, c.verdict,
         c.messages * (s.i + 1) / s.days - c.messages * s.i / s.days AS share
  FROM spread s JOIN records c ON c.report = s.report
)
INSERT INTO auth_days SELECT domain_id, day, auth_set_id, sum(share), sum(iif(verdict = 'fail', share, 0))
FROM shares GROUP BY 1, 2, 3 HAVING sum(share) <> 0;

CREATE INDEX source_days_failing ON source_days (domain_id, day, source_id, disposition, messages) WHERE verdict = 'fail';
CREATE INDEX source_starts_by_day ON source_starts (domain_id, first_day);

-- Whoever writes daily_totals keeps the sums right, in the same transaction.
CREATE TRIGGER daily_totals_added AFTER INSERT ON daily_totals BEGIN
  INSERT INTO domain_days VALUES (NEW.domain_id, NEW.day, NEW.verdict, NEW.disposition, NEW.messages, NEW.estimated)
    ON CONFLICT DO UPDATE SET messages = messages + excluded.messages, estimated = estimated + excluded.estimated;
  INSERT INTO reporter_days VALUES (NEW.domain_id, NEW.day, NEW.reporter_id, NEW.verdict, NEW.disposition, NEW.messages, NEW.estimated)
    ON CONFLICT DO UPDATE SET messages = messages + excluded.messages, estimated = estimated + excluded.estimated;
  INSERT INTO source_days VALUES (NEW.domain_id, NEW.day, NEW.source_id, NEW.verdict, NEW.disposition, NEW.messages, NEW.estimated)
    ON CONFLICT DO UPDATE SET messages = messages + excluded.messages, estimated = estimated + excluded.estimated;
END;

CREATE TRIGGER daily_totals_changed AFTER UPDATE OF messages, estimated ON daily_totals BEGIN
  UPDATE domain_days SET messages = messages + NEW.messages - OLD.messages, estimated = estimated + NEW.estimated - OLD.estimated
    WHERE domain_id = NEW.domain_id AND day = NEW.day AND verdict = NEW.verdict AND disposition = NEW.disposition;
  UPDATE reporter_days SET messages = messages + NEW.messages - OLD.messages, estimated = estimated + NEW.estimated - OLD.estimated
    WHERE domain_id = NEW.domain_id AND day = NEW.day AND reporter_id = NEW.reporter_id AND verdict = NEW.verdict AND disposition = NEW.disposition;
  UPDATE source_days SET messages = messages + NEW.messages - OLD.messages, estimated = estimated + NEW.estimated - OLD.estimated
    WHERE domain_id = NEW.domain_id AND day = NEW.day AND source_id = NEW.source_id AND verdict = NEW.verdict AND disposition = NEW.disposition;
END;

CREATE TRIGGER daily_totals_removed AFTER DELETE ON daily_totals BEGIN
  UPDATE domain_days SET messages = messages - OLD.messages, estimated = estimated - OLD.estimated
    WHERE domain_id = OLD.domain_id AND day = OLD.day AND verdict = OLD.verdict AND disposition = OLD.disposition;
  DELETE FROM domain_days
    WHERE domain_id = OLD.domain_id AND day = OLD.day AND verdict = OLD.verdict AND disposition = OLD.disposition AND messages = 0;
  UPDATE reporter_days SET messages = messages - OLD.messages, estimated = estimated - OLD.estimated
    WHERE domain_id = OLD.domain_id AND day = OLD.day AND reporter_id = OLD.reporter_id AND verdict = OLD.verdict AND disposition = OLD.disposition;
  DELETE FROM reporter_days
    WHERE domain_id = OLD.domain_id AND day = OLD.day AND reporter_id = OLD.reporter_id AND verdict = OLD.verdict AND disposition = OLD.disposition AND messages = 0;
  UPDATE source_days SET messages = messages - OLD.messages, estimated = estimated - OLD.estimated
    WHERE domain_id = OLD.domain_id AND day = OLD.day AND source_id = OLD.source_id AND verdict = OLD.verdict AND disposition = OLD.disposition;
  DELETE FROM source_days
    WHERE domain_id = OLD.domain_id AND day = OLD.day AND source_id = OLD.source_id AND verdict = OLD.verdict AND disposition = OLD.disposition AND messages = 0;
END;

CREATE TRIGGER source_days_added AFTER INSERT ON source_days BEGIN
  INSERT INTO source_starts VALUES (NEW.domain_id, NEW.source_id, NEW.day)
    ON CONFLICT DO UPDATE SET first_day = excluded.first_day WHERE excluded.first_day < first_day;
END;

CREATE TRIGGER source_days_removed AFTER DELETE ON source_days BEGIN
  DELETE FROM source_starts WHERE domain_id = OLD.domain_id AND source_id = OLD.source_id AND first_day = OLD.day;
  INSERT OR IGNORE INTO source_starts
    SELECT OLD.domain_id, OLD.source_id, min(day) FROM daily_totals
    WHERE source_id = OLD.source_id AND domain_id = OLD.domain_id AND messages <> 0 HAVING min(day) IS NOT NULL;
END;

-- Who sent how many reports when, under which policy, and how late: out of an index alone.
CREATE INDEX reports_by_policy ON reports (domain_id, last_day, p, sp, np, adkim, aspf, pct, testing, first_day, authenticity, reporter_id);
CREATE INDEX reports_by_delay ON reports (domain_id, last_day, first_day, reporter_id, arrived_at, end_at);
CREATE INDEX reports_by_lateness ON reports (domain_id, arrived_at, last_day, end_at);
DROP INDEX reports_by_domain_arrival;
