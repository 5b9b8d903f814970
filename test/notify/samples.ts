import type { ChannelConfig } from '../../src/config/config.js';
import type { AlertData, DigestData, Message } from '../../src/model/alert.js';
import type { ChannelKind } from '../../src/model/channel.js';
import type { Evidence, Finding } from '../../src/model/finding.js';
import { composeDigest } from '../../src/notify/digest.js';
import { composeAlert } from '../../src/notify/payload.js';

export const now = Date.UTC(2026, 8, 2, 6, 14, 9) / 1000;
export const head = { now, publicUrl: 'https://rua.example.org' };
const range = { from: '2026-09-01', to: '2026-09-01', messages: 212, failed: 198 };

export function channelOf(type: ChannelKind, more: Partial<ChannelConfig> = {}): ChannelConfig {
  return {
    name: type,
    type,
    url: null,
    url_file: null,
    secret: null,
    secret_file: null,
    user: null,
    ca_file: null,
    from: null,
    to: [],
    severities: [],
    domains: [],
    rules: [],
    quiet_hours: null,
    critical_in_quiet_hours: true,
    digest: true,
    weekly: true,
    ...more,
  };
}

const evidence: Evidence = {
  window: range,
  baseline: { days: 28, messages: 5310, failed: 12 },
  p_value: null,
  latest: range,
  sources: [{ ip: '198.51.100.7', messages: 212, failed: 198, first_failed: '2026-09-01', known: true }],
  source_count: 1,
  reporters: [{ name: 'Reporter One', messages: 212, failed: 198 }],
  reporter_count: 1,
  disposition: { none: 3, quarantine: 0, reject: 195, pass: 0, other: 0 },
  auth: { before: { dkim: [], spf: [] }, after: { dkim: [], spf: [] } },
  reasons: [],
  header_from: [],
  class: 'known',
  class_step: 4,
  class_reason: 'aligned passes',
  handled: 'Receivers rejected 195 of them.',
  mechanism: 'dmarc',
  whole: true,
  title: 'mailer.example',
  why: 'The signature does not verify.',
  next_steps: ['Compare the key.'],
  route: 'now',
  late: false,
  flapping: false,
  told_as: null,
  recovery: null,
};

export function finding(n: number, more: Partial<Finding> = {}, shown: Partial<Evidence> = {}): Finding {
  return {
    publicId: `al_${String(n).padStart(4, '0')}`,
    fingerprint: n.toString(16).padStart(64, '0'),
    rule: 'known_sender_failing',
    severity: 'critical',
    status: 'open',
    domainId: 1,
    domain: 'example.org',
    sender: 'mailer.example',
    sourceIds: [n],
    summary: '198 of 212 messages failed DMARC',
    evidence: { ...evidence, ...shown },
    firstDay: now,
    lastDay: now,
    firstArrival: now - 3600,
    openedAt: now,
    updatedAt: now,
    resolvedAt: null,
    resolution: null,
    toldAt: null,
    toldBy: null,
    ...more,
  };
}

export function alert(more: Partial<Finding> = {}, shown: Partial<Evidence> = {}, n = 1): Message {
  return composeAlert(`msg_${n}`, finding(n, more, shown), head);
}

export function resolved(n = 1): Message {
  return alert({ status: 'resolved', resolution: 'recovered', resolvedAt: now }, {}, n);
}

export function digest(kind: DigestData['kind'], findings: readonly Finding[]): Message {
  return composeDigest('msg_d', { kind, findings }, head).message;
}

/** The message with some of its texts as a stranger wrote them. */
export function withTexts(message: Message, texts: Partial<AlertData>): Message {
  return { ...message, data: { ...(message.data as AlertData), ...texts } };
}
