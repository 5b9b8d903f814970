-- Sums over all of our policy domains are read without adding up those of each: in domain_days and reporter_days they are the rows
-- of domain 0, which is none. All sums are booked with the report (src/store/totals.ts): a statement for each table costs less than
-- triggers for each row.
DROP TRIGGER daily_totals_added;
DROP TRIGGER daily_totals_changed;
DROP TRIGGER daily_totals_removed;

-- By class of sender, over all domains.
CREATE TABLE class_days (
  day         INTEGER NOT NULL,          -- Unix seconds at midnight UTC: event time
  class       TEXT NOT NULL,             -- as the last evaluation left it
  verdict     TEXT NOT NULL,
  disposition TEXT NOT NULL,
  messages    INTEGER NOT NULL,
  estimated   INTEGER NOT NULL,
  PRIMARY KEY (day, class, verdict, disposition)
) STRICT, WITHOUT ROWID;

-- Reports over all domains by reporter and period.
CREATE TABLE received_days (
  reporter_id INTEGER NOT NULL,
  last_day    INTEGER NOT NULL,
  first_day   INTEGER NOT NULL,
  reports     INTEGER NOT NULL,
  delay       INTEGER NOT NULL,          -- seconds from the end of the period to arrival, of all of them
  PRIMARY KEY (reporter_id, last_day, first_day)
) STRICT, WITHOUT ROWID;

-- Reports over all domains by day of arrival and whole hours since the end of their period.
CREATE TABLE late_days (
  day     INTEGER NOT NULL,
  hours   INTEGER NOT NULL,
  reports INTEGER NOT NULL,
  PRIMARY KEY (day, hours)
) STRICT, WITHOUT ROWID;

-- What a source IP sent, the sets that a domain has, who reports on it, for which domains: each out of an index, in its order.
CREATE INDEX source_days_by_source ON source_days (domain_id, source_id, day, verdict, disposition, messages, estimated);
CREATE INDEX auth_days_by_set ON auth_days (domain_id, auth_set_id, day, messages, fail);
CREATE INDEX reporter_days_by_reporter ON reporter_days (domain_id, reporter_id, day);
CREATE INDEX reports_by_reporter ON reports (reporter_id, last_day, arrived_at, domain_id, first_day);
CREATE INDEX reports_by_pair ON reports (reporter_id, domain_id, last_day, first_day);

DROP TRIGGER source_days_removed;
CREATE TRIGGER source_days_removed AFTER DELETE ON source_days BEGIN
  DELETE FROM source_starts WHERE domain_id = OLD.domain_id AND source_id = OLD.source_id AND first_day = OLD.day;
  INSERT OR IGNORE INTO source_starts
    SELECT OLD.domain_id, OLD.source_id, min(day) FROM source_days
    WHERE domain_id = OLD.domain_id AND source_id = OLD.source_id AND messages <> 0 HAVING min(day) IS NOT NULL;
END;

-- Whoever writes the sender of a source IP, or the class of a sender, moves the sums of the source IP from class to class.
CREATE VIEW class_moves AS SELECT 0 AS domain_id, 0 AS source_id, '' AS before, '' AS after;

CREATE TRIGGER class_moved INSTEAD OF INSERT ON class_moves WHEN NEW.before <> NEW.after BEGIN
  INSERT INTO class_days
    SELECT day, NEW.after, verdict, disposition, messages, estimated FROM source_days INDEXED BY source_days_by_source
    WHERE domain_id = NEW.domain_id AND source_id = NEW.source_id
    ON CONFLICT DO UPDATE SET messages = messages + excluded.messages, estimated = estimated + excluded.estimated;
  INSERT INTO class_days
    SELECT day, NEW.before, verdict, disposition, -messages, -estimated FROM source_days INDEXED BY source_days_by_source
    WHERE domain_id = NEW.domain_id AND source_id = NEW.source_id
    ON CONFLICT DO UPDATE SET messages = messages + excluded.messages, estimated = estimated + excluded.estimated;
  DELETE FROM class_days WHERE class = NEW.before AND messages = 0 AND day IN (
    SELECT day FROM source_days INDEXED BY source_days_by_source WHERE domain_id = NEW.domain_id AND source_id = NEW.source_id);
END;

CREATE TRIGGER source_sender_added AFTER INSERT ON source_senders BEGIN
  INSERT INTO class_moves SELECT NEW.domain_id, NEW.source_id, 'unknown', class FROM senders
    WHERE domain_id = NEW.domain_id AND sender = NEW.sender;
END;

CREATE TRIGGER source_sender_changed AFTER UPDATE OF sender ON source_senders WHEN OLD.sender <> NEW.sender BEGIN
  INSERT INTO class_moves SELECT NEW.domain_id, NEW.source_id,
    coalesce((SELECT class FROM senders WHERE domain_id = NEW.domain_id AND sender = OLD.sender), 'unknown'),
    coalesce((SELECT class FROM senders WHERE domain_id = NEW.domain_id AND sender = NEW.sender), 'unknown');
END;

CREATE TRIGGER sender_added AFTER INSERT ON senders BEGIN
  INSERT INTO class_moves SELECT domain_id, source_id, 'unknown', NEW.class FROM source_senders
    WHERE domain_id = NEW.domain_id AND sender = NEW.sender;
END;

CREATE TRIGGER sender_changed AFTER UPDATE OF class ON senders WHEN OLD.class <> NEW.class BEGIN
  INSERT INTO class_moves SELECT domain_id, source_id, OLD.class, NEW.class FROM source_senders
    WHERE domain_id = NEW.domain_id AND sender = NEW.sender;
END;
