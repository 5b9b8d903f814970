-- What was shown of the origin of a mail when it arrived; all NULL when nothing was. A later reading goes by it: keys are changed.
ALTER TABLE mails ADD COLUMN authenticity TEXT CHECK (authenticity IN ('verified', 'failed'));
ALTER TABLE mails ADD COLUMN proven_domain TEXT; -- organisational domain
ALTER TABLE mails ADD COLUMN proven_by TEXT CHECK (proven_by IN ('authentication_results', 'dkim'));

UPDATE mails SET authenticity = 'verified', proven_domain = r.proven_domain, proven_by = r.proven_by
FROM (SELECT mail_id, proven_domain, proven_by FROM reports WHERE proven_domain IS NOT NULL) AS r WHERE r.mail_id = mails.id;
UPDATE mails SET authenticity = 'failed'
WHERE authenticity IS NULL AND id IN (SELECT mail_id FROM reports WHERE authenticity = 'failed');
