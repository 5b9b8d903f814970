import type { PolicyPublished, ReportHeader } from '../model/report.js';
import { slot, type Drafts } from './drafts.js';
import { domainOf, emailOf, percentOf } from './fields.js';
import type { Note } from './problems.js';
import { dateRangeOf } from './times.js';
import { vocabulary, wordOf } from './vocabulary.js';

/** The head of the report from its texts. */
export function headerOf(drafts: Drafts, note: Note): ReportHeader {
  const reportId = drafts.text(slot.reportId);
  if (!reportId) note('missing-element', 'report_metadata/report_id', '');
  return {
    orgName: drafts.text(slot.orgName),
    email: emailOf(drafts.text(slot.email), note, 'report_metadata/email'),
    extraContactInfo: drafts.text(slot.extraContactInfo),
    reportId,
    ...dateRangeOf(drafts.text(slot.begin), drafts.text(slot.end), note),
    generator: drafts.text(slot.generator),
    errors: [...drafts.errors],
    policy: policyOf(drafts, note),
  };
}

function policyOf(drafts: Drafts, note: Note): PolicyPublished {
  const domain = drafts.text(slot.domain);
  const word = (name: string, at: number, words: ReadonlySet<string>) =>
    wordOf(drafts.text(at), words, note, `policy_published/${name}`);
  if (!domain) note('missing-element', 'policy_published/domain', '');
  return {
    domain: domainOf(domain, note, 'policy_published/domain'),
    adkim: word('adkim', slot.adkim, vocabulary.alignment),
    aspf: word('aspf', slot.aspf, vocabulary.alignment),
    p: word('p', slot.p, vocabulary.policy),
    sp: word('sp', slot.sp, vocabulary.policy),
    np: word('np', slot.np, vocabulary.policy),
    pct: percentOf(drafts.text(slot.pct), note, 'policy_published/pct'),
    fo: drafts.text(slot.fo),
    testing: word('testing', slot.testing, vocabulary.testing),
    discoveryMethod: word('discovery_method', slot.discoveryMethod, vocabulary.discovery),
  };
}
