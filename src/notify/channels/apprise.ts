import { limits } from '../../config/limits.js';
import type { ChannelType } from './channel.js';
import { bearer, completed, postJson, toneOf } from './channel.js';
import { fit } from './text.js';

const types = { critical: 'failure', warning: 'warning', info: 'info', over: 'success' } as const;

/** Apprise finds mentions in plain text for some of its services, and passes Markdown on to others. */
function harmless(text: string): string {
  return text.replaceAll('@', '＠').replaceAll('<', '‹').replaceAll('](', '] (');
}

/** Apprise API; `?tag=` of its address says which of its services. */
export const apprise: ChannelType = {
  render: (notice) => {
    const facts = notice.facts.map(({ name, value }) => `${name}: ${value}`);
    const lines = [...[...notice.lines, ...facts].map(harmless), ...(notice.link === null ? [] : [notice.link])];
    const body = fit(lines.join('\n'), limits.appriseTextChars);
    return JSON.stringify({ title: harmless(notice.title), body, type: types[toneOf(notice)], format: 'text' });
  },
  send: ({ body }, channel, deps) => {
    const url = new URL(channel.url ?? '');
    const tag = url.searchParams.get('tag');
    url.search = '';
    const whole = tag === null ? body : completed(body, { tag });
    return postJson(whole, { url: url.href, channel, headers: bearer(channel) }, deps);
  },
};
