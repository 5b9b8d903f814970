import { daySeconds } from '../base/clock.js';
import { composeDigest } from './digest.js';
import type { Digest, PlannedMessage } from './digest.js';
import { lastMoment, nextWeekly } from './moments.js';
import { isGrown } from './news.js';
import type { BacklogNews, Item, News } from './news.js';
import { composeAlert } from './payload.js';
import type { Letterhead } from './payload.js';

export type { PlannedMessage } from './digest.js';

export interface Told {
  readonly item: Item;
  readonly as: 'alert' | 'listed' | 'counted';
  readonly atOnce: boolean;
  /** Id of the message. */
  readonly by: string;
}

/** What is told now, and when there will be more to tell. */
export interface Plan {
  readonly messages: readonly PlannedMessage[];
  readonly told: readonly Told[];
  /** Changes that wait. */
  readonly held: readonly Item[];
  /** Policy domains whose first summary this is. */
  readonly introduced: readonly string[];
  readonly isStorm: boolean;
  /** Unix seconds; null: nothing waits. */
  readonly nextAt: number | null;
}

/** What waits goes out when the oldest is this old: every failure is told within a day of its arrival. */
const longestWaitSeconds = 20 * 60 * 60;
/** Between two messages at once about one policy domain. */
const pauseSeconds = 15 * 60;
/** More new alerts than this in an hour are a storm, told in one message an hour. */
const stormAlerts = 20;
const hourSeconds = 60 * 60;

/** Decides what is told now, in which message. Pure but for `newId`. */
export function planMessages(news: News, head: Letterhead, newId: () => string): Plan {
  const desk = { head, newId };
  const quiet = news.items.filter(isEndedQuietly);
  const others = { ...news, items: news.items.filter((each) => !isEndedQuietly(each)) };
  const plans = news.backlog === null ? planPaced(others, desk) : planBacklog(others, news.backlog, desk);
  const weekly = news.week === null ? [] : [weeklyPlan(news.week, desk)];
  const ends = quiet.map((each) => endPlan(each, desk, 'keepers'));
  const all = merged([...ends, ...plans, ...plans.flatMap((each) => incidentEnds(each, desk)), ...weekly]);
  const isWaiting = nextWeekly(head.now, news.digestAt);
  return { ...all, nextAt: Math.min(all.nextAt ?? isWaiting, isWaiting) };
}

/** What every message is made with. */
interface Desk {
  readonly head: Letterhead;
  readonly newId: () => string;
}

/** Another finding tells of it, it is no news any more, or is ignored: people need not hear that it ended, channels that keep it do. */
function isEndedQuietly({ change, finding, ignored }: Item): boolean {
  const isNoNews = finding.resolution === 'superseded' || finding.resolution === 'accepted' || ignored === true;
  return change === 'resolved' && isNoNews;
}

function endPlan(item: Item, desk: Desk, onlyFor: NonNullable<PlannedMessage['onlyFor']>): Plan {
  const { messages, told } = alertPlan(item, desk);
  // It is no message of the pace that people are told at.
  return { ...nothing, messages: messages.map((each) => ({ ...each, onlyFor })), told: told.map(quietly) };
}

function quietly(told: Told): Told {
  return { ...told, atOnce: false };
}

/** What a message about several alerts says to be over is an incident of its own in some channels. */
function incidentEnds({ told }: Plan, desk: Desk): Plan[] {
  const ends = told.filter(({ item, as }) => as !== 'alert' && item.atOnce && item.change === 'resolved');
  return ends.map(({ item }) => ({ ...endPlan(item, desk, 'incidents'), told: [] }));
}

function planPaced(news: News, desk: Desk): Plan[] {
  const atOnce = news.items.filter((each) => each.atOnce);
  const later = news.items.filter((each) => !each.atOnce);
  const { storm, calm } = braked(news, atOnce, desk);
  const isYoung = ({ finding, learning }: Item) =>
    learning && (news.domains.get(finding.domain)?.introducedAt ?? null) === null;
  return [
    ...storm,
    ...domainPlans(news, calm, desk),
    introduction(news, later.filter(isYoung), desk),
    daily(
      news,
      later.filter((each) => !isYoung(each)),
      desk,
    ),
  ];
}

/** More new alerts than anybody reads one by one: one message for all of them, then none for an hour. */
function braked(
  { pace }: News,
  atOnce: readonly Item[],
  desk: Desk,
): { readonly storm: readonly Plan[]; readonly calm: readonly Item[] } {
  const critical = atOnce.filter((each) => isNew(each) && each.finding.severity === 'critical');
  // A flood of lesser alerts must not hold up the grave ones.
  const isFree = critical.length + pace.recentCritical <= stormAlerts;
  const isBraked = (each: Item) => isNew(each) && !(isFree && each.finding.severity === 'critical');
  const fresh = atOnce.filter(isBraked);
  const calm = atOnce.filter((each) => !isBraked(each));
  const until = pace.stormAt === null || pace.stormAt > desk.head.now ? 0 : pace.stormAt + hourSeconds;
  if (until > desk.head.now && !fresh.some((each) => isOverdue(each, desk.head.now))) {
    return { storm: [waiting(fresh, until)], calm };
  }
  if (fresh.length === 0 || fresh.length + pace.recent <= stormAlerts) return { storm: [], calm: atOnce };
  return { storm: [{ ...digestPlan('storm', fresh, desk), isStorm: true }], calm };
}

function isNew({ change }: Item): boolean {
  return change === 'opened';
}

/** A message for each policy domain; where that were too many, one for all of them. */
function domainPlans(news: News, items: readonly Item[], desk: Desk): Plan[] {
  const domains = [...byDomain(items)];
  if (domains.length > stormAlerts) return [digestPlan('grouped', items, desk)];
  return domains.map(([domain, own]) => domainPlan(news, domain, own, desk));
}

function domainPlan(news: News, domain: string, items: readonly Item[], desk: Desk): Plan {
  const toldAt = news.domains.get(domain)?.toldAt ?? null;
  const until = toldAt === null || toldAt > desk.head.now ? 0 : toldAt + pauseSeconds;
  if (until > desk.head.now && !items.some((each) => isOverdue(each, desk.head.now))) return waiting(items, until);
  const [only] = items;
  return items.length === 1 && only !== undefined ? alertPlan(only, desk) : digestPlan('grouped', items, desk);
}

/** The first that is told of policy domains: one message for all of them, as a hostile mail may name many. */
function introduction(news: News, items: readonly Item[], desk: Desk): Plan {
  if (items.length === 0) return nothing;
  const isReady = items.some(({ finding }) => isGrown(news.domains.get(finding.domain), desk.head.now));
  if (!isReady && !isDigestDue(items, desk.head.now, null)) return waiting(items, oldest(items) + longestWaitSeconds);
  const introduced = [...new Set(items.map((each) => each.finding.domain))];
  return { ...digestPlan('new_domain', items, desk, { senders: news.senders }), introduced };
}

function daily(news: News, items: readonly Item[], desk: Desk): Plan {
  if (items.length === 0) return nothing;
  if (isDigestDue(items, desk.head.now, news.digestAt)) return digestPlan('daily', items, desk);
  const guaranteed = oldest(items) + longestWaitSeconds;
  const next = news.digestAt === null ? guaranteed : lastMoment(desk.head.now, news.digestAt) + daySeconds;
  return waiting(items, Math.min(guaranteed, next));
}

function isDigestDue(items: readonly Item[], now: number, digestAt: string | null): boolean {
  const moment = digestAt === null ? -Infinity : lastMoment(now, digestAt);
  return items.some((each) => isOverdue(each, now) || each.since <= moment);
}

/** A time in the future means that the clock was set back: what waits by it would wait too long. */
function isOverdue({ since }: Item, now: number): boolean {
  return now - since >= longestWaitSeconds || since > now + 60;
}

function oldest(items: readonly Item[]): number {
  return Math.min(...items.map((each) => each.since));
}

/** One message, whatever arrived; none when nothing fails. */
function planBacklog(news: News, backlog: BacklogNews, desk: Desk): Plan[] {
  const isIn = ({ change }: Item) => change === 'opened' || change === 'resolved';
  const items = news.items.filter(isIn);
  const introduced = backlog.domains.map((each) => each.domain);
  const held = waiting(
    news.items.filter((each) => !isIn(each)),
    desk.head.now + pauseSeconds,
  );
  if (items.length === 0) return [{ ...held, introduced }];
  const facts = { ...backlog.facts, other_failing_sources: others(backlog, items) };
  const extra = { backlog: facts, domains: backlog.domains, senders: news.senders };
  return [{ ...digestPlan(backlog.kind, items, desk, extra), introduced }, held];
}

function others(backlog: BacklogNews, items: readonly Item[]): number {
  const named = items.reduce((sum, each) => sum + each.finding.evidence.source_count, 0);
  return Math.max(0, backlog.failingSources - named);
}

const nothing: Plan = { messages: [], told: [], held: [], introduced: [], isStorm: false, nextAt: null };

function waiting(held: readonly Item[], nextAt: number): Plan {
  return { ...nothing, held, nextAt: held.length === 0 ? null : nextAt };
}

function alertPlan(item: Item, desk: Desk): Plan {
  const id = desk.newId();
  const { finding, change } = item;
  const message = composeAlert(id, finding, desk.head, change);
  const told: Told = { item, as: 'alert', atOnce: true, by: id };
  return { ...nothing, messages: [{ message, findings: [finding], digest: null }], told: [told] };
}

function digestPlan(
  kind: Digest['kind'],
  items: readonly Item[],
  desk: Desk,
  extra: Pick<Digest, 'backlog' | 'domains' | 'senders'> = {},
): Plan {
  const id = desk.newId();
  const findings = items.map((each) => each.finding);
  const changes = new Map(items.map((each) => [each.finding.publicId, each.change]));
  const digest: Digest = { kind, findings, changes, ...extra };
  const composed = composeDigest(id, digest, desk.head);
  const listed = new Set(composed.listed);
  const atOnce = kind === 'grouped' || kind === 'storm';
  const told = items.map((item): Told => ({
    item,
    as: listed.has(item.finding) ? 'listed' : 'counted',
    atOnce,
    by: id,
  }));
  return { ...nothing, messages: [{ message: composed.message, findings, digest }], told };
}

/** What is open is told already: nothing is marked. */
function weeklyPlan(week: NonNullable<News['week']>, desk: Desk): Plan {
  const digest: Digest = { kind: 'weekly', findings: week.changed, domains: week.domains, week };
  const { message } = composeDigest(desk.newId(), digest, desk.head);
  return { ...nothing, messages: [{ message, findings: week.changed, digest }] };
}

function byDomain(items: readonly Item[]): ReadonlyMap<string, readonly Item[]> {
  const found = new Map<string, Item[]>();
  for (const each of items) {
    const own = found.get(each.finding.domain);
    if (own === undefined) found.set(each.finding.domain, [each]);
    else own.push(each);
  }
  return found;
}

function merged(plans: readonly Plan[]): Plan {
  const waits = plans.flatMap((each) => (each.nextAt === null ? [] : [each.nextAt]));
  return {
    messages: plans.flatMap((each) => each.messages),
    told: plans.flatMap((each) => each.told),
    held: plans.flatMap((each) => each.held),
    introduced: plans.flatMap((each) => each.introduced),
    isStorm: plans.some((each) => each.isStorm),
    nextAt: waits.length === 0 ? null : Math.min(...waits),
  };
}
