import type { Evidence, Finding } from '../model/finding.js';
import type { DomainPorts, DomainWork } from './domains.js';
import { resolved } from './follow.js';
import { loudestOf, restSender } from './rest.js';
import type { Rest } from './rest.js';
import { network } from './sender.js';
import { figure } from './summary.js';
import type { Round } from './suspects.js';

/** What an evaluation came to so far; what belongs to a wave is taken out of `opened` and `changed`. */
type Work = Pick<DomainWork, 'opened' | 'changed' | 'resolved'>;

const namedNetworks = 3;

/**
 * New sources that nothing authenticates are part of the open wave (`spoofing_spike`) of their domain: its line counts them
 * all and names the loudest. Once it was told they are counted with the sources too many to look at, which the next digest
 * tells of: nothing goes untold. Gives what is left of `rest`. `ignored`: fingerprints of findings that nobody is told of.
 */
export async function foldIntoWaves(
  ports: DomainPorts,
  round: Round,
  { work, domains, rest, ignored }: Found,
): Promise<readonly Rest[]> {
  let left = rest;
  for (const wave of await openWaves(ports, domains)) {
    const isOwn = (each: { readonly domainId: number }) => each.domainId === wave.domainId;
    if (ignored.has(wave.fingerprint)) continue;
    const mine = taken(work.opened, (each) => isOwn(each) && isForged(each));
    const others = left.filter(isOwn);
    if (mine.length + others.length === 0) continue;
    left = left.filter((each) => !isOwn(each));
    if (wave.toldAt !== null) {
      left = [...left, summed([...others, ...mine.map(asRest)])];
      continue;
    }
    const waiting = (await ports.findings.untold()).filter(
      (each) => each.status === 'open' && isOwn(each) && (isForged(each) || each.sender === restSender),
    );
    const waits = new Set(waiting.map((each) => each.publicId));
    taken(work.changed, (each) => waits.has(each.publicId));
    work.resolved.push(...waiting.map((each) => resolved(each, 'superseded', round.now)));
    put(domains, swollen(wave, [...mine, ...waiting], others, round.now));
  }
  return left;
}

/** Takes out of a list what fits. */
function taken(list: Finding[], fits: (each: Finding) => boolean): readonly Finding[] {
  const out = list.filter(fits);
  list.splice(0, list.length, ...list.filter((each) => !fits(each)));
  return out;
}

interface Found {
  readonly work: Work;
  readonly domains: DomainWork;
  readonly rest: readonly Rest[];
  readonly ignored: { has(fingerprint: string): boolean };
}

function isForged({ rule, evidence }: Finding): boolean {
  return rule === 'new_failing_source' && evidence.class === 'unauthenticated';
}

/** As they are after this evaluation. */
async function openWaves({ domains: port }: DomainPorts, domains: DomainWork): Promise<readonly Finding[]> {
  const all = [...(await port.open()), ...domains.changed, ...domains.opened, ...domains.resolved];
  const last = new Map(all.map((each) => [each.publicId, each]));
  return [...last.values()].filter((each) => each.rule === 'spoofing_spike' && each.status === 'open');
}

function put({ opened, changed }: DomainWork, wave: Finding): void {
  const at = opened.findIndex((each) => each.publicId === wave.publicId);
  if (at >= 0) opened[at] = wave;
  else changed.push(wave);
}

function swollen(wave: Finding, more: readonly Finding[], rest: readonly Rest[], now: number): Finding {
  const before = wave.evidence;
  const sources = [...before.sources, ...more.flatMap((each) => each.evidence.sources)];
  const evidence = {
    ...before,
    sources: loudestOf(sources),
    source_count:
      before.source_count +
      more.reduce((sum, each) => sum + each.evidence.source_count, 0) +
      rest.reduce((sum, each) => sum + each.sources, 0),
  };
  const old = sourcesText(before);
  const plain = wave.summary.endsWith(old) ? wave.summary.slice(0, wave.summary.length - old.length) : wave.summary;
  const firstArrival = Math.min(...[wave, ...more, ...rest].map((each) => each.firstArrival));
  return { ...wave, evidence, summary: plain + sourcesText(evidence), firstArrival, updatedAt: now };
}

/** `; 5,000 new source IPs, the most messages from 198.51.100.0/24 (40)`, or "". */
function sourcesText({ sources, source_count: count }: Pick<Evidence, 'sources' | 'source_count'>): string {
  if (count === 0) return '';
  const networks = new Map<string, number>();
  for (const { ip, failed } of sources) networks.set(network(ip), (networks.get(network(ip)) ?? 0) + failed);
  const loudest = [...networks].sort(([, one], [, other]) => other - one).slice(0, namedNetworks);
  const named = loudest.map(([name, failed]) => `${name} (${figure(failed)})`).join(', ');
  const from = named === '' ? '' : `, the most messages from ${named}`;
  return `; ${figure(count)} new source ${count === 1 ? 'IP' : 'IPs'}${from}`;
}

function asRest({ domainId, domain, evidence, firstArrival, firstDay, lastDay }: Finding): Rest {
  const { source_count: sources, window } = evidence;
  return {
    domainId,
    domain,
    loudest: evidence.sources,
    sources,
    failed: window.failed,
    firstArrival,
    firstDay,
    lastDay,
  };
}

function summed(all: readonly Rest[]): Rest {
  return all.reduce((sum, each) => ({
    ...sum,
    loudest: [...(sum.loudest ?? []), ...(each.loudest ?? [])],
    sources: sum.sources + each.sources,
    failed: sum.failed + each.failed,
    firstArrival: Math.min(sum.firstArrival, each.firstArrival),
    firstDay: Math.min(sum.firstDay, each.firstDay),
    lastDay: Math.max(sum.lastDay, each.lastDay),
  }));
}
