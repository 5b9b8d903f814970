import type { BacklogData, Message } from '../model/alert.js';
import type { Finding, RuleName } from '../model/finding.js';
import { composeDigest } from './digest.js';
import type { Digest } from './digest.js';
import { composeAlert } from './payload.js';
import type { Letterhead } from './payload.js';

/** What a first start or a backfill brought: the frame of its only message. */
export interface BacklogNews {
  readonly kind: 'first_start' | 'backlog';
  readonly facts: Omit<BacklogData, 'other_failing_sources'>;
  readonly failingSources: number;
  readonly domains: Digest['domains'];
}

/** What there is to tell after an evaluation. */
export interface News {
  /** Every finding that nobody was told of. */
  readonly untold: readonly Finding[];
  /** Opened in this evaluation: the public ids. */
  readonly opened: ReadonlySet<string>;
  /** Resolved in this evaluation, told before. */
  readonly resolved: readonly Finding[];
  readonly backlog: BacklogNews | null;
}

export interface Told {
  readonly finding: Finding;
  readonly as: 'alert' | 'listed' | 'counted';
  /** Id of the message. */
  readonly by: string;
}

/** A message and what it was made of: a channel that is told of some of the findings gets one about these. */
export interface PlannedMessage {
  readonly message: Message;
  readonly findings: readonly Finding[];
  /** Null for an alert of its own. */
  readonly digest: Digest | null;
}

/** Messages to send and which finding each of them tells. */
export interface Plan {
  readonly messages: readonly PlannedMessage[];
  readonly told: readonly Told[];
}

/** Untold findings wait for the digest until the oldest is this old: every failure is told within a day of its arrival. */
const digestAfterSeconds = 20 * 60 * 60;
/** More findings of one rule and domain than this are told in one message; over all domains, more than this too. */
const singly = (rule: RuleName) => (rule === 'known_sender_failing' ? 20 : 3);
const singlyInAll = (rule: RuleName) => (rule === 'known_sender_failing' ? 20 : 10);

/** Decides what is told now, in which message. Pure but for `newId`. */
export function planMessages(news: News, head: Letterhead, newId: () => string): Plan {
  return news.backlog === null ? planDaily(news, head, newId) : planBacklog(news, news.backlog, head, newId);
}

function planDaily(news: News, head: Letterhead, newId: () => string): Plan {
  const now = news.untold.filter((each) => each.evidence.route === 'now');
  const waiting = news.untold.filter((each) => each.evidence.route === 'digest');
  const digest = waiting.some((each) => isDue(each, head.now))
    ? [digestPlan({ kind: 'daily', findings: waiting }, head, newId)]
    : [];
  const alone = news.resolved.filter((each) => each.evidence.told_as === 'alert');
  const listed = news.resolved.filter((each) => each.evidence.told_as === 'listed');
  return merged([
    ...grouped(now, head, newId),
    ...grouped(listed, head, newId),
    ...alone.map((each) => alertPlan(each, head, newId)),
    ...digest,
  ]);
}

/** An arrival in the future means that the clock was set back: what waits by it would wait too long. */
function isDue(finding: Finding, now: number): boolean {
  return now - finding.firstArrival >= digestAfterSeconds || finding.firstArrival > now + 60;
}

function grouped(findings: readonly Finding[], head: Letterhead, newId: () => string): Plan[] {
  const groups = new Map<string, Finding[]>();
  for (const each of findings) {
    const key = `${each.rule} ${each.domainId}`;
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  const alone = new Map<RuleName, number>();
  const single: Finding[] = [];
  const together: Finding[] = [];
  for (const group of [...groups.values()].sort(byGroup)) {
    const rule = group[0]?.rule ?? 'new_failing_source';
    const room = group.length > singly(rule) ? 0 : singlyInAll(rule) - (alone.get(rule) ?? 0);
    const told = [...group].sort(byFailed).slice(0, room);
    alone.set(rule, (alone.get(rule) ?? 0) + told.length);
    single.push(...told);
    together.push(...group.filter((each) => !told.includes(each)));
  }
  const plans = single.map((each) => alertPlan(each, head, newId));
  return together.length === 0 ? plans : [...plans, digestPlan({ kind: 'grouped', findings: together }, head, newId)];
}

/** Known senders first; then the domains with the fewest findings, so that a flood over one does not displace another. */
function byGroup(one: readonly Finding[], other: readonly Finding[]): number {
  const known = (group: readonly Finding[]) => Number(group[0]?.rule === 'known_sender_failing');
  const most = (group: readonly Finding[]) => Math.max(...group.map(failedOf));
  return known(other) - known(one) || one.length - other.length || most(other) - most(one);
}

function byFailed(one: Finding, other: Finding): number {
  return failedOf(other) - failedOf(one);
}

function failedOf(finding: Finding): number {
  return finding.evidence.window.failed;
}

/** At most one message, whatever arrived. */
function planBacklog(news: News, backlog: BacklogNews, head: Letterhead, newId: () => string): Plan {
  const over = news.resolved.filter((each) => each.evidence.told_as === 'alert' || each.evidence.told_as === 'listed');
  const findings = [...news.untold, ...over];
  if (findings.length === 0) return { messages: [], told: [] };
  const critical = news.untold.filter((each) => each.rule === 'known_sender_failing' && news.opened.has(each.publicId));
  const only = critical.length === 1 && over.length === 0 ? critical[0] : undefined;
  if (only === undefined) {
    const facts = { ...backlog.facts, other_failing_sources: others(backlog, findings) };
    return digestPlan({ kind: backlog.kind, findings, backlog: facts, ...domainsOf(backlog) }, head, newId);
  }
  const id = newId();
  const facts = { ...backlog.facts, other_failing_sources: others(backlog, [only]) };
  const told = news.untold.map((finding): Told => ({ finding, as: finding === only ? 'alert' : 'counted', by: id }));
  return { messages: [{ message: composeAlert(id, only, head, facts), findings: [only], digest: null }], told };
}

function domainsOf(backlog: BacklogNews): Pick<Digest, 'domains'> {
  return backlog.domains === undefined ? {} : { domains: backlog.domains };
}

function others(backlog: BacklogNews, findings: readonly Finding[]): number {
  const named = findings.reduce((sum, each) => sum + each.evidence.source_count, 0);
  return Math.max(0, backlog.failingSources - named);
}

function alertPlan(finding: Finding, head: Letterhead, newId: () => string): Plan {
  const id = newId();
  const message = composeAlert(id, finding, head);
  return { messages: [{ message, findings: [finding], digest: null }], told: [{ finding, as: 'alert', by: id }] };
}

function digestPlan(digest: Digest, head: Letterhead, newId: () => string): Plan {
  const id = newId();
  const composed = composeDigest(id, digest, head);
  const listed = new Set(composed.listed);
  const told = digest.findings.map((finding): Told => ({
    finding,
    as: listed.has(finding) ? 'listed' : 'counted',
    by: id,
  }));
  return { messages: [{ message: composed.message, findings: digest.findings, digest }], told };
}

function merged(plans: readonly Plan[]): Plan {
  return { messages: plans.flatMap((each) => each.messages), told: plans.flatMap((each) => each.told) };
}
