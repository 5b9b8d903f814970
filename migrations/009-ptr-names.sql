-- Source IPs that were looked at of late are asked for their names.
CREATE INDEX source_senders_by_update ON source_senders (updated_at);
