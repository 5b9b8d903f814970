import { daySeconds } from '../base/clock.js';
import { countDays, dayOfText } from '../model/finding.js';
import type { DayCount, Finding, Resolution } from '../model/finding.js';
import type { ReporterDays, SourceKindDay } from '../model/history.js';
import { range } from './evidence.js';
import { findingOf, frameOf } from './open.js';
import { summaryLater } from './summary.js';
import { partsOf } from './parts.js';
import { recoveryOf } from './recovery.js';
import { passesNoMore } from './relayed.js';
import { caseOf, failingFrom } from './reporters.js';
import type { Rule } from './rules/rule.js';
import { daysOf, sumKinds, verdictDays } from './rules/series.js';
import { forwarderStep } from './senders/classes.js';
import type { KindDay } from '../model/sender.js';
import { isLate } from './suspects.js';
import type { Ports, Round } from './suspects.js';

const silentDays = 14;

/** An open finding whose sender is in the new reports: over, or brought up to date. */
export async function follow(ports: Ports, round: Round, rule: Rule, finding: Finding): Promise<Finding> {
  const mayWake = looksForwarded(finding);
  if (finding.toldAt !== null && !mayWake && (await isMoreOfTheSame(ports, round, finding))) return finding;
  const { domainId } = finding;
  const newestDay = await round.newestDay(domainId, finding.lastDay);
  const policy = await round.policy(domainId);
  const frame = { ...frameOf(finding), sourceIds: await sourcesOf(ports, finding), newestDay, policy };
  const to = Math.max(frame.to, newestDay);
  const past = frame.from - frame.baseline.days * daySeconds;
  const rows = await ports.history.kindDays({ ...frame, from: past, to });
  const all = daysOf(sumKinds([rows]), finding.rule, frame.mechanism);
  const { open, days: judged } = caseOf(await showing(ports, finding, rows), frame);
  const recovery = recoveryOf(open, judged);
  if (recovery !== null) {
    const ended = await findingOf(ports, frame, rule, finding);
    const recovered = { ...ended.evidence, recovery: range(recovery.from, recovery.to, judged) };
    return resolved({ ...ended, evidence: recovered }, 'recovered', round.now);
  }
  const newestFailure = all.findLast((each) => each.failed > 0 && each.day >= frame.from)?.day ?? frame.to;
  const late = frame.late && isLate(newestFailure, frame.newestDay);
  const wakes = mayWake && passesNoMore(rows.filter((each) => each.day >= frame.from));
  if (finding.toldAt !== null && !wakes && !hasGrown(finding, sumKinds([rows]), to))
    return counted(finding, all, to, round.now);
  const grown = finding.toldAt === null ? { to: Math.max(frame.to, newestFailure), late } : {};
  return findingOf(ports, { ...frame, ...grown }, rule, { ...finding, updatedAt: round.now });
}

/** In a digest because it looks like a forwarder's: another picture of its mail is told at once. */
function looksForwarded({ rule, evidence }: Finding): boolean {
  return rule === 'known_sender_failing' && evidence.route === 'digest' && evidence.class_step === forwarderStep;
}

/** Nothing but failures, of days that it counts already: they end nothing. */
async function isMoreOfTheSame({ history }: Ports, { span }: Round, finding: Finding): Promise<boolean> {
  const newest = (await history.daysOfSpan(span, finding)).at(-1);
  if (newest === undefined || newest > dayOfText(finding.evidence.latest.to)) return false;
  return !(await history.passedIn(span, finding));
}

/** A tenth more has failed since its evidence was gathered: before that nobody would see another picture. */
const growth = 1.1;

function hasGrown({ evidence, rule }: Finding, days: readonly KindDay[], to: number): boolean {
  const { mechanism, window, disposition } = evidence;
  const failing = mechanism === 'dmarc' ? verdictDays(days) : daysOf(days, rule, mechanism);
  const gathered =
    disposition.none + disposition.quarantine + disposition.reject + disposition.pass + disposition.other;
  return countDays(failing, dayOfText(window.from), to).failed > gathered * growth;
}

/** The counts alone are brought up to date. */
function counted(finding: Finding, days: readonly DayCount[], to: number, now: number): Finding {
  const from = dayOfText(finding.evidence.window.from);
  const since = days.filter((each) => each.day >= from && each.day <= to);
  const lastDay = since.findLast((each) => each.failed > 0)?.day ?? finding.lastDay;
  const latest = range(from, Math.max(dayOfText(finding.evidence.window.to), since.at(-1)?.day ?? 0), since);
  const evidence = { ...finding.evidence, latest };
  return {
    ...finding,
    lastDay,
    updatedAt: now,
    evidence,
    summary: summaryLater(finding.summary, finding.evidence, evidence),
  };
}

/** Source IPs kept with a finding: a sender that has more is judged by those it used last. */
const keptSources = 1_000;

/** A sender that uses other addresses tomorrow is the same sender. */
async function sourcesOf(ports: Ports, { domainId, sender, sourceIds, evidence }: Finding): Promise<readonly number[]> {
  if (!evidence.whole) return sourceIds;
  const now = await ports.senders.sourcesOf(domainId, sender, keptSources);
  return [...new Set([...sourceIds, ...now.map((each) => each.sourceId)])].slice(0, keptSources);
}

/** Reporters whose failing mail was there when the finding opened: a later mail cannot put itself among them. */
async function showing(
  ports: Ports,
  finding: Finding,
  rows: readonly SourceKindDay[],
): Promise<readonly ReporterDays[]> {
  const { mechanism, window } = finding.evidence;
  const [from, to] = [dayOfText(window.from), dayOfText(window.to)];
  const reporters = partsOf(rows, (row) => row.reporterId).map(({ id, days }) => ({
    reporterId: id,
    days: daysOf(days, finding.rule, mechanism),
  }));
  // Mail without a leg passes DMARC: no row says that it was missed.
  if (mechanism !== 'dmarc') return failingFrom(reporters, from, to);
  const arrivedBy = Math.max(finding.openedAt, finding.firstArrival);
  const { domainId, sourceIds } = finding;
  const showed = new Set(await ports.history.failingReporters({ domainId, sourceIds, from, to }, arrivedBy));
  return reporters.filter((each) => showed.has(each.reporterId));
}

export function resolved(finding: Finding, resolution: Resolution, now: number): Finding {
  return { ...finding, status: 'resolved', resolution, resolvedAt: now, updatedAt: now };
}

/** Open findings whose sources sent nothing for 14 days of the domain's own time: not fixed, but nothing left to watch. */
export async function fallenSilent(ports: Ports, round: Round, atMost: number): Promise<Finding[]> {
  const silent: Finding[] = [];
  // No domain's newest day is later, so none that failed since is silent.
  const silentSince = atMost - silentDays * daySeconds;
  for (const { publicId, domainId, day } of await ports.findings.lastTraffic(atMost, silentSince)) {
    if ((await round.newestDay(domainId, day)) - day < silentDays * daySeconds) continue;
    const finding = await ports.findings.get(publicId);
    if (finding !== null) silent.push(resolved(finding, 'no_traffic', round.now));
  }
  return silent;
}
