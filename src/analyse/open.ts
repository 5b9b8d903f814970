import { daySeconds } from '../base/clock.js';
import { dayOfText, dayText } from '../model/finding.js';
import type { Finding } from '../model/finding.js';
import { gather } from './evidence.js';
import type { Frame } from './evidence.js';
import type { Rule } from './rules/rule.js';
import { failingSince, isFirst, summaryOf, untilNow } from './summary.js';
import { firstArrivalOf } from './suspects.js';
import type { Ports, Round, Suspect } from './suspects.js';

const flapSeconds = daySeconds;

/** Opens a finding for a suspect, or adds it to the one that is there; null when it was settled already. */
export async function openFinding(ports: Ports, round: Round, suspect: Suspect): Promise<Finding | null> {
  const earlier = await ports.findings.latest(suspect.fingerprint);
  if (earlier?.status === 'open') return joined(ports, round, suspect, earlier);
  if (isSettled(suspect, earlier)) return null;
  const flaps =
    earlier !== null && earlier.resolution !== 'superseded' && round.now - (earlier.resolvedAt ?? 0) < flapSeconds;
  const finding = await opened(ports, round, suspect, flaps ? earlier : null);
  return flaps ? { ...finding, publicId: earlier.publicId, openedAt: earlier.openedAt } : finding;
}

/** Late data of days that were judged when the finding was resolved. */
function isSettled(suspect: Suspect, earlier: Finding | null): boolean {
  const recovery = earlier?.evidence.recovery;
  return recovery !== undefined && recovery !== null && suspect.hit.to <= dayOfText(recovery.to);
}

async function opened(ports: Ports, round: Round, suspect: Suspect, flapped: Finding | null): Promise<Finding> {
  const frame: Frame = {
    ...(await newFrame(round, suspect)),
    frozen: null,
    flapping: flapped !== null,
    toldAs: null,
  };
  return findingOf(ports, frame, suspect.rule, {
    publicId: round.newId(),
    fingerprint: suspect.fingerprint,
    status: 'open',
    firstArrival: firstArrivalOf(suspect.sender.touched),
    openedAt: round.now,
    updatedAt: round.now,
    resolvedAt: null,
    resolution: null,
    toldAt: null,
    toldBy: null,
  });
}

/** More source IPs of the same sender: what was told stays as it was told, the rest is gathered anew. */
async function joined(ports: Ports, round: Round, suspect: Suspect, open: Finding): Promise<Finding> {
  const wide = await newFrame(round, suspect);
  const told = open.toldAt !== null;
  const frame: Frame = {
    ...wide,
    ...frameOf(open),
    sender: wide.sender,
    classified: null,
    sourceIds: [...new Set([...open.sourceIds, ...wide.sourceIds])],
    whole: open.evidence.whole || wide.whole,
    ...(told ? {} : wider(open, wide)),
    newDomain: wide.newDomain,
  };
  return findingOf(ports, frame, suspect.rule, { ...open, updatedAt: round.now });
}

function wider(open: Finding, wide: Pick<Frame, 'from' | 'to' | 'baseline' | 'pValue' | 'late'>): Partial<Frame> {
  const { window, p_value: pValue } = open.evidence;
  return {
    from: Math.min(dayOfText(window.from), wide.from),
    to: Math.max(dayOfText(window.to), wide.to),
    baseline: wide.baseline,
    pValue: Math.min(pValue ?? 1, wide.pValue ?? 1),
    late: open.evidence.late && wide.late,
  };
}

async function newFrame(
  round: Round,
  { sender: touched, rule, hit, late }: Suspect,
): Promise<Omit<Frame, 'frozen' | 'flapping' | 'toldAs'>> {
  const { domainId, domain, sender, kind, sourceIds } = touched;
  return {
    domainId,
    domain,
    rule: rule.name,
    mechanism: hit.mechanism,
    sender,
    kind,
    classified: null,
    sourceIds: hit.sourceIds ?? sourceIds,
    whole: hit.sourceIds === null,
    from: hit.from,
    to: hit.to,
    baseline: hit.baseline,
    pValue: hit.pValue,
    late,
    // At the first start every domain is new, and one message tells it all.
    newDomain: !round.firstStart && touched.touched.some((each) => each.newDomain),
    alerted: false,
    newestDay: await round.newestDay(domainId, hit.to),
    policy: await round.policy(domainId),
  };
}

/** The frame of a finding that exists. */
export function frameOf(finding: Finding): Omit<Frame, 'newestDay' | 'policy'> {
  const { evidence } = finding;
  const { class: judged, class_step: step, class_reason: reason } = evidence;
  return {
    domainId: finding.domainId,
    domain: finding.domain,
    rule: finding.rule,
    mechanism: evidence.mechanism,
    sender: {
      name: finding.sender,
      title: evidence.title,
      known: judged === 'known' ? reason : null,
      decision: null,
    },
    kind: null,
    classified: { class: judged, step, evidence: reason },
    sourceIds: finding.sourceIds,
    whole: evidence.whole,
    from: dayOfText(evidence.window.from),
    to: dayOfText(evidence.window.to),
    frozen: finding.toldAt === null ? null : evidence.window,
    baseline: evidence.baseline,
    pValue: evidence.p_value,
    late: evidence.late,
    flapping: evidence.flapping,
    toldAs: evidence.told_as,
    newDomain: false,
    alerted: finding.toldAt !== null && evidence.route === 'now',
  };
}

type Standing = Omit<
  Finding,
  'rule' | 'severity' | 'domainId' | 'domain' | 'sender' | 'sourceIds' | 'summary' | 'evidence' | 'firstDay' | 'lastDay'
>;

const unheardOf = { severity: 'info', route: 'digest' } as const;

/** Gathers, weighs and words. */
export async function findingOf(ports: Ports, frame: Frame, rule: Rule, standing: Standing): Promise<Finding> {
  const { evidence, weighed, firstFailed, lastFailed, past } = await gather(ports.history, frame);
  const { severity, route } = frame.newDomain ? unheardOf : rule.weigh(weighed);
  return {
    ...standing,
    rule: rule.name,
    severity,
    domainId: frame.domainId,
    domain: frame.domain,
    sender: frame.sender.name,
    sourceIds: frame.sourceIds,
    summary: summaryOf(rule.name, frame.domain, frame.sender, { ...evidence, past }) + untilNow(evidence),
    evidence: { ...evidence, route },
    firstDay: isFirst(rule.name) ? dayOfText(failingSince({ ...evidence, past }) ?? dayText(firstFailed)) : firstFailed,
    lastDay: lastFailed,
  };
}
