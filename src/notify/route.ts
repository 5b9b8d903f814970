import { isAmong } from '../base/domains.js';
import type { DigestKind, Message, OutboxMessage } from '../model/alert.js';
import type { ChannelRoute } from '../model/channel.js';
import type { Finding, RuleName } from '../model/finding.js';
import type { WeekFacts } from '../model/telling.js';
import { channelTypes } from './channels/channels.js';
import { composeDigest } from './digest.js';
import type { PlannedMessage } from './digest.js';
import { noticeOf } from './notice.js';
import type { Letterhead } from './payload.js';

/** The messages for each channel: rendered for it, about the findings that it wants to be told of. */
export function address(
  planned: readonly PlannedMessage[],
  channels: readonly ChannelRoute[],
  head: Letterhead,
): OutboxMessage[] {
  return planned.flatMap((each) => {
    const lastCallMs = lastCall(each.findings);
    return channels.flatMap((channel) => addressed(each, channel, head).map((one) => ({ ...one, lastCallMs })));
  });
}

/** Quiet hours do not hold what nobody was told of past this: it would not be told within a day of its arrival. */
const heldSeconds = 23 * 60 * 60;

function lastCall(findings: readonly Finding[]): number | null {
  const arrivals = findings.filter((each) => each.toldAt === null).map((each) => each.firstArrival);
  return arrivals.length === 0 ? null : (Math.min(...arrivals) + heldSeconds) * 1000;
}

/** A message that goes to a channel whatever it is about. */
export function rendered(message: Message, { name, kind }: Pick<ChannelRoute, 'name' | 'kind'>): OutboxMessage[] {
  const notice = noticeOf(message);
  const body = channelTypes[kind].render(notice);
  if (body === null) return [];
  const { severity, subject } = notice;
  return [{ id: message.id, channel: name, kind, type: message.type, severity, subject, lastCallMs: null, body }];
}

/**
 * How a finding is told, given who is there to be told: what no channel takes at once waits for a digest, where a
 * channel takes that.
 */
export function routed(finding: Finding, channels: readonly ChannelRoute[]): Finding {
  if (finding.evidence.route !== 'now' || channels.some((each) => takesAtOnce(each, finding))) return finding;
  if (!channels.some((each) => each.digest && concerns(each, finding))) return finding;
  return { ...finding, evidence: { ...finding.evidence, route: 'digest' } };
}

function addressed(planned: PlannedMessage, channel: ChannelRoute, head: Letterhead): OutboxMessage[] {
  const { message, findings, digest, onlyFor } = planned;
  const { keeps } = channelTypes[channel.kind];
  if (onlyFor !== undefined && (onlyFor === 'keepers' ? keeps === undefined : keeps !== onlyFor)) return [];
  if (digest !== null && !takesDigest(channel, digest.kind)) return [];
  const isAtOnce = digest === null || digest.kind === 'grouped' || digest.kind === 'storm';
  const chosen = findings.filter((each) => (isAtOnce ? takesAtOnce(channel, each) : concerns(channel, each)));
  const isAboutAll = channel.domains.length === 0 || digest?.domains === undefined;
  if (chosen.length === findings.length && isAboutAll) return rendered(message, channel);
  if (digest === null || (chosen.length === 0 && digest.kind !== 'weekly')) return [];
  const { domains, week } = digest;
  const isAsked = isAmong(channel.domains);
  const about = {
    ...digest,
    findings: chosen,
    ...(domains && { domains: domains.filter((each) => isAsked(each.domain)) }),
    ...(week && { week: weekOf(week, chosen, isAsked) }),
  };
  return rendered(composeDigest(message.id, about, head).message, channel);
}

function weekOf(week: WeekFacts, changed: readonly Finding[], isAsked: (domain: string) => boolean): WeekFacts {
  return {
    ...week,
    changed,
    domains: week.domains.filter((each) => isAsked(each.domain)),
    failing: week.failing.filter((each) => isAsked(each.domain)),
  };
}

function takesDigest(channel: ChannelRoute, kind: DigestKind): boolean {
  if (kind === 'grouped' || kind === 'storm') return true;
  return kind === 'weekly' ? channel.weekly : channel.digest;
}

function takesAtOnce(channel: ChannelRoute, finding: Finding): boolean {
  const { severities } = channel;
  return (severities.length === 0 || severities.includes(finding.severity)) && concerns(channel, finding);
}

/** What is about no domain concerns everybody. */
function concerns({ domains, rules }: ChannelRoute, finding: Finding): boolean {
  const { domain } = finding;
  const isAsked = rules.length === 0 || rulesOf(finding).some((each) => rules.includes(each));
  return (domain === '' || isAmong(domains)(domain)) && isAsked;
}

/** A wave with source IPs tells of the new failing sources that are part of it. */
function rulesOf({ rule, evidence }: Finding): readonly RuleName[] {
  return rule === 'spoofing_spike' && evidence.source_count > 0 ? [rule, 'new_failing_source'] : [rule];
}
