import type { DkimResult, OverrideReason } from '../model/report.js';
import type { PolicyDomain } from './policy-domains.js';
import type { Random } from './random.js';
import {
  breakingSender,
  forwarders,
  mailingLists,
  mailServices,
  ownServers,
  type Forwarder,
  type MailingList,
  type MailService,
  type Sender,
} from './senders.js';

/** How some of a stream's messages fare: the aligned verdicts and the raw results behind them. */
export interface Fate {
  /** Share of the stream's messages; the first fate takes what the others leave. */
  readonly rate: number;
  readonly dkim: 'pass' | 'fail';
  readonly spf: 'pass' | 'fail';
  readonly rawDkim: readonly DkimResult[];
  readonly rawSpf: string;
  readonly reason: OverrideReason | null;
}

/** One sender's mail with one domain in its From. */
export interface Stream {
  readonly ips: readonly string[];
  /** Messages a day, before the weekend takes its part. */
  readonly perDay: number;
  readonly weekendShare: number;
  readonly headerFrom: string;
  readonly envelopeFrom: string;
  readonly fates: readonly [Fate, ...Fate[]];
}

const breakingPerDay = 230;
const breakingSelector = 'app2025';

/** Everything that carries `domain` in its From on one day. `index` is the domain's place in the scenario. */
export function streamsOf(domain: PolicyDomain, index: number, broken: boolean, random: Random): readonly Stream[] {
  const spoofed = spoofing(domain, random);
  if (domain.perDay === 0) return [spoofed];
  return [...wanted(domain, index, broken), ...relayed(domain, index), spoofed];
}

/**
 * The breaking sender is the only address of its network that sends for its domain: whoever groups addresses by
 * network sees it alone.
 */
function wanted(domain: PolicyDomain, index: number, broken: boolean): readonly Stream[] {
  const rest = domain.perDay;
  if (index === 0) {
    return [
      own(domain, breakingSender, { perDay: breakingPerDay, weekendShare: 1, selector: breakingSelector, broken }),
      own(domain, ownServers.six2, { perDay: rest * 0.3 }),
      service(domain, mailServices.sendwell, { perDay: rest * 0.35, alignedBounce: true }),
      service(domain, mailServices.mailpost, { perDay: rest * 0.25 }),
    ];
  }
  const server = [ownServers.mta1, ownServers.mta2, ownServers.mta3][index % 3] ?? ownServers.mta1;
  const aligned = domain.aspf === 'r';
  return [
    own(domain, server, { perDay: rest * 0.4 }),
    own(domain, ownServers.six1, { perDay: rest * 0.15 }),
    ...(index % 2 === 1 || !aligned ? [service(domain, mailServices.mailpost, { perDay: rest * 0.25 })] : []),
    ...(index % 3 !== 1 && aligned
      ? [service(domain, mailServices.sendwell, { perDay: rest * 0.3, alignedBounce: true })]
      : []),
    ...(index % 4 !== 3 && aligned
      ? [service(domain, mailServices.newsloop, { perDay: rest * 0.15, subdomain: 'news' })]
      : []),
  ];
}

function relayed(domain: PolicyDomain, index: number): readonly Stream[] {
  const [relay, rewriter] = forwarders;
  const list = mailingLists[index % mailingLists.length];
  return [
    ...(relay ? [forwarded(domain, relay)] : []),
    ...(rewriter && index % 2 === 0 ? [forwarded(domain, rewriter)] : []),
    ...(list && index % 3 === 0 ? [listed(domain, list)] : []),
  ];
}

interface OwnTraffic {
  readonly perDay: number;
  readonly weekendShare?: number;
  readonly selector?: string;
  readonly broken?: boolean;
}

/** Our own server: both mechanisms pass and align; two messages in a thousand lose both on the way. */
function own(domain: PolicyDomain, sender: Sender, traffic: OwnTraffic): Stream {
  const selector = traffic.selector ?? `${sender.name}-k1`;
  const signed = (result: string): readonly DkimResult[] => [signature(domain.name, selector, result)];
  const good: Fate = { rate: 0, dkim: 'pass', spf: 'pass', rawDkim: signed('pass'), rawSpf: 'pass', reason: null };
  const bad: Fate = { ...good, rate: 0.002, dkim: 'fail', spf: 'fail', rawDkim: signed('fail'), rawSpf: 'temperror' };
  return {
    ips: sender.ips,
    perDay: traffic.perDay,
    weekendShare: traffic.weekendShare ?? 0.45,
    headerFrom: domain.name,
    envelopeFrom: domain.name,
    fates: traffic.broken
      ? [{ ...bad, rawSpf: 'fail' }]
      : [good, bad, { ...good, rate: 0.003, dkim: 'fail', rawDkim: signed('fail') }],
  };
}

interface ServiceTraffic {
  readonly perDay: number;
  /** Bounces go to a name under our domain. */
  readonly alignedBounce?: boolean;
  readonly subdomain?: string;
}

/** A mail service: it signs for us and for itself; its bounces may or may not be under our name. */
function service(domain: PolicyDomain, sender: MailService, traffic: ServiceTraffic): Stream {
  const name = traffic.subdomain === undefined ? domain.name : `${traffic.subdomain}.${domain.name}`;
  const results = (ours: string): readonly DkimResult[] => [
    signature(domain.name, sender.selector, ours),
    signature(sender.dkimDomain, sender.selector, 'pass'),
  ];
  const spf = traffic.alignedBounce ? 'pass' : 'fail';
  const good: Fate = { rate: 0, dkim: 'pass', spf, rawDkim: results('pass'), rawSpf: 'pass', reason: null };
  return {
    ips: sender.ips,
    perDay: traffic.perDay,
    weekendShare: 0.6,
    headerFrom: name,
    envelopeFrom: traffic.alignedBounce ? `em.${domain.name}` : sender.bounceDomain,
    fates: [good, { ...good, rate: 0.002, dkim: 'fail', spf: 'fail', rawDkim: results('fail'), rawSpf: 'temperror' }],
  };
}

/** A forwarder: our signature survives, SPF sees the wrong host. One message in forty is rewritten on the way. */
function forwarded(domain: PolicyDomain, sender: Forwarder): Stream {
  const reason = { type: 'forwarded', comment: null };
  const rawSpf = sender.rewrites ? 'pass' : 'fail';
  const signed = (result: string): readonly DkimResult[] => [signature(domain.name, 'k1', result)];
  const intact: Fate = { rate: 0, dkim: 'pass', spf: 'fail', rawDkim: signed('pass'), rawSpf, reason };
  return {
    ips: sender.ips,
    perDay: Math.max(2, domain.perDay * 0.012),
    weekendShare: 0.6,
    headerFrom: domain.name,
    envelopeFrom: sender.rewrites ? sender.domain : domain.name,
    fates: [intact, { ...intact, rate: 0.025, dkim: 'fail', rawDkim: signed('fail') }],
  };
}

/** A mailing list: it changes the subject, so our signature fails, and signs for itself. */
function listed(domain: PolicyDomain, sender: MailingList): Stream {
  return {
    ips: sender.ips,
    perDay: Math.max(2, domain.perDay * 0.005),
    weekendShare: 0.8,
    headerFrom: domain.name,
    envelopeFrom: sender.domain,
    fates: [
      {
        rate: 0,
        dkim: 'fail',
        spf: 'fail',
        rawDkim: [signature(domain.name, 'k1', 'fail'), signature(sender.domain, 'list', 'pass')],
        rawSpf: 'pass',
        reason: { type: 'mailing_list', comment: null },
      },
    ],
  };
}

/** Forgers: unsigned, from addresses that no record names, here today and gone tomorrow. */
function spoofing(domain: PolicyDomain, random: Random): Stream {
  const softly: Fate = { rate: 0, dkim: 'fail', spf: 'fail', rawDkim: [], rawSpf: 'softfail', reason: null };
  return {
    ips: [...new Set(Array.from({ length: 1 + random.integer(3) }, () => spoofingAddress(random)))],
    perDay: 3 + random.unit() * 6,
    weekendShare: 1,
    headerFrom: domain.name,
    envelopeFrom: random.pick([domain.name, 'promo.spoof.test', 'mailer.spoof.test']),
    fates: [domain.p === 'reject' ? { ...softly, rawSpf: 'fail' } : softly],
  };
}

function spoofingAddress(random: Random): string {
  if (random.chance(0.75)) return `203.0.113.${128 + random.integer(127)}`;
  return `2001:db8:bad:${(1 + random.integer(0xfffe)).toString(16)}::${(1 + random.integer(0xfffe)).toString(16)}`;
}

function signature(domain: string, selector: string, result: string): DkimResult {
  return { domain, selector, result, humanResult: null };
}
