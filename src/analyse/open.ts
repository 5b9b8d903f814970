import { daySeconds } from '../base/clock.js';
import { dayOfText, dayText } from '../model/finding.js';
import type { DayRange, Evidence, Finding } from '../model/finding.js';
import { gather } from './evidence.js';
import type { Frame } from './evidence.js';
import type { Rule } from './rule.js';
import { failingSince, figure, summaryOf } from './summary.js';
import type { Ports, Round, Suspect } from './suspects.js';

const flapSeconds = daySeconds;

/** Opens a finding for the suspects of one fingerprint, or adds them to the one that is there; null when it was settled already. */
export async function openFinding(ports: Ports, round: Round, suspects: readonly Suspect[]): Promise<Finding | null> {
  const first = suspects[0];
  if (first === undefined) return null;
  const earlier = await ports.findings.latest(first.fingerprint);
  const fresh = suspects.filter((each) => !isSettled(each, earlier));
  if (earlier?.status === 'open') return joined(ports, round, suspects, earlier);
  if (fresh.length === 0) return null;
  const flaps =
    earlier !== null && earlier.resolution !== 'superseded' && round.now - (earlier.resolvedAt ?? 0) < flapSeconds;
  const finding = await opened(ports, round, fresh, flaps ? earlier : null);
  return flaps ? { ...finding, publicId: earlier.publicId, openedAt: earlier.openedAt } : finding;
}

/** Late data of days that were judged when the finding was resolved. */
function isSettled(suspect: Suspect, earlier: Finding | null): boolean {
  const recovery = earlier?.evidence.recovery;
  return recovery !== undefined && recovery !== null && suspect.hit.to <= dayOfText(recovery.to);
}

async function opened(
  ports: Ports,
  round: Round,
  suspects: readonly Suspect[],
  flapped: Finding | null,
): Promise<Finding> {
  const frame: Frame = {
    ...commonFrame(suspects),
    sourceIds: [...new Set([...suspects.map((each) => each.source.sourceId), ...(flapped?.sourceIds ?? [])])],
    frozen: null,
    flapping: flapped !== null,
    toldAs: null,
    newDomain: isNewDomain(round, suspects),
    newestDay: await newestFor(round, suspects),
  };
  return findingOf(ports, frame, suspectRule(suspects), {
    publicId: round.newId(),
    fingerprint: suspects[0]?.fingerprint ?? '',
    status: 'open',
    firstArrival: Math.min(...suspects.map((each) => each.source.firstArrival)),
    openedAt: round.now,
    updatedAt: round.now,
    resolvedAt: null,
    resolution: null,
    toldAt: null,
    toldBy: null,
  });
}

/** More source IPs of the same sender: what was told stays as it was told, the rest is gathered anew. */
async function joined(ports: Ports, round: Round, suspects: readonly Suspect[], open: Finding): Promise<Finding> {
  const told = open.toldAt !== null;
  const common = commonFrame(suspects);
  const frame: Frame = {
    ...common,
    ...frameOf(open),
    sourceIds: [...new Set([...open.sourceIds, ...suspects.map((each) => each.source.sourceId)])],
    ...(told ? {} : wider(open, common)),
    newestDay: await newestFor(round, suspects),
    newDomain: isNewDomain(round, suspects),
  };
  return findingOf(ports, frame, suspectRule(suspects), { ...open, updatedAt: round.now });
}

function wider(open: Finding, common: Pick<Frame, 'from' | 'to' | 'baseline' | 'pValue' | 'late'>): Partial<Frame> {
  const { window, baseline, p_value: pValue } = open.evidence;
  return {
    from: Math.min(dayOfText(window.from), common.from),
    to: Math.max(dayOfText(window.to), common.to),
    baseline: {
      days: Math.max(baseline.days, common.baseline.days),
      messages: baseline.messages + common.baseline.messages,
      failed: baseline.failed + common.baseline.failed,
    },
    pValue: smallest([pValue, common.pValue]),
    late: open.evidence.late && common.late,
  };
}

/** The frame of a finding that exists. */
export function frameOf(finding: Finding): Omit<Frame, 'newestDay'> {
  const { evidence } = finding;
  return {
    domainId: finding.domainId,
    domain: finding.domain,
    sender: finding.sender,
    sourceIds: finding.sourceIds,
    from: dayOfText(evidence.window.from),
    to: dayOfText(evidence.window.to),
    frozen: finding.toldAt === null ? null : evidence.window,
    baseline: evidence.baseline,
    pValue: evidence.p_value,
    knownReason: evidence.class === 'known' ? evidence.class_reason : null,
    late: evidence.late,
    flapping: evidence.flapping,
    toldAs: evidence.told_as,
    newDomain: false,
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
    sender: frame.sender,
    sourceIds: frame.sourceIds,
    summary: summaryWith(summaryOf(rule.name, frame.domain, frame.sender, { ...evidence, past }), evidence),
    evidence: { ...evidence, route },
    firstDay:
      rule.name === 'new_failing_source'
        ? dayOfText(failingSince({ ...evidence, past }) ?? dayText(firstFailed))
        : firstFailed,
    lastDay: lastFailed,
  };
}

function summaryWith(summary: string, evidence: { window: DayRange; latest: DayRange }): string {
  const { window, latest } = evidence;
  const later = latest.to > window.to && latest.failed > window.failed;
  return later ? `${summary}; until ${latest.to} ${figure(latest.failed)} of ${figure(latest.messages)}` : summary;
}

function commonFrame(
  suspects: readonly Suspect[],
): Omit<Frame, 'sourceIds' | 'frozen' | 'flapping' | 'toldAs' | 'newestDay' | 'newDomain'> {
  const hits = suspects.map((each) => each.hit);
  const first = suspects[0];
  return {
    domainId: first?.source.domainId ?? 0,
    domain: first?.source.domain ?? '',
    sender: first?.sender ?? '',
    from: Math.min(...hits.map((hit) => hit.from)),
    to: Math.max(...hits.map((hit) => hit.to)),
    baseline: sumBaselines(hits.map((hit) => hit.baseline)),
    pValue: smallest(hits.map((hit) => hit.pValue)),
    knownReason: knownReason(suspects),
    late: suspects.every((each) => each.late),
  };
}

function sumBaselines(all: readonly Evidence['baseline'][]): Evidence['baseline'] {
  return {
    days: Math.max(...all.map((each) => each.days)),
    messages: all.reduce((sum, each) => sum + each.messages, 0),
    failed: all.reduce((sum, each) => sum + each.failed, 0),
  };
}

function smallest(values: readonly (number | null)[]): number | null {
  const known = values.filter((each) => each !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** The group is known when one of its sources is. */
function knownReason(suspects: readonly Suspect[]): string | null {
  const messages = suspects.reduce((sum, each) => sum + each.hit.known.messages, 0);
  if (messages === 0) return null;
  const days = Math.max(...suspects.map((each) => each.hit.known.days));
  return `aligned passes of ${figure(messages)} messages on ${figure(days)} days of the 180 before`;
}

function suspectRule(suspects: readonly Suspect[]): Rule {
  const first = suspects[0];
  if (first === undefined) throw new RangeError('a finding needs a suspect');
  return first.rule;
}

/** At the first start every domain is new, and one message tells it all. */
function isNewDomain(round: Round, suspects: readonly Suspect[]): boolean {
  return !round.firstStart && suspects[0]?.source.newDomain === true;
}

function newestFor(round: Round, suspects: readonly Suspect[]): Promise<number> {
  const last = Math.max(...suspects.map((each) => each.hit.to));
  return round.newestDay(suspects[0]?.source.domainId ?? 0, last);
}
