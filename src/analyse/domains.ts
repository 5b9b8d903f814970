import { daySeconds, utcDay } from '../base/clock.js';
import type { DomainCase, DomainReport, Domains, NewName, TouchedDomain } from '../model/domain-facts.js';
import type { Finding } from '../model/finding.js';
import type { Findings } from '../model/history.js';
import { caseFinding, fingerprintOfCase } from './domain-finding.js';
import { resolved } from './follow.js';
import type { DomainFacts, RuleOver } from './rules/domain-rule.js';
import { regular } from './rules/days.js';
import { domainRules, serviceRules } from './rules/domain-rules.js';
import { isFailing } from './rules/mailbox-failing.js';
import { leastFailures } from './rules/parse-failing.js';
import { unknownDomains } from './rules/unknown-domain.js';
import { needsSenders } from './rules/needs-senders.js';
import { isFresh, isLate } from './suspects.js';
import type { Round } from './suspects.js';

export interface DomainPorts {
  readonly domains: Domains;
  readonly findings: Findings;
}

/** What the rules about domains and the service came to. */
export interface DomainWork {
  readonly opened: Finding[];
  readonly changed: Finding[];
  readonly resolved: Finding[];
  /** Names below a domain that are not new from now on. */
  readonly names: readonly { readonly domainId: number; readonly name: string }[];
}

const factDays = 42;
/** Of these, a reporter has to have reported on that many to be heard about senders. */
const heardDays = 3;
/** Silence is looked at from here on. */
const quietSeconds = 2 * daySeconds;
/** A domain that is silent for longer had its finding, or no rhythm. */
const longQuietSeconds = 35 * daySeconds;
const learningSeconds = 7 * daySeconds;
const acceptedAfter = 28 * daySeconds;

/** Looks at the domains that the new reports name, at those that are silent, and at the service itself. `senders`: open findings about these. */
export async function lookAtDomains(
  ports: DomainPorts,
  round: Round,
  senders: readonly Finding[],
): Promise<DomainWork> {
  const touched = await ports.domains.touched(round.span);
  const names = await ports.domains.newNames(round.span);
  const open = await ports.domains.open();
  const work: DomainWork = { opened: [], changed: [], resolved: [], names: allNames(names) };
  const watch = { ports, round, names, open, work, senders };
  const service = await lookAtService(watch);
  const seen = new Set<number>();
  for (const each of [...touched.filter(({ foreign }) => !foreign), ...(await quietDomains(watch))]) {
    if (seen.has(each.domainId)) continue;
    seen.add(each.domainId);
    await lookAtDomain(watch, each, service.watchedSince);
  }
  await lookAtForeign(watch, touched);
  return work;
}

interface Watch {
  readonly ports: DomainPorts;
  readonly round: Round;
  readonly names: ReadonlyMap<number, readonly NewName[]>;
  readonly open: readonly Finding[];
  readonly senders: readonly Finding[];
  readonly work: DomainWork;
}

/** A domain to look at; without `touched` for its silence. */
type Looked = Pick<TouchedDomain, 'domainId' | 'domain'> & Partial<Pick<TouchedDomain, 'days' | 'firstArrival'>>;

function allNames(names: ReadonlyMap<number, readonly NewName[]>): DomainWork['names'] {
  return [...names].flatMap(([domainId, each]) => each.map(({ name }) => ({ domainId, name })));
}

async function quietDomains({ ports, round, open }: Watch): Promise<readonly Looked[]> {
  const held = new Set(open.map((each) => each.domainId));
  const quiet = await ports.domains.quiet(0, round.now - quietSeconds);
  return quiet.filter((each) => each.arrivedAt > round.now - longQuietSeconds || held.has(each.domainId));
}

async function lookAtService(watch: Watch): Promise<{ readonly watchedSince: number | null }> {
  const { ports, round, open } = watch;
  const polls = await ports.domains.polls();
  const since = await ports.domains.watchedSince(round.now);
  const readings = await ports.domains.readings(round.now - daySeconds, leastFailures);
  const facts = { now: round.now, polls, readings };
  const own = open.filter((each) => each.domainId === 0);
  await judge(watch, serviceRules, facts, { domainId: 0, domain: '', open: own });
  return { watchedSince: polls.some((each) => isFailing(each, round.now)) ? null : since };
}

async function lookAtDomain(watch: Watch, looked: Looked, watchedSince: number | null): Promise<void> {
  const { ports, round } = watch;
  const { domainId, domain } = looked;
  const own = watch.open.filter((each) => each.domainId === domainId);
  const newestDay = await round.newestDay(domainId, utcDay(round.now));
  const reports = await ports.domains.reports(domainId, newestDay - factDays * daySeconds);
  if (reports.length === 0) return;
  const isNew = (day: number) =>
    (round.backlog ? isFresh(day, newestDay) : !isLate(day, newestDay)) && day <= newestDay;
  const newDays = (looked.days ?? []).filter(isNew);
  const heard = regular(reports, heardDays);
  const policy = await round.policy(domainId);
  const from = newestDay - factDays * daySeconds;
  const facts: DomainFacts = {
    now: round.now,
    domain,
    reports,
    newestDay,
    newDays,
    senderDays: needsSenders(heard, newDays, own)
      ? await ports.domains.senderDays({ domainId, from, to: newestDay, now: round.now, reporterIds: idsOf(heard) })
      : [],
    names: (await isLearning(watch, domainId)) ? [] : (watch.names.get(domainId) ?? []),
    enforced: policy?.p === 'quarantine' || policy?.p === 'reject',
    watchedSince,
    backlog: round.backlog,
    open: own,
    failing: failingSenders(watch.senders, domainId),
    firstArrival: looked.firstArrival ?? round.now,
  };
  await judge(watch, domainRules, facts, { ...looked, open: own });
}

/** What looks like forwarding is no answer when most of the domain looks so. */
function failingSenders(findings: readonly Finding[], domainId: number): ReadonlySet<string> {
  const own = findings.filter((each) => each.domainId === domainId && each.rule === 'known_sender_failing');
  return new Set(own.filter((each) => each.evidence.class !== 'forwarder').map((each) => each.sender));
}

/** Every name of a domain is new in its first week. */
async function isLearning({ ports, round }: Watch, domainId: number): Promise<boolean> {
  const first = await ports.domains.firstArrival(domainId);
  return round.backlog || first === null || first > round.now - learningSeconds;
}

function idsOf(reports: readonly DomainReport[]): readonly number[] {
  return [...new Set(reports.map((each) => each.reporterId))];
}

async function judge<Facts>(
  watch: Watch,
  rules: readonly RuleOver<Facts>[],
  facts: Facts,
  of: Looked & { readonly open: readonly Finding[] },
): Promise<void> {
  for (const rule of rules) {
    const found = new Set<string>();
    for (const each of rule.find(facts)) found.add(await put(watch, each, of));
    for (const each of of.open) {
      if (each.rule !== rule.name || found.has(each.fingerprint)) continue;
      const end = rule.end(facts, each);
      if (end !== null) watch.work.resolved.push(resolved(each, end, watch.round.now));
    }
  }
}

/** Opens a finding, or brings the open one up to date when it became graver; its fingerprint. */
async function put({ ports, round, work }: Watch, found: DomainCase, of: Looked): Promise<string> {
  const finding = await caseFinding(ports.findings, round, found, of);
  if (finding.change === 'opened') work.opened.push(finding.finding);
  if (finding.change === 'changed') work.changed.push(finding.finding);
  return finding.finding.fingerprint;
}

/** Domains that are none of ours: told once; what was open about a domain that is ours no more ends. */
async function lookAtForeign(watch: Watch, touched: readonly TouchedDomain[]): Promise<void> {
  const { ports, round, open, work } = watch;
  for (const found of unknownDomains(touched)) {
    const of = found.of ?? { domainId: 0, domain: '' };
    const latest = await ports.findings.latest(fingerprintOfCase(found, of.domain));
    if (latest === null || latest.resolution === 'recovered') await put(watch, found, of);
  }
  for (const each of open) {
    if (each.rule === 'unknown_domain') {
      const isOurs = each.domainId !== 0 && !(await ports.domains.isForeign(each.domainId));
      if (isOurs) work.resolved.push(resolved(each, 'recovered', round.now));
      else if (round.now - each.openedAt > acceptedAfter) work.resolved.push(resolved(each, 'accepted', round.now));
    } else if (each.domainId !== 0 && (await ports.domains.isForeign(each.domainId))) {
      work.resolved.push(resolved(each, 'accepted', round.now));
    }
  }
}
