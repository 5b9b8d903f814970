import { daySeconds } from '../base/clock.js';
import type { Finding, Resolution } from '../model/finding.js';
import { range } from './evidence.js';
import { findingOf, frameOf } from './open.js';
import { recoveryOf } from './recovery.js';
import type { Rule } from './rule.js';
import { isLate } from './suspects.js';
import type { Ports, Round } from './suspects.js';

const silentDays = 14;

/** An open finding whose sources are in the new reports: over, or brought up to date. */
export async function follow(ports: Ports, round: Round, rule: Rule, finding: Finding): Promise<Finding> {
  const frame = { ...frameOf(finding), newestDay: await round.newestDay(finding.domainId, finding.lastDay) };
  const to = Math.max(frame.to, frame.newestDay);
  const days = await ports.history.days({ ...frame, to });
  const window = finding.evidence.window;
  const recovery = recoveryOf({ to: frame.to, window, baseline: finding.evidence.baseline }, days);
  if (recovery !== null) {
    const recovered = { ...finding.evidence, recovery: range(recovery.from, recovery.to, days) };
    return resolved({ ...finding, evidence: recovered }, 'recovered', round.now);
  }
  const newestFailure = days.findLast((each) => each.failed > 0)?.day ?? frame.to;
  const late = frame.late && isLate(newestFailure, frame.newestDay);
  const grown = finding.toldAt === null ? { to: Math.max(frame.to, newestFailure), late } : {};
  return findingOf(ports, { ...frame, ...grown }, rule, { ...finding, updatedAt: round.now });
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
