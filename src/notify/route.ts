import { isAmong } from '../base/domains.js';
import type { DigestKind, Message, OutboxMessage } from '../model/alert.js';
import type { ChannelRoute } from '../model/channel.js';
import type { Finding } from '../model/finding.js';
import { channelTypes } from './channels/channels.js';
import { composeDigest } from './digest.js';
import { noticeOf } from './notice.js';
import type { Letterhead } from './payload.js';
import type { PlannedMessage } from './plan.js';

/** The messages for each channel: rendered for it, about the findings that it wants to be told of. */
export function address(
  planned: readonly PlannedMessage[],
  channels: readonly ChannelRoute[],
  head: Letterhead,
): OutboxMessage[] {
  return planned.flatMap((each) => channels.flatMap((channel) => addressed(each, channel, head)));
}

/** A message that goes to a channel whatever it is about. */
export function rendered(message: Message, { name, kind }: Pick<ChannelRoute, 'name' | 'kind'>): OutboxMessage[] {
  const notice = noticeOf(message);
  const body = channelTypes[kind].render(notice);
  if (body === null) return [];
  const { severity, subject } = notice;
  return [{ id: message.id, channel: name, kind, type: message.type, severity, subject, body }];
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
  const { message, findings, digest } = planned;
  if (digest !== null && !takesDigest(channel, digest.kind)) return [];
  const isAtOnce = digest === null || digest.kind === 'grouped';
  const chosen = findings.filter((each) => (isAtOnce ? takesAtOnce(channel, each) : concerns(channel, each)));
  if (chosen.length === findings.length) return rendered(message, channel);
  if (chosen.length === 0 || digest === null) return [];
  const { domains } = digest;
  const isAsked = isAmong(channel.domains);
  const about = {
    ...digest,
    findings: chosen,
    ...(domains && { domains: domains.filter((each) => isAsked(each.domain)) }),
  };
  return rendered(composeDigest(message.id, about, head).message, channel);
}

function takesDigest(channel: ChannelRoute, kind: DigestKind): boolean {
  if (kind === 'grouped') return true;
  return kind === 'weekly' ? channel.weekly : channel.digest;
}

function takesAtOnce(channel: ChannelRoute, finding: Finding): boolean {
  const { severities } = channel;
  return (severities.length === 0 || severities.includes(finding.severity)) && concerns(channel, finding);
}

/** What is about no domain concerns everybody. */
function concerns({ domains, rules }: ChannelRoute, { domain, rule }: Finding): boolean {
  return (domain === '' || isAmong(domains)(domain)) && (rules.length === 0 || rules.includes(rule));
}
