import type { Decision, SenderKind, SenderStep } from '../../model/sender.js';
import type { SourceClass } from '../../model/finding.js';
import type { Connection } from '../database.js';
import { domainIds, offsetOf, pageByOffset } from './scope.js';
import type { Page, Rows } from './scope.js';

/** A sender of a policy domain. Times in Unix seconds. */
export interface StoredSender {
  readonly domain: string;
  readonly sender: string;
  readonly title: string;
  readonly kind: SenderKind | null;
  readonly step: SenderStep;
  readonly evidence: string;
  readonly sources: number;
  readonly known: string | null;
  readonly class: SourceClass;
  readonly class_step: number;
  readonly class_evidence: string;
  readonly decision: Decision | null;
  readonly decision_until: number | null;
  readonly decided_by: string | null;
  readonly updated_at: number;
}

/** By domain, known senders first, then those of most sources. A decision shows at once, its effect after the next evaluation. */
const sql = `
SELECT d.name AS domain, s.sender, coalesce(x.title, s.title) AS title, s.kind, s.known,
       (SELECT step FROM source_senders o WHERE o.domain_id = s.domain_id AND o.sender = s.sender
        ORDER BY updated_at DESC, source_id LIMIT 1) AS step,
       (SELECT evidence FROM source_senders o WHERE o.domain_id = s.domain_id AND o.sender = s.sender
        ORDER BY updated_at DESC, source_id LIMIT 1) AS evidence,
       (SELECT count(*) FROM source_senders o WHERE o.domain_id = s.domain_id AND o.sender = s.sender) AS sources,
       s.class, s.class_step, s.class_evidence, x.decision, x.until AS decision_until, x.decided_by, s.updated_at
FROM senders s JOIN domains d ON d.id = s.domain_id
LEFT JOIN sender_decisions x ON x.domain_id = s.domain_id AND x.sender = s.sender
WHERE s.domain_id IN ${domainIds}
  AND EXISTS (SELECT 1 FROM source_senders o WHERE o.domain_id = s.domain_id AND o.sender = s.sender)
ORDER BY d.name, s.known IS NULL, sources DESC, s.sender LIMIT @limit OFFSET @offset`;

interface Parameters {
  readonly domains: string | null;
  readonly limit: number;
  readonly offset: number;
}

export function readSenders(db: Connection): (domains: readonly string[] | null, page: Page) => Rows<StoredSender> {
  const statement = db.prepare<Parameters, StoredSender>(sql);
  return (domains, page) => {
    const names = domains === null ? null : JSON.stringify(domains);
    return pageByOffset(statement.all({ domains: names, limit: page.limit + 1, offset: offsetOf(page) }), page);
  };
}
