import { limits } from '../../config/limits.js';
import type { Notice } from '../notice.js';
import { timeText } from '../payload.js';
import type { ChannelType } from './channel.js';
import { completed, postJson } from './channel.js';
import { fit } from './text.js';

const service = 'https://events.pagerduty.com';

/** PagerDuty Events API v2. An alert is one incident: its fingerprint is the dedup_key that resolves it. The key is added when sending. */
export const pagerduty: ChannelType = {
  keeps: 'incidents',
  render: (notice) => {
    const isAlert = notice.subject !== null;
    // There is no incident of many alerts that could be resolved.
    if (notice.isOver && !isAlert) return null;
    return JSON.stringify({
      event_action: notice.isOver ? 'resolve' : 'trigger',
      dedup_key: fit(keyOf(notice), limits.pagerdutyKeyChars),
      ...(notice.isOver ? {} : { payload: payloadOf(notice), ...linksOf(notice) }),
    });
  },
  send: ({ body }, channel, deps) => {
    const url = new URL('/v2/enqueue', channel.url ?? service).href;
    return postJson(completed(body, { routing_key: channel.secret }), { url, channel }, deps);
  },
};

function keyOf({ subject, message }: Notice): string {
  if (subject !== null) return subject;
  if ('part' in message.data) return `ruawatch ${message.data.part} ${message.data.name}`;
  return `ruawatch ${message.id}`;
}

function payloadOf(notice: Notice): object {
  const alert = notice.subject === null ? undefined : notice.alerts[0];
  const facts = notice.facts.map(({ name, value }) => [name, value] as const);
  return {
    summary: fit(alert ? `${notice.title}: ${alert.summary}` : notice.title, limits.pagerdutySummaryChars),
    source: alert?.domain || 'ruawatch',
    severity: notice.severity,
    timestamp: timeText(notice.message.at),
    ...(alert ? { component: alert.sender || alert.domain, group: alert.rule, class: alert.class } : {}),
    custom_details: { ...Object.fromEntries(facts), details: notice.lines },
  };
}

function linksOf({ link }: Notice): object {
  if (link === null) return { client: 'ruawatch' };
  return { client: 'ruawatch', client_url: link, links: [{ href: link, text: 'Open' }] };
}
