import { daySeconds, utcDay } from '../../base/clock.js';
import type { ReportSpan, TouchedSource } from '../../model/history.js';
import type {
  KeptSender,
  Sender,
  Senders,
  SenderKind,
  SenderSetting,
  SourceOfDomain,
  SourceSender,
} from '../../model/sender.js';
import { ourOrganisations } from '../sender.js';
import { findService } from './catalogue.js';
import { classOfSender } from './classes.js';
import { whyKnown } from './known.js';
import { nameOf } from './naming.js';

/** A sender with sources that a span gives reason to look at. */
export interface TouchedSender {
  readonly domainId: number;
  readonly domain: string;
  readonly sender: Sender;
  readonly kind: SenderKind | null;
  /** Ids of all its sources, the touched ones among them. */
  readonly sourceIds: readonly number[];
  readonly touched: readonly TouchedSource[];
}

/** Which senders to bring up to date. `now` is Unix seconds. */
export interface SendersRound {
  readonly now: number;
  readonly span: ReportSpan;
  readonly settings: readonly SenderSetting[];
  /** Unix seconds since when they hold. */
  readonly since: number;
  /** Our policy domains; empty: whatever reports name. */
  readonly domains: readonly string[];
  readonly most: { readonly lookups: number; readonly sources: number };
}

const knownDays = 180;

/**
 * Names the sources that a span touches, and those of the span not looked at for a day or under other settings; judges their senders, and those that
 * the operator said something of; keeps both.
 */
export async function resolveSenders(
  port: Senders,
  round: SendersRound,
  touched: readonly TouchedSource[],
): Promise<readonly TouchedSender[]> {
  const before = Math.max(round.now - daySeconds, round.since);
  const due = await port.due(round.span, before, round.most.lookups);
  const sources = new Map<string, SourceOfDomain>(
    [...touched, ...due].map((each) => [keyOf(each.domainId, each.sourceId), each]),
  );
  const named = await nameAll(port, round, [...sources.values()]);
  await port.keepSources(named, round.now);
  const domains = new Map([...sources.values()].map((each) => [each.domainId, each.domain]));
  const bySource = new Map(named.map((each) => [keyOf(each.domainId, each.sourceId), each.sender]));
  const groups = groupOf(touched, bySource);
  const judged: { readonly kept: KeptSender; readonly sourceIds: readonly number[] }[] = [];
  const ofDomain = perDomain(port, round.now);
  const redecided = await port.redecided(round.now, round.most.lookups);
  for (const { domainId, sender } of distinct([...named, ...redecided])) {
    judged.push(await judge(port, round, { domainId, sender, ofDomain }));
  }
  await port.keepSenders(
    judged.map((each) => each.kept),
    round.now,
  );
  return judged.flatMap(({ kept, sourceIds }) => {
    const own = groups.get(keyOf(kept.domainId, kept.sender.name));
    if (own === undefined) return [];
    const all = [...new Set([...own.map((each) => each.sourceId), ...sourceIds])];
    const { domainId, sender, kind } = kept;
    return [{ domainId, domain: domains.get(domainId) ?? '', sender, kind, sourceIds: all, touched: own }];
  });
}

function keyOf(domainId: number, of: number | string): string {
  return `${domainId} ${of}`;
}

async function nameAll(
  port: Senders,
  round: SendersRound,
  sources: readonly SourceOfDomain[],
): Promise<SourceSender[]> {
  const ours = new Map<string, ReadonlySet<string>>();
  const named: SourceSender[] = [];
  for (const { domainId, domain, sourceId } of sources) {
    const own = ours.get(domain) ?? ourOrganisations(domain, round.domains);
    ours.set(domain, own);
    const evidence = await port.evidence({ domainId, domain, sourceId }, round.now);
    named.push({ domainId, sourceId, ...nameOf(evidence, { settings: round.settings, ours: own }) });
  }
  return named;
}

function groupOf(
  touched: readonly TouchedSource[],
  bySource: ReadonlyMap<string, string>,
): ReadonlyMap<string, TouchedSource[]> {
  const groups = new Map<string, TouchedSource[]>();
  for (const each of touched) {
    const key = keyOf(each.domainId, bySource.get(keyOf(each.domainId, each.sourceId)) ?? '');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [each]);
    else group.push(each);
  }
  return groups;
}

type SenderOfDomain = Pick<SourceSender, 'domainId' | 'sender'>;

function distinct(senders: readonly SenderOfDomain[]): readonly SenderOfDomain[] {
  return [...new Map(senders.map((each) => [keyOf(each.domainId, each.sender), each])).values()];
}

type OfDomain = (domainId: number) => ReturnType<Senders['ofDomain']>;

/** A domain is summed up once in an evaluation. */
function perDomain(port: Senders, now: number): OfDomain {
  const known = new Map<number, ReturnType<Senders['ofDomain']>>();
  return (domainId) => {
    const sums = known.get(domainId) ?? port.ofDomain(domainId, firstDay(now));
    known.set(domainId, sums);
    return sums;
  };
}

function firstDay(now: number): number {
  return utcDay(now) - knownDays * daySeconds;
}

async function judge(
  port: Senders,
  { now, most }: SendersRound,
  { domainId, sender: name, ofDomain }: { domainId: number; sender: string; ofDomain: OfDomain },
): Promise<{ kept: KeptSender; sourceIds: readonly number[] }> {
  const sources = await port.sourcesOf(domainId, name, most.sources);
  const sourceIds = sources.map((each) => each.sourceId);
  const sums = await port.sums(domainId, sourceIds, firstDay(now));
  const said = await port.decision(domainId, name);
  const isOver = said?.until !== null && said?.until !== undefined && said.until <= now;
  const decision =
    said === null || said.decision === null || isOver ? null : { kind: said.decision, until: said.until, by: said.by };
  const service = findService(name);
  const kind = service?.kind ?? null;
  const [first] = sources;
  const step = first?.step ?? 'network';
  const bounces = sources.reduce((sum, each) => sum + each.bounces, 0);
  const why = whyKnown({ step, kind, sums, bounces, domain: await ofDomain(domainId) });
  const known = decision?.kind === 'known' ? `${decision.by} said so` : why;
  const title = said?.title ?? service?.name ?? name;
  const sender: Sender = { name, title, step, evidence: first?.evidence ?? '', known, decision };
  return { kept: { domainId, sender, kind, classified: classOfSender(sums, { known, decision, kind }) }, sourceIds };
}
