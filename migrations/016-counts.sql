-- How many reports and records are stored, in one row that moves with every report: counting millions of records takes a while after
-- each commit. reports.records is the number of records that are stored of a report.
CREATE TABLE stored_counts (
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  reports INTEGER NOT NULL,
  records INTEGER NOT NULL
) STRICT;
INSERT INTO stored_counts SELECT 1, count(*), coalesce(sum(records), 0) FROM reports;

CREATE TRIGGER report_counted AFTER INSERT ON reports BEGIN
  UPDATE stored_counts SET reports = reports + 1, records = records + NEW.records;
END;
CREATE TRIGGER report_uncounted AFTER DELETE ON reports BEGIN
  UPDATE stored_counts SET reports = reports - 1, records = records - OLD.records;
END;
