import { daySeconds } from '../../base/clock.js';
import type { DomainReport } from '../../model/domain-facts.js';
import { countText, momentText } from '../words.js';
import type { DomainFacts, DomainRule } from './domain-rule.js';
import { policyOf, policyOfText, policyText, tags, weakened } from './policies.js';
import type { Policy } from './policies.js';

/** A change longer ago is no news. */
const freshDays = 7;
/** Resolvers may hold an old record for a day, and a period may have begun before the change. */
const settledSeconds = 2 * daySeconds;

/**
 * Receivers see a weaker policy than before. Each reporter is compared with what it said itself: what tags a reporter leaves
 * out, or fills in, is its own habit. Two reporters have to see it, or one in two reports, and more than still see the old one.
 */
export const policyWeakened: DomainRule = {
  name: 'policy_weakened',
  find: (facts) => {
    const views = viewsOf(facts.reports);
    const votes = views.filter((view) => isWeaker(view) && view.since >= facts.newestDay - freshDays * daySeconds);
    const changedAt = Math.min(...votes.map((each) => each.since));
    const [newest] = votes.toSorted((one, other) => other.newest - one.newest);
    if (newest === undefined || !isEnough(votes)) return [];
    const old = newest.before ?? newest.policy;
    const against = views.filter((view) => sees(view, old) && view.newest >= changedAt + settledSeconds);
    if (against.length >= votes.length) return [];
    const told = facts.open.filter((each) => each.rule === 'policy_weakened');
    // What is as strong as the policy of an open finding is that finding.
    if (told.some((each) => sees(newest, policyOfText(String(each.evidence.about?.['after'] ?? ''))))) return [];
    return [caseOf(facts, newest, votes, { changedAt, isFirst: told.length === 0 })];
  },
  end: (facts, { evidence: { about } }) => {
    const before = policyOfText(String(about?.['before'] ?? ''));
    const changedAt = Number(about?.['changed_at'] ?? 0);
    const views = viewsOf(facts.reports).filter((view) => view.newest >= changedAt);
    const back = views.filter((view) => sees(view, before) && view.since > changedAt);
    const backAt = Math.min(...back.map((each) => each.since));
    const weak = views.filter((view) => !sees(view, before) && view.newest >= backAt + daySeconds);
    return isEnough(back) && back.length > weak.length ? 'recovered' : null;
  },
};

/** What a reporter says of the policy: now, since which period (its begin), in how many periods, and what it said before. */
interface View {
  readonly reporter: string;
  readonly policy: Policy;
  readonly before: Policy | null;
  readonly since: number;
  periods: number;
  newest: number;
}

function isWeaker({ before, policy }: View): boolean {
  return before !== null && weakened(before, policy).length > 0;
}

/** Whether the reporter sees a policy that is as strong. */
function sees({ policy }: View, old: Policy): boolean {
  return weakened(old, policy).length === 0;
}

function isEnough(views: readonly View[]): boolean {
  return views.length >= 2 || views.some((each) => each.periods >= 2);
}

/** Reports by begin: what comes late says nothing of today. Beside verified reports of a reporter its others say nothing. */
function viewsOf(reports: readonly DomainReport[]): View[] {
  const views = new Map<number, View>();
  const verified = new Set(reports.filter((each) => each.authenticity === 'verified').map((each) => each.reporterId));
  for (const report of reports) {
    if (report.p === null || (verified.has(report.reporterId) && report.authenticity !== 'verified')) continue;
    const { reporterId, reporter, begin } = report;
    const policy = publishedBy(report);
    const last = views.get(reporterId);
    if (last !== undefined && isSame(last.policy, policy)) {
      if (begin > last.newest) last.periods += 1;
      last.newest = begin;
    } else {
      const before = last?.policy ?? null;
      views.set(reporterId, { reporter, policy, before, since: begin, periods: 1, newest: begin });
    }
  }
  return [...views.values()];
}

/** A report is looked at after every mail of its domain for six weeks, and says the same each time. */
const published = new WeakMap<DomainReport, Policy>();

function publishedBy(report: DomainReport): Policy {
  const known = published.get(report);
  if (known !== undefined) return known;
  const policy = policyOf(report);
  published.set(report, policy);
  return policy;
}

function isSame(one: Policy, other: Policy): boolean {
  return tags.every((tag) => one[tag] === other[tag]);
}

function caseOf(
  { domain, firstArrival, newestDay }: DomainFacts,
  view: View,
  votes: readonly View[],
  { changedAt: since, isFirst }: { readonly changedAt: number; readonly isFirst: boolean },
) {
  const before = view.before ?? view.policy;
  const changes = weakened(before, view.policy);
  const graver = changes.some(({ tag }) => tag !== 'adkim' && tag !== 'aspf');
  const [first] = changes;
  const said = changes.map(({ tag, from, to }) => `${tag} from ${from} to ${to}`).join(', ');
  return {
    rule: 'policy_weakened',
    // Weakened again while it is weak: a finding of its own, which ends by itself.
    subject: isFirst || first === undefined ? '' : `${first.tag}=${first.to}`,
    severity: graver ? 'critical' : 'warning',
    route: 'now',
    summary: `${domain}: the published DMARC policy is weaker: ${said} (seen by ${countText(votes.length, 'reporter')} since ${momentText(since)})`,
    why: 'Receivers read a weaker policy than before: the record was changed, or another record answers in its place.',
    nextSteps: [
      `Look at the TXT record _dmarc.${domain}. If nobody of yours changed it, look who may write to the zone.`,
      `It was: ${policyText(before)}.`,
    ],
    from: Math.min(since - (since % daySeconds), newestDay),
    to: newestDay,
    window: { messages: 0, failed: 0 },
    baseline: { days: 0, messages: 0, failed: 0 },
    pValue: null,
    about: { before: policyText(before), after: policyText(view.policy), changed_at: since },
    firstArrival,
  } as const;
}
