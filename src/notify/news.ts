import { daySeconds } from '../base/clock.js';
import type { BacklogData } from '../model/alert.js';
import type { ChannelRoute } from '../model/channel.js';
import { domainRuleNames } from '../model/domain-facts.js';
import { dayOfText } from '../model/finding.js';
import type { Finding, Severity } from '../model/finding.js';
import type { Findings } from '../model/history.js';
import type { Change, DomainTelling, Pace, SendersOfClass, Telling, Tellings, WeekFacts } from '../model/telling.js';
import type { Digest } from './digest.js';
import { routed } from './route.js';
import { weeklyMoment } from './moments.js';

/** What a first start or a backfill brought: the frame of its only message. */
export interface BacklogNews {
  readonly kind: 'first_start' | 'backlog';
  readonly facts: Omit<BacklogData, 'other_failing_sources'>;
  readonly failingSources: number;
  readonly domains: NonNullable<Digest['domains']>;
}

/** What an evaluation found. */
export interface Judged {
  readonly opened: readonly Finding[];
  readonly changed: readonly Finding[];
  readonly resolved: readonly Finding[];
  readonly backlog: BacklogNews | null;
}

/** One change that people are to be told of. */
export interface Item {
  readonly finding: Finding;
  readonly change: Change;
  /** Since when they wait: the arrival of the report, or when it changed. Unix seconds. */
  readonly since: number;
  /** Not in a digest. */
  readonly atOnce: boolean;
  /** The policy domain is too young for alerts. */
  readonly learning: boolean;
  /** Somebody ignores it: only channels that keep what is open are told, of its end. */
  readonly ignored?: boolean;
  readonly telling: Telling | null;
}

/** What there is to tell after an evaluation. */
export interface News {
  readonly items: readonly Item[];
  /** Findings that end untold because somebody ignores them. */
  readonly unheard: readonly Finding[];
  readonly backlog: BacklogNews | null;
  readonly domains: ReadonlyMap<string, DomainTelling>;
  /** Of the domains that a first summary may be about. */
  readonly senders: readonly SendersOfClass[];
  readonly pace: Pace;
  /** Null when no weekly summary is due. */
  readonly week: WeekFacts | null;
  /** `07:30`, UTC; null: when the oldest has waited long enough. */
  readonly digestAt: string | null;
}

/** From one telling of what is open to the next. */
export const reminderSeconds = 7 * daySeconds;
const learningSeconds = 7 * daySeconds;
/** A domain without its first summary gets one, although its first week ended while something waited. */
const introductionSeconds = learningSeconds + daySeconds;
const muchWorse = 10;
const gravity: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 };

interface Ports {
  readonly findings: Findings;
  readonly tellings: Tellings;
}

/** Everything to tell, whether now or later. `now` is Unix seconds. */
export async function gatherNews(
  { findings, tellings }: Ports,
  judged: Judged,
  settings: { readonly now: number; readonly channels: readonly ChannelRoute[]; readonly digestAt: string | null },
): Promise<News> {
  const { now, channels, digestAt } = settings;
  const fresh = new Map([...judged.changed, ...judged.resolved, ...judged.opened].map((each) => [each.publicId, each]));
  const untold = [...new Map([...(await findings.untold()).map(keyed), ...fresh]).values()].filter(
    (each) => each.toldAt === null && each.resolution !== 'superseded',
  );
  const owed = await tellings.owed(now);
  const known = await tellings.of([...fresh.keys()]);
  const told = new Map([
    ...owed.map(({ finding, telling }) => [finding.publicId, { finding, telling }] as const),
    ...[...known].flatMap(([id, telling]) => {
      const finding = fresh.get(id);
      return finding === undefined ? [] : [[id, { finding, telling }] as const];
    }),
  ]);
  const ignored = await tellings.ignored(now);
  const isHeard = (finding: Finding) => !ignored.has(finding.fingerprint);
  const heard = untold.filter(isHeard);
  const names = [...heard, ...[...told.values()].map((each) => each.finding)].map((each) => each.domain);
  const domains = await tellings.domains([
    ...new Set([...names, ...(judged.backlog?.domains ?? []).map((each) => each.domain)]),
  ]);
  const pace = await tellings.pace(now);
  const isNew = (each: DomainTelling) => judged.backlog !== null || isLearning(each, now);
  const introduced = [...domains.values()].filter(isNew).map((each) => each.domain);
  const later = [...told.values()].filter(({ finding }) => finding.toldAt !== null);
  return {
    items: [
      ...heard.map((each) => openedItem(each, known.get(each.publicId) ?? null, { channels, domains, now })),
      ...later
        .filter(({ finding }) => isHeard(finding))
        .flatMap((each) => changedItem(each.finding, each.telling, channels, now)),
      ...later.filter(({ finding }) => !isHeard(finding)).flatMap((each) => ignoredEnd(each, now)),
    ],
    unheard: untold.filter((each) => !isHeard(each) && each.status === 'resolved'),
    backlog: judged.backlog,
    domains,
    senders: introduced.length === 0 ? [] : await tellings.senders(introduced),
    pace,
    week: isWeekDue(pace, now, digestAt) ? await tellings.week(now) : null,
    digestAt,
  };
}

function keyed(finding: Finding): readonly [string, Finding] {
  return [finding.publicId, finding];
}

/** The first week of the service has no summary. */
function isWeekDue({ weeklyAt }: Pace, now: number, digestAt: string | null): boolean {
  return weeklyAt !== null && weeklyAt < weeklyMoment(now, digestAt);
}

function openedItem(
  finding: Finding,
  telling: Telling | null,
  {
    channels,
    domains,
    now,
  }: {
    readonly channels: readonly ChannelRoute[];
    readonly domains: ReadonlyMap<string, DomainTelling>;
    readonly now: number;
  },
): Item {
  const chosen = routed(finding, channels);
  const learning = isLearning(domains.get(finding.domain), now);
  const atOnce = chosen.evidence.route === 'now' && !learning;
  // What fails again soon after its end was told as opened before.
  const change = telling !== null && finding.evidence.flapping ? 'updated' : 'opened';
  return { finding: chosen, change, since: finding.firstArrival, atOnce, learning, telling };
}

/** The first 7 days of a policy domain, by its event days: nothing is known yet of what is usual there. */
function isLearning(domain: DomainTelling | undefined, now: number): boolean {
  if (domain === undefined || domain.firstDay === null) return false;
  const age = now - domain.firstDay;
  // Younger than that the clock was set back.
  return age >= -daySeconds && age < (domain.introducedAt === null ? introductionSeconds : learningSeconds);
}

/** Whether the first week of a domain that had no summary yet is over. */
export function isGrown(domain: DomainTelling | undefined, now: number): boolean {
  const firstDay = domain?.firstDay ?? null;
  return firstDay !== null && now - firstDay >= learningSeconds;
}

function changedItem(finding: Finding, telling: Telling, channels: readonly ChannelRoute[], now: number): Item[] {
  const change = changeOf(finding, telling, channels, now);
  if (change === null) return [];
  const isAlerted = telling.alertedAt !== null;
  // What a digest told wakes nobody by lasting.
  const isUrgent =
    change === 'updated' || (change === 'reminder' && routed(finding, channels).evidence.route === 'now');
  const atOnce = isAlerted || isUrgent;
  const waits = telling.owed === change ? telling.owedSince : null;
  const since = (change === 'reminder' ? telling.remindAt : waits) ?? now;
  return [{ finding, change, since, atOnce, learning: false, telling }];
}

/** Who keeps what is open would keep it for good. */
function ignoredEnd(
  { finding, telling }: { readonly finding: Finding; readonly telling: Telling },
  now: number,
): Item[] {
  if (finding.status !== 'resolved' || telling.alertedAt === null || !isEndTold(finding, telling)) return [];
  return [{ finding, change: 'resolved', since: now, atOnce: true, learning: false, ignored: true, telling }];
}

function changeOf(finding: Finding, telling: Telling, channels: readonly ChannelRoute[], now: number): Change | null {
  if (finding.status === 'resolved') return isEndTold(finding, telling) ? 'resolved' : null;
  if (telling.owed === 'updated' || isWorse(routed(finding, channels), telling)) return 'updated';
  const isDue = telling.remindAt !== null && telling.remindAt <= now && telling.ackedAt === null;
  return isDue && goesOn(finding, telling.remindAt - reminderSeconds) ? 'reminder' : null;
}

/** Whether it failed on since it was told. What is about no sender goes on as long as it is open. */
function goesOn({ rule, lastDay }: Finding, toldAt: number): boolean {
  return domainRuleNames.includes(rule) || lastDay + daySeconds > toldAt;
}

/** What was listed is said to be over; what only fell silent and was never an alert is not worth a line. */
function isEndTold({ resolution, severity, evidence }: Finding, { alertedAt }: Telling): boolean {
  if (evidence.told_as === 'counted' || evidence.told_as === null) return false;
  if (resolution === 'superseded' || resolution === 'accepted') return alertedAt !== null;
  return alertedAt !== null || severity !== 'info' || resolution !== 'no_traffic';
}

function isWorse({ severity, evidence }: Finding, told: Telling): boolean {
  if (evidence.route !== 'now') return false;
  return (
    gravity[severity] > gravity[told.severity] || (told.failed > 0 && failedDaily(evidence) >= muchWorse * told.failed)
  );
}

/** Failing messages a day since it began: a failure that merely goes on is no worse. */
export function failedDaily({ window, latest }: Pick<Finding['evidence'], 'window' | 'latest'>): number {
  const { from, to, failed } = latest.failed >= window.failed ? latest : window;
  const days = (dayOfText(to) - dayOfText(from)) / daySeconds + 1;
  return Math.floor(failed / Math.max(1, days));
}

/** Whether it is graver than it was told. */
export function isGraver({ severity }: Finding, told: Telling): boolean {
  return gravity[severity] > gravity[told.severity];
}
