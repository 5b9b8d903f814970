import type { PolicyPublished, ReportHeader } from '../model/report.js';
import type { Drafts, PolicyDraft } from './drafts.js';
import { domainOf, emailOf, percentOf } from './fields.js';
import type { Note } from './problems.js';
import { dateRangeOf } from './times.js';
import { vocabulary, wordOf } from './vocabulary.js';

/** The head of the report from its texts. */
export function headerOf({ metadata, policy }: Drafts, note: Note): ReportHeader {
  if (!metadata.reportId) note('missing-element', 'report_metadata/report_id', '');
  return {
    orgName: metadata.orgName,
    email: emailOf(metadata.email, note, 'report_metadata/email'),
    extraContactInfo: metadata.extraContactInfo,
    reportId: metadata.reportId,
    ...dateRangeOf(metadata.begin, metadata.end, note),
    generator: metadata.generator,
    errors: [...metadata.errors],
    policy: policyOf(policy, note),
  };
}

function policyOf(draft: PolicyDraft, note: Note): PolicyPublished {
  const word = (field: 'adkim' | 'aspf' | 'p' | 'sp' | 'np' | 'testing', words: ReadonlySet<string>) =>
    wordOf(draft[field], words, note, `policy_published/${field}`);
  if (!draft.domain) note('missing-element', 'policy_published/domain', '');
  return {
    domain: domainOf(draft.domain, note, 'policy_published/domain'),
    adkim: word('adkim', vocabulary.alignment),
    aspf: word('aspf', vocabulary.alignment),
    p: word('p', vocabulary.policy),
    sp: word('sp', vocabulary.policy),
    np: word('np', vocabulary.policy),
    pct: percentOf(draft.pct, note, 'policy_published/pct'),
    fo: draft.fo,
    testing: word('testing', vocabulary.testing),
    discoveryMethod: wordOf(draft.discoveryMethod, vocabulary.discovery, note, 'policy_published/discovery_method'),
  };
}
