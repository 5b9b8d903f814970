import type { Limits } from '../config/limits.js';
import type { DkimResult, OverrideReason, ReportRecord, SpfResult } from '../model/report.js';
import { slot, type Drafts } from './drafts.js';
import { addressOf, domainOf, integerOf } from './fields.js';
import type { Note } from './problems.js';
import { vocabulary, wordOf } from './vocabulary.js';

/** The record that the texts mean; null when the row has to be left out, which is noted. */
export function recordOf(drafts: Drafts, limits: Limits, note: Note): ReportRecord | null {
  const count = countOf(drafts.text(slot.count), limits, note);
  if (count === null) return null;
  const sourceIp = sourceIpOf(drafts.text(slot.sourceIp), note);
  if (sourceIp === null) return null;
  const disposition = drafts.text(slot.disposition);
  const dkim = drafts.text(slot.dkim);
  const spf = drafts.text(slot.spf);
  const headerFrom = drafts.text(slot.headerFrom);
  if (!dkim && !spf) note('missing-element', 'row/policy_evaluated', 'there is no verdict');
  if (!headerFrom) note('missing-element', 'identifiers/header_from', '');
  return {
    sourceIp,
    count,
    disposition: wordOf(disposition, vocabulary.disposition, note, 'row/policy_evaluated/disposition'),
    dkim: wordOf(dkim, vocabulary.verdict, note, 'row/policy_evaluated/dkim'),
    spf: wordOf(spf, vocabulary.verdict, note, 'row/policy_evaluated/spf'),
    reasons: drafts.reasons,
    headerFrom: domainOf(headerFrom, note, 'identifiers/header_from'),
    envelopeFrom: domainOf(drafts.text(slot.envelopeFrom), note, 'identifiers/envelope_from'),
    envelopeTo: domainOf(drafts.text(slot.envelopeTo), note, 'identifiers/envelope_to'),
    auth: { dkim: drafts.authDkim, spf: drafts.authSpf },
  };
}

function sourceIpOf(raw: string | null, note: Note): string | null {
  const address = raw === null ? null : addressOf(raw, note, 'row/source_ip');
  if (address === null) note('bad-source-ip', 'row/source_ip', raw ?? 'there is none');
  return address;
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

/** The override reason that ends. */
export function reasonOf(drafts: Drafts, note: Note): OverrideReason {
  const path = 'row/policy_evaluated/reason';
  const { reasonText } = drafts;
  if (reasonText !== null) note('reason-text', path, reasonText);
  return {
    type: wordOf(drafts.text(slot.reasonType), vocabulary.reason, note, `${path}/type`),
    comment: drafts.text(slot.reasonComment) ?? reasonText,
  };
}

/** The DKIM result that ends. */
export function dkimOf(drafts: Drafts, note: Note): DkimResult {
  return {
    domain: domainOf(drafts.text(slot.dkimDomain), note, 'auth_results/dkim/domain'),
    selector: drafts.text(slot.dkimSelector),
    result: wordOf(drafts.text(slot.dkimResult), vocabulary.dkimResult, note, 'auth_results/dkim/result'),
    humanResult: drafts.text(slot.dkimHumanResult),
  };
}

/** The SPF result that ends. */
export function spfOf(drafts: Drafts, note: Note): SpfResult {
  return {
    domain: domainOf(drafts.text(slot.spfDomain), note, 'auth_results/spf/domain'),
    scope: wordOf(drafts.text(slot.spfScope), vocabulary.scope, note, 'auth_results/spf/scope'),
    result: wordOf(drafts.text(slot.spfResult), vocabulary.spfResult, note, 'auth_results/spf/result'),
    humanResult: drafts.text(slot.spfHumanResult),
  };
}
