-- What SQL from outside may read: the columns stay, whatever becomes of the tables. docs/grafana.md lists them.
-- A migration that renames or drops what they read drops the views first and makes them again at its end.
CREATE VIEW v1_days AS
SELECT t.day AS time, d.name AS domain, t.verdict AS result, t.disposition, t.messages, t.estimated
FROM domain_days t JOIN domains d ON d.id = t.domain_id;

CREATE VIEW v1_sources AS
SELECT t.day AS time, d.name AS domain, s.ip AS source_ip, x.sender, y.class AS source_class, t.verdict AS result, t.disposition,
  t.messages, t.estimated
FROM source_days t
JOIN domains d ON d.id = t.domain_id
JOIN sources s ON s.id = t.source_id
LEFT JOIN source_senders x ON x.domain_id = t.domain_id AND x.source_id = t.source_id
LEFT JOIN senders y ON y.domain_id = x.domain_id AND y.sender = x.sender;

CREATE VIEW v1_reporters AS
SELECT t.day AS time, d.name AS domain, r.name AS reporter, t.verdict AS result, t.disposition, t.messages, t.estimated
FROM reporter_days t JOIN domains d ON d.id = t.domain_id JOIN reporters r ON r.id = t.reporter_id;

CREATE VIEW v1_alerts AS
SELECT f.opened_at AS time, f.public_id AS alert_id, d.name AS domain, f.rule, f.severity, f.status, f.sender, f.summary, f.resolved_at
FROM findings f LEFT JOIN domains d ON d.id = f.domain_id;
