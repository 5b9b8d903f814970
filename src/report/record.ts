import type { Limits } from '../config/limits.js';
import type { DkimResult, OverrideReason, ReportRecord, SpfResult } from '../model/report.js';
import type { DkimDraft, ReasonDraft, RecordDraft, SpfDraft } from './drafts.js';
import { addressOf, domainOf, integerOf } from './fields.js';
import type { Note } from './problems.js';
import { vocabulary, wordOf } from './vocabulary.js';

/** The record that the texts mean; null when the row has to be left out, which is noted. */
export function recordOf(draft: RecordDraft, limits: Limits, note: Note): ReportRecord | null {
  const count = countOf(draft.count, limits, note);
  if (count === null) return null;
  const sourceIp = draft.sourceIp === null ? null : addressOf(draft.sourceIp, note, 'row/source_ip');
  if (sourceIp === null) {
    note('bad-source-ip', 'row/source_ip', draft.sourceIp ?? 'there is none');
    return null;
  }
  if (draft.dkim === null && draft.spf === null) note('missing-element', 'row/policy_evaluated', 'there is no verdict');
  if (!draft.headerFrom) note('missing-element', 'identifiers/header_from', '');
  return {
    sourceIp,
    count,
    disposition: wordOf(draft.disposition, vocabulary.disposition, note, 'row/policy_evaluated/disposition'),
    dkim: wordOf(draft.dkim, vocabulary.verdict, note, 'row/policy_evaluated/dkim'),
    spf: wordOf(draft.spf, vocabulary.verdict, note, 'row/policy_evaluated/spf'),
    reasons: draft.reasons.map((reason) => reasonOf(reason, note)),
    headerFrom: domainOf(draft.headerFrom, note, 'identifiers/header_from'),
    envelopeFrom: domainOf(draft.envelopeFrom, note, 'identifiers/envelope_from'),
    envelopeTo: domainOf(draft.envelopeTo, note, 'identifiers/envelope_to'),
    auth: {
      dkim: draft.authDkim.map((result) => dkimOf(result, note)),
      spf: draft.authSpf.map((result) => spfOf(result, note)),
    },
  };
}

const plainCount = /^[1-9]\d{0,7}$/;

/** Null: the row adds nothing or its count means nothing. */
function countOf(raw: string | null, limits: Limits, note: Note): number | null {
  const path = 'row/count';
  if (raw === null || raw === '') {
    note('missing-count', path, raw === null ? 'there is none' : 'it is empty');
    return 1;
  }
  const count = plainCount.test(raw) ? Number(raw) : integerOf(raw);
  if (count !== null && count > 0) {
    if (count > limits.count) note('count-capped', path, raw);
    return Math.min(count, limits.count);
  }
  if (count === null) note('bad-count', path, raw);
  else note(count < 0 ? 'negative-count' : 'null-row', path, raw);
  return null;
}

function reasonOf(draft: ReasonDraft, note: Note): OverrideReason {
  const path = 'row/policy_evaluated/reason';
  if (draft.text !== null) note('reason-text', path, draft.text);
  return {
    type: wordOf(draft.type, vocabulary.reason, note, `${path}/type`),
    comment: draft.comment ?? draft.text,
  };
}

function dkimOf(draft: DkimDraft, note: Note): DkimResult {
  return {
    domain: domainOf(draft.domain, note, 'auth_results/dkim/domain'),
    selector: draft.selector,
    result: wordOf(draft.result, vocabulary.dkimResult, note, 'auth_results/dkim/result'),
    humanResult: draft.humanResult,
  };
}

function spfOf(draft: SpfDraft, note: Note): SpfResult {
  return {
    domain: domainOf(draft.domain, note, 'auth_results/spf/domain'),
    scope: wordOf(draft.scope, vocabulary.scope, note, 'auth_results/spf/scope'),
    result: wordOf(draft.result, vocabulary.spfResult, note, 'auth_results/spf/result'),
    humanResult: draft.humanResult,
  };
}
