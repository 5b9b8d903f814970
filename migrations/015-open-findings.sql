-- Every evaluation asks for what is open by rule, and for what has been silent: without reading what findings say.
CREATE INDEX findings_open_by_rule ON findings (rule, domain_id) WHERE status = 'open';
CREATE INDEX findings_open_by_day ON findings (last_day) WHERE status = 'open';
