-- Every evaluation adds up half a year of its source IPs: out of the index alone, which lies together by source IP.
DROP INDEX daily_totals_by_source;
CREATE INDEX daily_totals_by_source
  ON daily_totals (source_id, domain_id, day, reporter_id, verdict, trait, disposition, messages);

-- Whether some report of a domain failed authentication is asked before every such sum.
CREATE INDEX reports_failed ON reports (domain_id, last_day, first_day) WHERE authenticity = 'failed';
