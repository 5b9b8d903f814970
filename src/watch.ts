import { randomBytes } from 'node:crypto';
import { analyse } from './analyse/analyse.js';
import type { Analysis, Backlog } from './analyse/analyse.js';
import type { Clock } from './base/clock.js';
import type { Domains } from './model/domain-facts.js';
import type { Finding, RuleName, Severity } from './model/finding.js';
import type { Findings, History, Progress } from './model/history.js';
import type { Senders, SenderSetting } from './model/sender.js';
import { planMessages } from './notify/notify.js';
import type { News, Plan, Told } from './notify/notify.js';

/** What an evaluation needs to know of the configuration. */
export interface WatchSettings {
  /** Our policy domains; empty: whatever reports name. */
  readonly domains: readonly string[];
  /** Senders that the operator named; absent: none. */
  readonly senders?: readonly SenderSetting[];
  /** Address that links start with. */
  readonly publicUrl: string;
  /** Name of the channel that messages go to; null: nobody is told, findings are kept all the same. */
  readonly channel: string | null;
}

export interface WatchDeps {
  readonly history: History;
  readonly findings: Findings;
  readonly senders: Senders;
  readonly domains: Domains;
  readonly clock: Clock;
  readonly settings: WatchSettings;
}

/** What an evaluation did, as facts for Events; survives a thread border. */
export interface EvaluationResult {
  readonly durationMs: number;
  /** Reports looked at. */
  readonly reports: number;
  readonly opened: number;
  readonly resolved: number;
  /** Findings queued for telling (or, without a channel, kept); `delaySeconds` from the report's arrival. */
  readonly queued: readonly {
    readonly rule: RuleName;
    readonly severity: Severity;
    readonly domain: string;
    readonly summary: string;
    readonly delaySeconds: number;
  }[];
  /** Types of the messages put into the outbox; wake the delivery when there are any. */
  readonly messages: readonly string[];
  /** A first start or backfill: one line for the log. */
  readonly backlog: Backlog | null;
}

/**
 * Looks at the reports stored since the last time and at all open findings; everything that follows is written in one
 * transaction, so a crash at any moment tells nothing twice and loses nothing. One evaluation at a time.
 */
export async function evaluate(deps: WatchDeps): Promise<EvaluationResult> {
  const startedMs = deps.clock.now();
  const now = Math.floor(startedMs / 1000);
  const progress = await deps.history.progress();
  const analysis = await analyse(deps, {
    now,
    span: { after: progress.evaluatedReportId, through: progress.newestReportId },
    firstStart: progress.firstCatchUpDoneAt === null,
    domains: deps.settings.domains,
    senders: deps.settings.senders ?? [],
    newId: () => newId('al_'),
  });
  const news = newsOf(analysis, await deps.findings.untold());
  const head = { now, publicUrl: deps.settings.publicUrl.replace(/\/+$/, '') };
  const plan = planMessages(news, head, () => newId('msg_'));
  await commit(deps, progress, changes(deps, analysis, plan, now), {
    plan,
    names: analysis.names,
    at: startedMs,
    caughtUp: analysis.backlog !== null,
  });
  const fresh = plan.told.filter((each) => each.finding.toldAt === null);
  return {
    durationMs: deps.clock.now() - startedMs,
    reports: Math.max(0, progress.newestReportId - progress.evaluatedReportId),
    opened: analysis.opened.length,
    resolved: analysis.resolved.length,
    queued: fresh.map(({ finding }) => queued(finding, now)),
    messages: deps.settings.channel === null ? [] : plan.messages.map((each) => each.type),
    backlog: analysis.backlog,
  };
}

function newId(prefix: string): string {
  return prefix + randomBytes(12).toString('hex');
}

function newsOf(analysis: Analysis, untold: readonly Finding[]): News {
  const all = new Map(untold.map((each) => [each.publicId, each]));
  for (const each of changedBy(analysis)) all.set(each.publicId, each);
  return {
    untold: [...all.values()].filter((each) => each.toldAt === null && each.resolution !== 'superseded'),
    opened: new Set(analysis.opened.map((each) => each.publicId)),
    resolved: analysis.resolved.filter((each) => each.toldAt !== null && !isQuiet(each)),
    backlog: analysis.backlog === null ? null : backlogNews(analysis.backlog),
  };
}

/** Ends that are no news. */
function isQuiet({ resolution }: Finding): boolean {
  return resolution === 'superseded' || resolution === 'accepted';
}

function changedBy(analysis: Analysis): readonly Finding[] {
  return [...analysis.opened, ...analysis.changed, ...analysis.resolved];
}

function backlogNews(backlog: Backlog): News['backlog'] {
  const { kind, domains, failingSources } = backlog;
  const facts = {
    reports: backlog.reports,
    domains: domains.length,
    first_day: backlog.firstDay,
    last_day: backlog.lastDay,
    past_failures: backlog.pastFailures,
  };
  return { kind, facts, failingSources, domains };
}

/** Every finding in its final state. */
function changes(deps: WatchDeps, analysis: Analysis, plan: Plan, now: number): readonly Finding[] {
  const changed = new Map(changedBy(analysis).map((each) => [each.publicId, closedQuietly(each, now)]));
  for (const told of plan.told) {
    if (told.finding.toldAt === null) changed.set(told.finding.publicId, marked(told, now, deps.settings.channel));
  }
  return [...changed.values()];
}

async function commit(
  deps: WatchDeps,
  progress: Progress,
  findings: readonly Finding[],
  end: { readonly plan: Plan; readonly names: Analysis['names']; readonly at: number; readonly caughtUp: boolean },
): Promise<void> {
  const { channel } = deps.settings;
  const evaluatedReportId = Math.max(progress.newestReportId, progress.evaluatedReportId);
  if (findings.length === 0 && evaluatedReportId === progress.evaluatedReportId) return;
  const first = progress.firstCatchUpDoneAt === null && end.caughtUp;
  await deps.findings.commit({
    findings,
    names: end.names,
    channel,
    messages: channel === null ? [] : end.plan.messages,
    evaluatedReportId,
    firstCatchUpDoneAt: first ? Math.floor(end.at / 1000) : null,
    at: end.at,
  });
}

/** A graver finding about the same sources tells for it. */
function closedQuietly(finding: Finding, now: number): Finding {
  if (finding.resolution !== 'superseded' || finding.toldAt !== null) return finding;
  return { ...finding, toldAt: now, toldBy: 'superseded' };
}

function marked({ finding, as, by }: Told, now: number, channel: string | null): Finding {
  const toldAs = channel === null ? 'counted' : as;
  return {
    ...finding,
    toldAt: now,
    toldBy: channel === null ? 'none' : by,
    evidence: { ...finding.evidence, told_as: toldAs },
  };
}

function queued(finding: Finding, now: number): EvaluationResult['queued'][number] {
  const { rule, severity, domain, summary } = finding;
  return { rule, severity, domain, summary, delaySeconds: Math.max(0, now - finding.firstArrival) };
}
