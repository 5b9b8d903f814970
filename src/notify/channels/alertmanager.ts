import type { ChannelConfig } from '../../config/config.js';
import { limits } from '../../config/limits.js';
import type { StandingAlert } from '../../model/alert.js';
import type { Notice, NoticeAlert } from '../notice.js';
import { timeText } from '../payload.js';
import type { Attempt, AttemptDeps } from '../post.js';
import type { ChannelType } from './channel.js';
import { bearer, postJson } from './channel.js';
import { fit } from './text.js';

interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  /** Left out while it is open: then it holds until `aheadSeconds` after each sending. */
  readonly endsAt?: string;
  readonly generatorURL?: string;
}

/** An open alert that is not said again ends by itself after this: some repeats may fail before. */
const aheadSeconds = 4 * 60;
/** Alerts in one request. */
const batch = 100;

/** Alertmanager API v2. It forgets what is not said again, so what is open is repeated every minute. Digests are not for it. */
export const alertmanager: ChannelType = {
  keeps: 'alerts',
  render: (notice) => {
    const alerts = alertsOf(notice);
    return alerts.length === 0 ? null : JSON.stringify(alerts);
  },
  send: ({ body }, channel, deps) => postAlerts(JSON.parse(body) as PostedAlert[], channel, deps),
  repeat: async (standing, channel, deps) => {
    const alerts = standing.flatMap(stillOpen);
    for (let i = 0; i < alerts.length; i += batch) {
      const attempt = await postAlerts(alerts.slice(i, i + batch), channel, deps);
      if (attempt.kind === 'failed') return attempt;
    }
    return null;
  },
};

function postAlerts(alerts: readonly PostedAlert[], channel: ChannelConfig, deps: AttemptDeps): Promise<Attempt> {
  const endsAt = timeText(Math.floor(deps.clock.now() / 1000) + aheadSeconds);
  const body = JSON.stringify(alerts.map((alert) => ({ endsAt, ...alert })));
  const url = `${(channel.url ?? '').replace(/\/$/, '')}/api/v2/alerts`;
  return postJson(body, { url, channel, headers: bearer(channel) }, deps);
}

function alertsOf(notice: Notice): PostedAlert[] {
  const { message } = notice;
  if (message.type === 'dmarc.test' || message.type === 'dmarc.service.problem') {
    const name = message.type === 'dmarc.test' ? 'DmarcTest' : 'DmarcServiceProblem';
    const labels = { alertname: name, severity: notice.severity };
    return [{ labels, annotations: annotations(notice.title, notice.lines.join(' ')), startsAt: timeText(message.at) }];
  }
  return notice.alerts.map((alert) => posted(alert, message.at));
}

function posted(alert: NoticeAlert, at: number): PostedAlert {
  const { fingerprint } = alert;
  return {
    labels: filled({
      alertname: `Dmarc${alert.rule.replace(/(?:^|_)([a-z])/g, (_, first: string) => first.toUpperCase())}`,
      rule: alert.rule,
      severity: alert.severity,
      domain: alert.domain,
      source_group: alert.sender,
      mechanism: alert.mechanism,
    }),
    annotations: { ...annotations(alert.summary, alert.why), fingerprint },
    startsAt: alert.since,
    ...(alert.isOver ? { endsAt: timeText(at) } : {}),
    generatorURL: alert.link,
  };
}

function annotations(summary: string, description: string): Record<string, string> {
  const max = limits.alertmanagerTextChars;
  return filled({ summary: fit(summary, max), description: fit(description, max) });
}

function filled(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ''));
}

/** The alert as it was told; its severity may have risen since, and is part of what tells alerts apart. */
function stillOpen({ fingerprint, severity, body }: StandingAlert): PostedAlert[] {
  const alerts = JSON.parse(body) as PostedAlert[];
  return alerts
    .filter((each) => each.annotations['fingerprint'] === fingerprint)
    .map(({ endsAt: _, ...alert }) => ({ ...alert, labels: { ...alert.labels, severity } }));
}
