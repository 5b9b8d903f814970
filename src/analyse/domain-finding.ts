import { daySeconds } from '../base/clock.js';
import type { DomainCase } from '../model/domain-facts.js';
import { dayText } from '../model/finding.js';
import type { Evidence, Finding, Severity } from '../model/finding.js';
import type { Findings } from '../model/history.js';
import type { Classified } from '../model/sender.js';
import { fingerprintOf } from './fingerprint.js';
import type { Round } from './suspects.js';

const flapSeconds = daySeconds;
const gravity: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 };

interface Of {
  readonly domainId: number;
  readonly domain: string;
}

export function fingerprintOfCase({ rule, subject }: DomainCase, domain: string): string {
  return fingerprintOf(rule, domain, subject);
}

/** The finding of a case: opened now, open and graver than it was, or open as it is. */
export async function caseFinding(
  findings: Findings,
  round: Round,
  found: DomainCase,
  of: Of,
): Promise<{ readonly change: 'opened' | 'changed' | null; readonly finding: Finding }> {
  const fingerprint = fingerprintOfCase(found, of.domain);
  const latest = await findings.latest(fingerprint);
  if (latest?.status === 'open') {
    if (gravity[found.severity] <= gravity[latest.severity]) return { change: null, finding: latest };
    return { change: 'changed', finding: graver(latest, found, round.now) };
  }
  const flaps = latest?.resolution === 'recovered' && round.now - (latest.resolvedAt ?? 0) < flapSeconds;
  const standing = flaps
    ? { publicId: latest.publicId, openedAt: latest.openedAt }
    : { publicId: round.newId(), openedAt: round.now };
  const finding: Finding = {
    ...standing,
    fingerprint,
    rule: found.rule,
    severity: found.severity,
    status: 'open',
    domainId: of.domainId,
    domain: of.domain,
    sender: found.subject,
    sourceIds: [],
    summary: found.summary,
    evidence: evidenceOf(found, flaps),
    firstDay: found.from,
    lastDay: found.to,
    firstArrival: found.firstArrival,
    updatedAt: round.now,
    resolvedAt: null,
    resolution: null,
    toldAt: null,
    toldBy: null,
  };
  return { change: 'opened', finding };
}

/** What its end is judged by stays. */
function graver(open: Finding, found: DomainCase, now: number): Finding {
  const { about, told_as, baseline, sources, source_count } = open.evidence;
  const seen = { told_as, baseline, sources, source_count };
  const evidence = { ...evidenceOf(found, false), ...seen, ...(about === undefined ? {} : { about }) };
  return { ...open, severity: found.severity, summary: found.summary, evidence, lastDay: found.to, updatedAt: now };
}

const ofNobody: Classified = { class: 'unknown', step: 0, evidence: 'it is about no sender' };

/** Such a finding has no sender: nothing is said about source IPs and how they authenticated. */
function evidenceOf(found: DomainCase, flapping: boolean): Evidence {
  const window = { from: dayText(found.from), to: dayText(found.to), ...found.window };
  const { messages, failed, days } = found.baseline;
  const judged = found.classified ?? ofNobody;
  return {
    window,
    baseline: { days, messages, failed },
    p_value: found.pValue,
    latest: window,
    sources: [],
    source_count: 0,
    reporters: [],
    reporter_count: 0,
    disposition: { none: 0, quarantine: 0, reject: 0, pass: 0, other: 0 },
    auth: { before: { dkim: [], spf: [] }, after: { dkim: [], spf: [] } },
    reasons: [],
    header_from: [],
    class: judged.class,
    class_reason: judged.evidence,
    class_step: judged.step,
    why: found.why,
    next_steps: found.nextSteps,
    handled: '',
    mechanism: 'dmarc',
    whole: false,
    title: found.subject,
    route: flapping ? 'digest' : found.route,
    late: false,
    flapping,
    told_as: null,
    about: found.about,
    recovery: null,
  };
}
