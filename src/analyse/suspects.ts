import { daySeconds } from '../base/clock.js';
import type { FailingSource, Findings, History, ReportSpan } from '../model/history.js';
import type { DayCount, RuleName } from '../model/finding.js';
import { baselineDays, knownDays } from './rule.js';
import type { Hit, Rule, SourceFacts } from './rule.js';
import { sumDays } from './reporters.js';
import { fingerprintOf, ourOrganisations, senderOf } from './sender.js';

export interface Ports {
  readonly history: History;
  readonly findings: Findings;
}

/** The circumstances of one evaluation. Times are Unix seconds. */
export interface Round {
  readonly now: number;
  readonly span: ReportSpan;
  /** Nothing was evaluated before. */
  readonly firstStart: boolean;
  /** First start, or reports of more than a week at once: one message at most. */
  readonly backlog: boolean;
  /** Our policy domains; empty: whatever reports name. */
  readonly domains: readonly string[];
  readonly newId: () => string;
  /** The domain's newest event day that is not in the future; `fallback` when there is none. */
  readonly newestDay: (domainId: number, fallback: number) => Promise<number>;
}

/** A source IP that a rule hit, with the sender it belongs to. */
export interface Suspect {
  readonly source: FailingSource;
  readonly rule: Rule;
  readonly hit: Hit;
  readonly sender: string;
  readonly fingerprint: string;
  readonly late: boolean;
  /** Open findings of other rules that hold the source. */
  readonly heldBy: readonly string[];
}

export type Examined =
  | { readonly kind: 'suspect'; readonly suspect: Suspect }
  /** `fresh`: it failed in the domain's newest three days. */
  | { readonly kind: 'clear' | 'past'; readonly fresh: boolean };

const lateDays = 7;
export const freshDays = 3;

/** Runs the rules, in order, over one failing source; the first hit counts. */
export async function examine(
  ports: Ports,
  round: Round,
  rules: readonly Rule[],
  source: FailingSource,
): Promise<Examined> {
  const held = await ports.findings.openOf(source);
  const facts = await factsOf(ports.history, round, source);
  const newest = await round.newestDay(source.domainId, facts.newDays.at(-1) ?? 0);
  const fresh = facts.days.some((each) => each.failed > 0 && isFresh(each.day, newest));
  const found = firstHit(rules, facts, new Set(held.map((each) => each.rule)));
  if (found === null) return { kind: 'clear', fresh };
  if (round.backlog && !isCurrent(found.hit, facts.days, newest)) return { kind: 'past', fresh };
  const sender = await senderFor(ports.history, round, source, found.hit);
  const suspect = {
    source,
    ...found,
    sender,
    fingerprint: fingerprintOf(found.rule.name, source.domain, sender),
    late: isLate(found.hit.to, newest),
    heldBy: held.map((each) => each.publicId),
  };
  return { kind: 'suspect', suspect };
}

export function isLate(day: number, newest: number): boolean {
  return day < newest - lateDays * daySeconds;
}

export function isFresh(day: number, newest: number): boolean {
  return day > newest - freshDays * daySeconds;
}

function isCurrent(hit: Hit, days: readonly DayCount[], newest: number): boolean {
  return !hit.recovered && days.some((each) => each.failed > 0 && each.day >= hit.from && isFresh(each.day, newest));
}

function firstHit(
  rules: readonly Rule[],
  facts: SourceFacts,
  held: ReadonlySet<RuleName>,
): { rule: Rule; hit: Hit } | null {
  for (const rule of rules) {
    // The source already belongs to an open finding of this rule: it stays there, and graver rules had their turn.
    if (held.has(rule.name)) return null;
    const hit = rule.find(facts);
    if (hit !== null) return { rule, hit };
  }
  return null;
}

async function factsOf(history: History, round: Round, source: FailingSource): Promise<SourceFacts> {
  const spans = await history.newDays(round.span, source);
  const first = spans[0] ?? 0;
  const last = spans.at(-1) ?? 0;
  const newest = Math.max(last, await round.newestDay(source.domainId, last));
  const byReporter = await history.reporterDays({
    domainId: source.domainId,
    sourceIds: [source.sourceId],
    from: first - (knownDays + 2 * baselineDays) * daySeconds,
    to: newest,
  });
  const days = sumDays(byReporter);
  const active = new Set(days.map((each) => each.day));
  return {
    days,
    byReporter,
    newDays: spans.filter((day) => active.has(day)),
    failedBefore: source.failedBefore,
    firstLook: round.firstStart,
  };
}

async function senderFor(history: History, round: Round, source: FailingSource, hit: Hit): Promise<string> {
  const scope = { domainId: source.domainId, sourceIds: [source.sourceId] };
  const failing = await history.authSets({ ...scope, from: hit.from, to: hit.to }, false);
  const before = hit.from - hit.baseline.days * daySeconds;
  const passing = await history.authSets({ ...scope, from: before, to: hit.from - daySeconds }, true);
  return senderOf([failing, passing], source.ip, ourOrganisations(source.domain, round.domains));
}
