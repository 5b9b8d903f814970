import { isAmong } from '../base/domains.js';
import { daySeconds, utcDay } from '../base/clock.js';
import { limits } from '../config/limits.js';
import { dayText } from '../model/finding.js';
import type { Finding } from '../model/finding.js';
import type { Arrivals, DomainPolicy, ReportSpan } from '../model/history.js';
import type { SenderSetting } from '../model/sender.js';
import { lookAtDomains } from './domains.js';
import type { DomainPorts, DomainWork } from './domains.js';
import { fallenSilent, follow, resolved } from './follow.js';
import { openFinding } from './open.js';
import { restFinding } from './rest.js';
import type { Rest } from './rest.js';
import { senderRules } from './rules/rules.js';
import { resolveSenders } from './senders/senders.js';
import { examine, isFresh } from './suspects.js';
import type { Ports, Round, Suspect } from './suspects.js';
import { foldIntoWaves } from './waves.js';

export { ruleNames } from '../model/finding.js';

/** What a first start or a backfill brought. */
export interface Backlog {
  readonly kind: 'first_start' | 'backlog';
  readonly reports: number;
  readonly firstDay: string;
  readonly lastDay: string;
  /** Source IPs that failed in their domain's newest three days. */
  readonly failingSources: number;
  /** Failures that were over before. */
  readonly pastFailures: number;
  readonly domains: Arrivals['domains'];
}

/** What an evaluation found: final states, to be told and written. */
export interface Analysis {
  /** Opened now. */
  readonly opened: readonly Finding[];
  /** Were open before and are open still. */
  readonly changed: readonly Finding[];
  readonly resolved: readonly Finding[];
  readonly backlog: Backlog | null;
  /** Names below a domain that are not new from now on. */
  readonly names: DomainWork['names'];
}

/** More than a week of event days at once is a backlog. */
const backlogDays = 7;
/** New failing sources of a domain looked at one by one in an evaluation, and once a domain has many open findings. */
const lookedAt = 100;
const lookedAtWhenMany = 20;
const manyOpen = 500;

/** Looks at what the reports of `span` brought and at every open finding. `now` is Unix seconds. */
export async function analyse(
  ports: Ports & DomainPorts,
  input: {
    readonly now: number;
    readonly span: ReportSpan;
    readonly firstStart: boolean;
    readonly domains: readonly string[];
    /** Senders that the operator named. */
    readonly senders: readonly SenderSetting[];
    /** Since when these settings hold. */
    readonly since: number;
    /** Fingerprints of findings that nobody is told of. */
    readonly ignored: { has(fingerprint: string): boolean };
    readonly newId: () => string;
  },
): Promise<Analysis> {
  const arrivals = await ports.history.arrivals(input.span);
  const backlog = arrivals.reports > 0 && (input.firstStart || arrivals.days > backlogDays);
  const atMost = utcDay(input.now) + daySeconds;
  const { now, span, firstStart, newId } = input;
  const round: Round = {
    now,
    span,
    firstStart,
    newId,
    backlog,
    newestDay: newestDays(ports, atMost),
    policy: policies(ports),
  };
  const seen = await lookAtNew(ports, round, input);
  const work = await openAll(ports, round, seen.suspects);
  await followOpen(ports, round, work);
  const domains = await lookAtDomains(ports, round, [...work.opened, ...work.changed]);
  const left = await foldIntoWaves(ports, round, { work, domains, rest: seen.rest, ignored: input.ignored });
  for (const rest of left) put(work, round, await restFinding(ports, round, rest));
  await closeSilent(ports, round, atMost, work);
  const kind = input.firstStart ? 'first_start' : 'backlog';
  return {
    opened: [...work.opened, ...domains.opened],
    changed: [...work.changed, ...domains.changed],
    resolved: [...work.resolved, ...domains.resolved],
    names: domains.names,
    backlog: backlog ? { kind, ...factsOf(arrivals), failingSources: seen.fresh, pastFailures: seen.past } : null,
  };
}

function factsOf(arrivals: Arrivals): Pick<Backlog, 'reports' | 'firstDay' | 'lastDay' | 'domains'> {
  return {
    reports: arrivals.reports,
    firstDay: dayText(arrivals.firstDay),
    lastDay: dayText(arrivals.lastDay),
    domains: arrivals.domains,
  };
}

function newestDays(ports: Ports, atMost: number): Round['newestDay'] {
  const known = new Map<number, number | null>();
  return async (domainId, fallback) => {
    const cached = known.get(domainId);
    const day = cached === undefined ? await ports.history.newestDay(domainId, atMost) : cached;
    known.set(domainId, day);
    return day ?? fallback;
  };
}

function policies(ports: Ports): Round['policy'] {
  const known = new Map<number, DomainPolicy | null>();
  return async (domainId) => {
    const cached = known.get(domainId);
    const policy = cached === undefined ? await ports.history.policy(domainId) : cached;
    known.set(domainId, policy);
    return policy;
  };
}

interface Seen {
  readonly suspects: Suspect[];
  readonly rest: Rest[];
  fresh: number;
  past: number;
}

async function lookAtNew(
  ports: Ports,
  round: Round,
  own: { readonly domains: readonly string[]; readonly senders: readonly SenderSetting[]; readonly since: number },
): Promise<Seen> {
  const open = await ports.findings.countOpen('new_failing_source');
  const perDomain = (domainId: number) => ((open.get(domainId) ?? 0) >= manyOpen ? lookedAtWhenMany : lookedAt);
  const failing = await ports.history.touched(round.span, {
    perDomain,
    isWatched: isAmong(own.domains),
    newestFirst: round.backlog,
  });
  const { senders, domains, since } = own;
  const lookups = round.backlog ? limits.senderLookupsOfBacklog : limits.senderLookups;
  const most = { lookups, sources: limits.senderSources };
  const settings = { now: round.now, span: round.span, settings: senders, since, domains, most };
  const seen: Seen = { suspects: [], rest: [], fresh: 0, past: 0 };
  for (const sender of await resolveSenders(ports.senders, settings, failing.sources)) {
    const examined = await examine(ports, round, senderRules, sender);
    seen.suspects.push(...examined.suspects);
    seen.past += examined.past ? 1 : 0;
    seen.fresh += examined.fresh;
  }
  for (const rest of failing.rest) {
    const isPast = round.backlog && !isFresh(rest.lastDay, await round.newestDay(rest.domainId, rest.lastDay));
    if (isPast) seen.past += rest.sources;
    else {
      seen.fresh += rest.sources;
      seen.rest.push(rest);
    }
  }
  return seen;
}

interface Work {
  readonly opened: Finding[];
  readonly changed: Finding[];
  readonly resolved: Finding[];
}

async function openAll(ports: Ports, round: Round, suspects: readonly Suspect[]): Promise<Work> {
  const work: Work = { opened: [], changed: [], resolved: [] };
  for (const suspect of suspects) {
    const finding = await openFinding(ports, round, suspect);
    if (finding === null) continue;
    put(work, round, finding);
    work.resolved.push(...(await superseded(ports, round.now, suspect, finding)));
  }
  return work;
}

function put(work: Work, round: Round, finding: Finding): void {
  const list = finding.openedAt === round.now ? work.opened : work.changed;
  list.push(finding);
}

/** Findings of a lesser rule that hold nothing but these sources end here. */
async function superseded(ports: Ports, now: number, suspect: Suspect, by: Finding): Promise<readonly Finding[]> {
  const ended: Finding[] = [];
  for (const publicId of suspect.heldBy) {
    const held = await ports.findings.get(publicId);
    if (held !== null && held.sourceIds.every((id) => by.sourceIds.includes(id)))
      ended.push(resolved(held, 'superseded', now));
  }
  return ended;
}

async function followOpen(ports: Ports, round: Round, work: Work): Promise<void> {
  const done = doneIds(work);
  for (const finding of await ports.findings.touched(round.span)) {
    const rule = senderRules.find((each) => each.name === finding.rule);
    if (rule === undefined || done.has(finding.publicId)) continue;
    const followed = await follow(ports, round, rule, finding);
    (followed.status === 'open' ? work.changed : work.resolved).push(followed);
  }
}

async function closeSilent(ports: Ports, round: Round, atMost: number, work: Work): Promise<void> {
  const done = doneIds(work);
  const silent = await fallenSilent(ports, round, atMost);
  work.resolved.push(...silent.filter((each) => !done.has(each.publicId)));
}

function doneIds(work: Work): ReadonlySet<string> {
  return new Set([...work.opened, ...work.changed, ...work.resolved].map((each) => each.publicId));
}
