import { randomBytes } from 'node:crypto';
import { analyse } from './analyse/analyse.js';
import type { Analysis, Backlog } from './analyse/analyse.js';
import type { Clock } from './base/clock.js';
import type { ChannelRoute } from './model/channel.js';
import type { Domains } from './model/domain-facts.js';
import type { Finding, RuleName, Severity } from './model/finding.js';
import type { EvaluationCommit, Findings, History, Progress } from './model/history.js';
import type { Senders, SenderSetting } from './model/sender.js';
import type { Tellings } from './model/telling.js';
import { address, gatherNews, planMessages, record } from './notify/notify.js';
import type { BacklogNews, Judged } from './notify/notify.js';

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
  /** When the daily digest goes out, `07:30` UTC; null: when the oldest that waits has waited 20 hours. */
  readonly digestAt: string | null;
}

export interface WatchDeps {
  readonly history: History;
  readonly findings: Findings;
  readonly senders: Senders;
  readonly tellings: Tellings;
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
  /** When there will be something to tell, milliseconds since the epoch; null: not known. */
  readonly nextAt: number | null;
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
    ignored: await deps.tellings.ignored(now),
    newId: () => newId('al_'),
  });
  const { channels, digestAt } = deps.settings;
  const news = await gatherNews(deps, judgedOf(analysis), { now, channels, digestAt });
  const head = { now, publicUrl: deps.settings.publicUrl.replace(/\/+$/, '') };
  const plan = planMessages(news, head, () => newId('msg_'));
  const messages = address(plan.messages, channels, head);
  const told = record(news, plan, messages, now);
  await commit(deps, progress, {
    findings: finalStates(analysis, told.findings, now),
    messages,
    telling: told.telling,
    firstCatchUpDoneAt: progress.firstCatchUpDoneAt === null && analysis.backlog !== null ? now : null,
    names: analysis.names,
    at: startedMs,
  });
  return {
    durationMs: deps.clock.now() - startedMs,
    reports: Math.max(0, progress.newestReportId - progress.evaluatedReportId),
    opened: analysis.opened.length,
    resolved: analysis.resolved.length,
    queued: plan.told.filter(({ item }) => item.change === 'opened').map(({ item }) => queued(item.finding, now)),
    messages: messages.map((each) => each.type),
    nextAt: plan.nextAt === null ? null : plan.nextAt * 1000,
    backlog: analysis.backlog,
  };
}

function newId(prefix: string): string {
  return prefix + randomBytes(12).toString('hex');
}

function judgedOf({ opened, changed, resolved, backlog }: Analysis): Judged {
  return { opened, changed, resolved, backlog: backlog === null ? null : backlogNews(backlog) };
}

function backlogNews(backlog: Backlog): BacklogNews {
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

/** Every finding that changed, as it is now. */
function finalStates(analysis: Analysis, told: readonly Finding[], now: number): readonly Finding[] {
  const changed = [...analysis.opened, ...analysis.changed, ...analysis.resolved].map((each) =>
    closedQuietly(each, now),
  );
  return [...new Map([...changed, ...told].map((each) => [each.publicId, each])).values()];
}

async function commit(
  { findings: store }: WatchDeps,
  progress: Progress,
  change: Omit<EvaluationCommit, 'evaluatedReportId'>,
): Promise<void> {
  const evaluatedReportId = Math.max(progress.newestReportId, progress.evaluatedReportId);
  const { findings, messages, telling } = change;
  const isIdle = findings.length + messages.length + telling.tellings.length + telling.domains.length === 0;
  if (isIdle && evaluatedReportId === progress.evaluatedReportId) return;
  await store.commit({ ...change, evaluatedReportId });
}

/** A graver finding about the same sources tells for it. */
function closedQuietly(finding: Finding, now: number): Finding {
  if (finding.resolution !== 'superseded' || finding.toldAt !== null) return finding;
  return { ...finding, toldAt: now, toldBy: 'superseded' };
}

function queued(finding: Finding, now: number): EvaluationResult['queued'][number] {
  const { rule, severity, domain, summary } = finding;
  return { rule, severity, domain, summary, delaySeconds: Math.max(0, now - finding.firstArrival) };
}
