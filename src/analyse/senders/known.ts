import type { SenderKind, SenderSums, SenderStep } from '../../model/sender.js';
import { isSendingService } from './catalogue.js';

/** What decides whether a sender is known for a domain. Counts are of 180 days. */
export interface KnownFacts {
  readonly step: SenderStep;
  readonly kind: SenderKind | null;
  readonly sums: SenderSums;
  /** Messages whose raw SPF passes for the sender's own domain. */
  readonly bounces: number;
  readonly domain: { readonly passing: number; readonly reporters: number };
}

const leastBySpf = { messages: 5, days: 2 };
/** A long past counts by one reporter too: else one forged mail of a second reporter would make a sender unknown again. */
const leastByDkim = { messages: 20, days: 3, reporters: 2, daysByOne: 14 };
const leastOfService = { messages: 5, days: 2 };
/** A forwarder carries a small part of the mail. */
const leastShare = 0.05;

/** Why the sender is known for the domain, in words; null when it is not. */
export function whyKnown({ step, kind, sums, bounces, domain }: KnownFacts): string | null {
  if (step === 'configured') return 'it is named in the configuration';
  const spf = sums.both + sums.spf;
  if (spf >= leastBySpf.messages && sums.spfDays >= leastBySpf.days)
    return `SPF passes aligned on ${count(spf)} messages of ${sums.spfDays} days`;
  const dkim = sums.both + sums.dkim + sums.relayed;
  const said = `DKIM passes aligned on ${count(dkim)} messages of ${sums.dkimDays} days`;
  if (isSendingService(kind) && bounces > 0 && dkim >= leastOfService.messages && sums.dkimDays >= leastOfService.days)
    return `${said}, and SPF for the service's own domain`;
  const reporters = Math.min(leastByDkim.reporters, domain.reporters);
  const seen = sums.dkimReporters >= reporters || sums.dkimDays >= leastByDkim.daysByOne;
  const often = dkim >= leastByDkim.messages && sums.dkimDays >= leastByDkim.days && seen;
  if (!often || kind === 'forwarder' || kind === 'mailing_list') return null;
  if (sums.dkim > sums.relayed && bounces > 0)
    return `${said}, seen by ${seenBy(sums.dkimReporters)}, and SPF for its own domain`;
  if (dkim < domain.passing * leastShare) return null;
  const share = Math.round((100 * dkim) / Math.max(domain.passing, dkim));
  return `${said}, seen by ${seenBy(sums.dkimReporters)}: ${share} % of the domain's passing mail`;
}

function seenBy(reporters: number): string {
  return reporters === 1 ? '1 reporter' : `${reporters} reporters`;
}

function count(messages: number): string {
  return messages.toLocaleString('en-US');
}
