import { daySeconds } from '../base/clock.js';
import type { Finding, Resolution } from '../model/finding.js';
import { dayOfText } from '../model/finding.js';
import type { ReporterDays } from '../model/history.js';
import { range } from './evidence.js';
import type { Frame } from './evidence.js';
import { findingOf, frameOf } from './open.js';
import { recoveryOf } from './recovery.js';
import { caseOf } from './reporters.js';
import type { Rule } from './rule.js';
import { isLate } from './suspects.js';
import type { Ports, Round } from './suspects.js';

const silentDays = 14;

/** An open finding whose sources are in the new reports: over, or brought up to date. */
export async function follow(ports: Ports, round: Round, rule: Rule, finding: Finding): Promise<Finding> {
  const frame = { ...frameOf(finding), newestDay: await round.newestDay(finding.domainId, finding.lastDay) };
  const to = Math.max(frame.to, frame.newestDay);
  const { open, days: judged } = caseOf(await showing(ports, finding, { ...frame, to }), frame);
  const recovery = recoveryOf(open, judged);
  if (recovery !== null) {
    const recovered = { ...finding.evidence, recovery: range(recovery.from, recovery.to, judged) };
    return resolved({ ...finding, evidence: recovered }, 'recovered', round.now);
  }
  const days = await ports.history.days({ ...frame, to });
  const newestFailure = days.findLast((each) => each.failed > 0)?.day ?? frame.to;
  const late = frame.late && isLate(newestFailure, frame.newestDay);
  const grown = finding.toldAt === null ? { to: Math.max(frame.to, newestFailure), late } : {};
  return findingOf(ports, { ...frame, ...grown }, rule, { ...finding, updatedAt: round.now });
}

/** Reporters whose failing mail was there when the finding opened: a later mail cannot put itself among them. */
async function showing(
  ports: Ports,
  finding: Finding,
  frame: Pick<Frame, 'domainId' | 'sourceIds' | 'from' | 'to' | 'baseline'>,
): Promise<readonly ReporterDays[]> {
  const window = { ...frame, to: dayOfText(finding.evidence.window.to) };
  const arrivedBy = Math.max(finding.openedAt, finding.firstArrival);
  const showed = new Set(await ports.history.failingReporters(window, arrivedBy));
  const past = frame.from - frame.baseline.days * daySeconds;
  const all = await ports.history.reporterDays({ ...frame, from: past });
  return all.filter((each) => showed.has(each.reporterId));
}

export function resolved(finding: Finding, resolution: Resolution, now: number): Finding {
  return { ...finding, status: 'resolved', resolution, resolvedAt: now, updatedAt: now };
}

/** Open findings whose sources sent nothing for 14 days of the domain's own time: not fixed, but nothing left to watch. */
export async function fallenSilent(ports: Ports, round: Round, atMost: number): Promise<Finding[]> {
  const silent: Finding[] = [];
  for (const { publicId, domainId, day } of await ports.findings.lastTraffic(atMost)) {
    if ((await round.newestDay(domainId, day)) - day < silentDays * daySeconds) continue;
    const finding = await ports.findings.get(publicId);
    if (finding !== null) silent.push(resolved(finding, 'no_traffic', round.now));
  }
  return silent;
}
