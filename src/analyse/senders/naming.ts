import ipaddr from 'ipaddr.js';
import type { SenderSetting, SenderStep, SourceEvidence } from '../../model/sender.js';
import { network, organisation } from '../sender.js';
import { findService, isSendingService } from './catalogue.js';

/** Who a source IP belongs to, and what says so. */
export interface Named {
  readonly sender: string;
  readonly step: SenderStep;
  readonly evidence: string;
  readonly bounces: number;
}

const order: readonly SenderStep[] = ['configured', 'ptr', 'dkim', 'spf', 'network'];
/** A domain has to be in a fifth of the reports: a mail that a server passed on once does not name the server. */
const leastShare = 0.2;

/**
 * Names a source IP by the first step that applies. A name that is kept already stays unless a step before its own applies now
 * (only that of the configuration, when the operator said something of that sender: else the word would be lost),
 * or the configuration that gave it is gone. Reports are counted, not messages: one mail may claim any number of these.
 */
export function nameOf(
  evidence: SourceEvidence,
  { settings, ours }: { readonly settings: readonly SenderSetting[]; readonly ours: ReadonlySet<string> },
): Named {
  const found =
    configured(evidence, settings) ??
    byPtr(evidence, ours) ??
    byDkim(evidence, ours) ??
    bySpf(evidence, ours) ??
    byNetwork(evidence);
  const { stored } = evidence;
  const isGone = stored?.step === 'configured' && !settings.some((each) => each.name === stored.sender);
  const isBound = stored?.decided === true && found.step !== 'configured';
  const stays = stored !== null && !isGone && (isBound || order.indexOf(stored.step) <= order.indexOf(found.step));
  const named =
    stays && stored.sender !== found.sender
      ? { sender: stored.sender, step: stored.step, evidence: `named by ${stored.step} before` }
      : found;
  return { ...named, bounces: bouncesOf(evidence, named.sender) };
}

type Found = Omit<Named, 'bounces'>;

function configured({ ip, ptr, rows }: SourceEvidence, settings: readonly SenderSetting[]): Found | null {
  for (const { name, cidr, ptr: suffixes, dkim, spf } of settings) {
    const found = (evidence: string): Found => ({ sender: name, step: 'configured', evidence });
    const block = cidr.find((each) => isWithin(ip, each));
    if (block !== undefined) return found(`${ip} is in ${block}`);
    const suffix = suffixes.find((each) => ptr !== null && isBelow(ptr, each));
    if (suffix !== undefined) return found(`${ip} is named ${ptr ?? ''}`);
    const signer = dkim.find((each) => rows.some((row) => row.dkim.some((one) => isSignedBy(one, each))));
    if (signer !== undefined) return found(`DKIM of ${signer} passes`);
    const bounce = spf.find((each) => rows.some((row) => row.spf.some((one) => isBelow(one, each))));
    if (bounce !== undefined) return found(`SPF of ${bounce} passes`);
  }
  return null;
}

/** Both forms of CIDR are checked when the configuration is read. */
function isWithin(ip: string, cidr: string): boolean {
  if (!ipaddr.isValid(ip)) return false;
  const address = ipaddr.parse(ip);
  const [base, bits] = ipaddr.parseCIDR(cidr);
  return address.kind() === base.kind() && address.match(base, bits);
}

function isBelow(name: string, suffix: string): boolean {
  const folded = name.toLowerCase().replace(/\.$/, '');
  const wanted = suffix.toLowerCase();
  return folded === wanted || folded.endsWith(`.${wanted}`);
}

function isSignedBy({ domain, selector }: { domain: string; selector: string }, wanted: string): boolean {
  const [first, second] = wanted.toLowerCase().split('._domainkey.');
  if (first === undefined || second === undefined) return isBelow(domain, wanted);
  return selector.toLowerCase() === first && domain.toLowerCase() === second;
}

function byPtr({ ptr }: SourceEvidence, ours: ReadonlySet<string>): Found | null {
  const domain = ptr === null ? null : organisation(ptr);
  // Whose machine it stands on does not say who sends from it: the neighbours are strangers.
  if (domain === null || ours.has(domain) || findService(domain)?.kind === 'hosting') return null;
  return { sender: domain, step: 'ptr', evidence: `PTR ${ptr ?? ''}, confirmed` };
}

function byDkim({ rows }: SourceEvidence, ours: ReadonlySet<string>): Found | null {
  const found = mostSeen(rows, (row) => row.dkim.map((each) => each.domain), ours);
  if (found === null) return null;
  return {
    sender: found.sender,
    step: 'dkim',
    evidence: `DKIM d=${found.sender} passes on ${messagesText(found.messages)}`,
  };
}

function bySpf({ rows }: SourceEvidence, ours: ReadonlySet<string>): Found | null {
  const found = mostSeen(rows, (row) => row.spf, ours);
  if (found === null) return null;
  return {
    sender: found.sender,
    step: 'spf',
    evidence: `SPF of ${found.sender} passes on ${messagesText(found.messages)}`,
  };
}

function byNetwork({ ip }: SourceEvidence): Found {
  return { sender: network(ip), step: 'network', evidence: 'no other domain passes, so the network names it' };
}

type Row = SourceEvidence['rows'][number];

function mostSeen(
  rows: readonly Row[],
  domainsOf: (row: Row) => readonly string[],
  ours: ReadonlySet<string>,
): { readonly sender: string; readonly messages: number } | null {
  const seen = new Map<string, { readonly reports: Set<number>; messages: number }>();
  for (const row of rows) {
    for (const name of new Set(domainsOf(row).map(organisation))) {
      if (name === null || ours.has(name)) continue;
      const one = seen.get(name) ?? { reports: new Set<number>(), messages: 0 };
      one.reports.add(row.report);
      one.messages += row.messages;
      seen.set(name, one);
    }
  }
  const least = new Set(rows.map((row) => row.report)).size * leastShare;
  const isService = (name: string) => isSendingService(findService(name)?.kind ?? null);
  // Ties are broken by name, or the fingerprint would depend on the order of rows.
  const [first] = [...seen]
    .filter(([, one]) => one.reports.size >= least)
    .sort(
      ([a, one], [b, other]) =>
        other.reports.size - one.reports.size || Number(isService(b)) - Number(isService(a)) || (a < b ? -1 : 1),
    );
  return first === undefined ? null : { sender: first[0], messages: first[1].messages };
}

/** A service's bounce domain may be another one of its own than the name it goes by. */
function bouncesOf({ rows }: SourceEvidence, sender: string): number {
  const service = findService(sender);
  const isOwn = (domain: string) => {
    const name = organisation(domain);
    return name === sender || (service !== null && name !== null && findService(name) === service);
  };
  return rows.reduce((sum, row) => sum + (row.spf.some(isOwn) ? row.messages : 0), 0);
}

function messagesText(messages: number): string {
  return messages === 1 ? '1 message' : `${messages.toLocaleString('en-US')} messages`;
}
