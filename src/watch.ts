import { randomBytes } from 'node:crypto';
import { analyse } from './analyse/analyse.js';
import type { Analysis, Backlog } from './analyse/analyse.js';
import type { Clock } from './base/clock.js';
import type { OutboxMessage } from './model/alert.js';
import type { ChannelRoute } from './model/channel.js';
import type { Finding, RuleName, Severity } from './model/finding.js';
import type { Findings, History, Progress } from './model/history.js';
import type { Senders, SenderSetting } from './model/sender.js';
import { address, planMessages, routed } from './notify/notify.js';
import type { News, Plan, Told } from './notify/notify.js';

/** What an evaluation needs to know of the configuration. */
export interface WatchSettings {
  /** Our policy domains; empty: whatever reports name. */
  readonly domains: readonly string[];
  /** Senders that the operator named; absent: none. */
  readonly senders?: readonly SenderSetting[];
  /** Unix seconds since when these settings hold: what was named before is looked at again. Absent: always. */
  readonly since?: number;
  /** Address that links start with. */
  readonly publicUrl: string;
  /** Whom messages go to; none: nobody is told, findings are kept all the same. */
  readonly channels: readonly ChannelRoute[];
}

export interface WatchDeps {
  readonly history: History;
  readonly findings: Findings;
  readonly senders: Senders;
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
    since: deps.settings.since ?? 0,
    newId: () => newId('al_'),
  });
  const { channels } = deps.settings;
  const news = newsOf(analysis, await deps.findings.untold(), channels);
  const head = { now, publicUrl: deps.settings.publicUrl.replace(/\/+$/, '') };
  const plan = planMessages(news, head, () => newId('msg_'));
  const messages = address(plan.messages, channels, head);
  await commit(deps, progress, changes(analysis, plan, messages, now), {
    messages,
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
    messages: messages.map((each) => each.type),
    backlog: analysis.backlog,
  };
}

function newId(prefix: string): string {
  return prefix + randomBytes(12).toString('hex');
}

function newsOf(analysis: Analysis, untold: readonly Finding[], channels: readonly ChannelRoute[]): News {
  const all = new Map(untold.map((each) => [each.publicId, each]));
  for (const each of changedBy(analysis)) all.set(each.publicId, each);
  return {
    untold: [...all.values()]
      .filter((each) => each.toldAt === null && each.resolution !== 'superseded')
      .map((each) => routed(each, channels)),
    opened: new Set(analysis.opened.map((each) => each.publicId)),
    resolved: analysis.resolved.filter((each) => each.toldAt !== null && each.resolution !== 'superseded'),
    backlog: analysis.backlog === null ? null : backlogNews(analysis.backlog),
  };
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
function changes(analysis: Analysis, plan: Plan, messages: readonly OutboxMessage[], now: number): readonly Finding[] {
  const sent = new Set(messages.map((each) => each.id));
  const changed = new Map(changedBy(analysis).map((each) => [each.publicId, closedQuietly(each, now)]));
  for (const told of plan.told) {
    if (told.finding.toldAt === null) changed.set(told.finding.publicId, marked(told, now, sent));
  }
  return [...changed.values()];
}

async function commit(
  deps: WatchDeps,
  progress: Progress,
  findings: readonly Finding[],
  end: { readonly messages: readonly OutboxMessage[]; readonly at: number; readonly caughtUp: boolean },
): Promise<void> {
  const evaluatedReportId = Math.max(progress.newestReportId, progress.evaluatedReportId);
  if (findings.length === 0 && evaluatedReportId === progress.evaluatedReportId) return;
  const first = progress.firstCatchUpDoneAt === null && end.caughtUp;
  await deps.findings.commit({
    findings,
    messages: end.messages,
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

function marked({ finding, as, by }: Told, now: number, sent: ReadonlySet<string>): Finding {
  const toldAs = sent.has(by) ? as : 'counted';
  return {
    ...finding,
    toldAt: now,
    toldBy: sent.has(by) ? by : 'none',
    evidence: { ...finding.evidence, told_as: toldAs },
  };
}

function queued(finding: Finding, now: number): EvaluationResult['queued'][number] {
  const { rule, severity, domain, summary } = finding;
  return { rule, severity, domain, summary, delaySeconds: Math.max(0, now - finding.firstArrival) };
}
