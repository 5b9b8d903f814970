import { plainText } from '../base/text.js';
import { limits } from '../config/limits.js';
import type { AlertData, AlertSummary, Message, ProblemData } from '../model/alert.js';
import type { Finding } from '../model/finding.js';
import type { Change } from '../model/telling.js';

/** When a message is composed, and the address that its links start with. */
export interface Letterhead {
  /** Unix seconds. */
  readonly now: number;
  /** Without a slash at the end. */
  readonly publicUrl: string;
}

/** `2026-09-02T06:14:09Z` of Unix seconds. */
export function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

/** The JSON that the webhook posts: docs/webhook.schema.json. */
export function bodyOf({ type, at, data }: Message): string {
  return JSON.stringify({ type, timestamp: timeText(at), data });
}

/** Whether a webhook may post it. */
export function fits(message: Message): boolean {
  return Buffer.byteLength(bodyOf(message)) < limits.webhookBytes;
}

export function linksOf(finding: Finding, publicUrl: string): AlertSummary['links'] {
  return {
    alert: `${publicUrl}/alerts/${encodeURIComponent(finding.publicId)}`,
    dashboard: `${publicUrl}/?domain=${encodeURIComponent(plainText(finding.domain, 253))}`,
  };
}

/** What every alert says, alone or in a digest; at most `ips` addresses. */
export function alertSummary(finding: Finding, head: Letterhead, ips: number): AlertSummary {
  const { evidence } = finding;
  return {
    alert_id: finding.publicId,
    fingerprint: finding.fingerprint,
    rule: finding.rule,
    severity: finding.severity,
    status: finding.status,
    resolution: finding.resolution,
    domain: plainText(finding.domain, 253),
    source: {
      group: plainText(finding.sender, 253),
      class: evidence.class,
      class_reason: evidence.class_reason,
      ips: evidence.sources.slice(0, ips).map((each) => each.ip),
      ip_count: evidence.source_count,
    },
    mechanism: evidence.mechanism,
    window: evidence.window,
    baseline: evidence.baseline,
    p_value: evidence.p_value,
    first_report_arrived_at: timeText(finding.firstArrival),
    late: evidence.late,
    flapping: evidence.flapping,
    summary: finding.summary,
    why: evidence.why,
    links: linksOf(finding, head.publicUrl),
  };
}

/** An alert of its own. The id holds no dot: it is signed as `id.timestamp.body`. Lists are shortened until the body fits. */
export function composeAlert(id: string, finding: Finding, head: Letterhead, change: Change = 'opened'): Message {
  const type = `dmarc.alert.${finding.status === 'open' ? change : 'resolved'}` as const;
  for (const length of [20, 10, 5, 2]) {
    const message = { id, type, at: head.now, data: alertData(finding, head, length) } as const;
    if (fits(message)) return message;
  }
  return { id, type, at: head.now, data: alertData(finding, head, 0) };
}

function alertData(finding: Finding, head: Letterhead, length: number): AlertData {
  const { evidence } = finding;
  const { before, after } = evidence.auth;
  return {
    ...alertSummary(finding, head, length),
    latest: evidence.latest,
    recovery: evidence.recovery,
    disposition: evidence.disposition,
    handled: evidence.handled,
    reporters: evidence.reporters.slice(0, length).map((each) => each.name),
    reporter_counts: evidence.reporters.slice(0, length),
    sources: evidence.sources.slice(0, length),
    auth: {
      before: { dkim: before.dkim.slice(0, length), spf: before.spf.slice(0, length) },
      after: { dkim: after.dkim.slice(0, length), spf: after.spf.slice(0, length) },
    },
    reasons: evidence.reasons.slice(0, length),
    header_from: evidence.header_from.slice(0, length),
    next_steps: evidence.next_steps,
  };
}

/** `ruawatch notify test`. */
export function composeTest(id: string, now: number): Message {
  return { id, type: 'dmarc.test', at: now, data: { summary: 'ruawatch can reach this channel.' } };
}

/** What one channel says of another that fails. */
export function composeProblem(id: string, now: number, data: ProblemData): Message {
  return { id, type: 'dmarc.service.problem', at: now, data };
}
