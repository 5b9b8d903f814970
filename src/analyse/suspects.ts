import { daySeconds } from '../base/clock.js';
import type { DomainPolicy, Findings, History, ReportSpan, TouchedSource } from '../model/history.js';
import type { Senders } from '../model/sender.js';
import { fingerprintOf } from './fingerprint.js';
import { baselineDays, longDays } from './rules/breaks.js';
import { partsOf } from './parts.js';
import { canHit, isKnown } from './rules/rule.js';
import type { Hit, Rule, SenderFacts } from './rules/rule.js';
import { daysOf, sumKinds } from './rules/series.js';
import type { TouchedSender } from './senders/senders.js';

export interface Ports {
  readonly history: History;
  readonly findings: Findings;
  readonly senders: Senders;
}

/** The circumstances of one evaluation. Times are Unix seconds. */
export interface Round {
  readonly now: number;
  readonly span: ReportSpan;
  /** Nothing was evaluated before. */
  readonly firstStart: boolean;
  /** First start, or reports of more than a week at once: one message at most. */
  readonly backlog: boolean;
  readonly newId: () => string;
  /** The domain's newest event day that is not in the future; `fallback` when there is none. */
  readonly newestDay: (domainId: number, fallback: number) => Promise<number>;
  readonly policy: (domainId: number) => Promise<DomainPolicy | null>;
}

/** A sender that a rule hit. */
export interface Suspect {
  readonly sender: TouchedSender;
  readonly rule: Rule;
  readonly hit: Hit;
  readonly fingerprint: string;
  readonly late: boolean;
  /** Open findings of lesser rules that hold its source IPs. */
  readonly heldBy: readonly string[];
}

export interface Examined {
  readonly suspects: readonly Suspect[];
  /** Its source IPs that failed in the domain's newest three days. */
  readonly fresh: number;
  /** A backlog brought failures of it that are over. */
  readonly past: boolean;
}

const lateDays = 7;
const freshDays = 3;
/** Source IPs of a sender whose findings are asked for; the busiest come first. */
const askedSources = 100;

/** Runs the rules, in order, over one sender. */
export async function examine(
  ports: Ports,
  round: Round,
  rules: readonly Rule[],
  sender: TouchedSender,
): Promise<Examined> {
  const none: Examined = { suspects: [], fresh: 0, past: false };
  if (sender.sender.decision?.kind === 'ignore') return none;
  const held = await heldBy(ports.findings, sender);
  const failedBefore = !isKnown(sender.sender) && (await ports.history.failedBefore(round.span, sender));
  // A backlog counts what is failing, whoever was told of it.
  if (!round.backlog && (!canHit(sender.sender, failedBefore) || isTaken(held, rules))) return none;
  const facts = await factsOf(ports.history, round, sender, failedBefore);
  const newest = await round.newestDay(sender.domainId, facts.newDays.at(-1) ?? 0);
  const fresh = facts.bySource.filter(({ days }) =>
    days.some((day) => isFresh(day.day, newest) && failedOf(day) > 0),
  ).length;
  const hits = hitsOf(held, rules, facts);
  const isNow = ({ rule, hit }: Found) => !round.backlog || isCurrent(rule, hit, facts, newest);
  const suspects = hits.filter(isNow).map((found): Suspect => ({
    ...found,
    sender,
    fingerprint: fingerprint(sender, found.rule, found.hit),
    late: isLate(found.hit.to, newest),
  }));
  return { suspects, fresh, past: hits.length > 0 && suspects.length === 0 };
}

export function isLate(day: number, newest: number): boolean {
  return day < newest - lateDays * daySeconds;
}

export function isFresh(day: number, newest: number): boolean {
  return day > newest - freshDays * daySeconds;
}

function failedOf(day: SenderFacts['days'][number]): number {
  return day.forwarded + day.signed + day.elsewhere + day.error + day.nothing;
}

function isCurrent(rule: Rule, hit: Hit, facts: SenderFacts, newest: number): boolean {
  const days = daysOf(facts.days, rule.name, hit.mechanism);
  return !hit.recovered && days.some((each) => each.failed > 0 && each.day >= hit.from && isFresh(each.day, newest));
}

function fingerprint({ domain, sender }: TouchedSender, rule: Rule, hit: Hit): string {
  return fingerprintOf(rule.name, domain, sender.name, hit.mechanism);
}

type Found = Pick<Suspect, 'rule' | 'hit' | 'heldBy'>;

/** The first rule that hits takes the sender; a leg that breaks says nothing of other mail that fails. */
function hitsOf(held: readonly Held[], rules: readonly Rule[], facts: SenderFacts): readonly Found[] {
  const found: Found[] = [];
  for (const [i, rule] of rules.entries()) {
    const lesser = new Set(rules.slice(i + 1).map((each) => each.name));
    const ends = held.filter((each) => lesser.has(each.rule)).map((each) => each.publicId);
    const own = held.filter((each) => each.rule === rule.name);
    const isLeg = rule.name === 'mechanism_broken';
    const hits = rule.find(facts).filter((hit) => own.every((each) => adds(hit, each)));
    found.push(...hits.map((hit) => ({ rule, hit, heldBy: isLeg ? [] : ends })));
    if (!isLeg && (hits.length > 0 || own.length > 0)) return found;
  }
  return found;
}

/** The gravest rule has an open finding about the whole sender already: nothing can be added to it. */
function isTaken(held: readonly Held[], [gravest]: readonly Rule[]): boolean {
  return held.some((each) => each.rule === gravest?.name && each.mechanism === 'dmarc' && each.sourceIds === null);
}

/** An open finding about some source IPs may grow; one about the whole sender stays as it is. */
function adds(hit: Hit, open: Held): boolean {
  if (hit.mechanism !== open.mechanism) return true;
  if (open.sourceIds === null) return false;
  return hit.sourceIds === null || hit.sourceIds.some((id) => open.sourceIds?.includes(id) === false);
}

interface Held extends Pick<Rule, 'name'> {
  readonly publicId: string;
  readonly rule: Rule['name'];
  readonly mechanism: Hit['mechanism'];
  /** null: the whole sender. */
  readonly sourceIds: readonly number[] | null;
}

/** Open findings of the sender's source IPs, whatever it was called when they were opened. */
async function heldBy(findings: Findings, { domainId, touched }: TouchedSender): Promise<readonly Held[]> {
  const held = new Map<string, Held>();
  const busiest = [...touched].sort((one, other) => other.failed - one.failed).slice(0, askedSources);
  for (const { sourceId } of busiest) {
    for (const { publicId } of await findings.openOf({ domainId, sourceId })) {
      if (held.has(publicId)) continue;
      const open = await findings.get(publicId);
      if (open === null) continue;
      const { mechanism, whole } = open.evidence;
      const { rule, sourceIds } = open;
      held.set(publicId, { name: rule, publicId, rule, mechanism, sourceIds: whole ? null : sourceIds });
    }
  }
  return [...held.values()];
}

async function factsOf(
  history: History,
  round: Round,
  sender: TouchedSender,
  failedBefore: boolean,
): Promise<SenderFacts> {
  const { domainId, sourceIds } = sender;
  const spans = await history.daysOfSpan(round.span, { domainId, sourceIds });
  const first = spans[0] ?? 0;
  const last = spans.at(-1) ?? 0;
  const from = first - (longDays + 2 * baselineDays) * daySeconds;
  const to = Math.max(last, await round.newestDay(domainId, last));
  const rows = await history.kindDays({ domainId, sourceIds, from, to });
  const days = sumKinds([rows]);
  const active = new Set(days.map((each) => each.day));
  const looked = new Set(sender.touched.map((each) => each.sourceId));
  return {
    sender: sender.sender,
    days,
    byReporter: partsOf(rows, (row) => row.reporterId),
    sources: sourceIds.length,
    bySource: partsOf(
      rows.filter((row) => looked.has(row.sourceId)),
      (row) => row.sourceId,
    ),
    newDays: spans.filter((day) => active.has(day)),
    failedBefore,
    firstLook: round.firstStart,
  };
}

/** When the first report arrived that shows it. */
export function firstArrivalOf(touched: readonly TouchedSource[]): number {
  return Math.min(...touched.map((each) => each.firstArrival));
}
