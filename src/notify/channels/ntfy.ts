import { limits } from '../../config/limits.js';
import type { ChannelType } from './channel.js';
import { bearer, completed, postJson, toneOf } from './channel.js';
import { fit, fitBytes, fitJsonBytes } from './text.js';

const priorities = { critical: 5, warning: 4, info: 3, over: 3 } as const;
const tags = { critical: 'rotating_light', warning: 'warning', info: 'information_source', over: 'white_check_mark' };

/** What the message is framed by when it is sent, at its longest. */
const widest = { topic: 't'.repeat(64), message: '' };

/** ntfy, its JSON form. The topic is as good as a password: it is the end of the address and is added when sending. */
export const ntfy: ChannelType = {
  render: (notice) => {
    const tone = toneOf(notice);
    const facts = notice.facts.map(({ name, value }) => `${name}: ${value}`);
    const text = fitBytes([...notice.lines, ...facts].join('\n'), limits.ntfyMessageBytes);
    const frame = {
      title: fit(notice.title, limits.ntfyTitleChars),
      priority: priorities[tone],
      tags: [tags[tone]],
      ...(notice.link === null ? {} : { click: notice.link }),
    };
    const room = limits.ntfyBodyBytes - Buffer.byteLength(completed(JSON.stringify(frame), widest));
    return JSON.stringify({ ...frame, message: fitJsonBytes(text, room) });
  },
  send: ({ body }, channel, deps) => {
    const url = new URL(channel.url ?? '');
    const at = url.pathname.lastIndexOf('/') + 1;
    const topic = url.pathname.slice(at);
    url.pathname = url.pathname.slice(0, at);
    return postJson(completed(body, { topic }), { url: url.href, channel, headers: bearer(channel) }, deps);
  },
};
